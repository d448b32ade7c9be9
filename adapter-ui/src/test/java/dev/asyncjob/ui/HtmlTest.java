package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HtmlTest {
    private static final String HOSTILE = "</td><script>alert(\"1\")</script>' onclick='x' & \"";

    @Test
    void a_text_is_never_markup() {
        assertThat(el("td", HOSTILE))
                .hasToString("<td>&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"
                        + "&#39; onclick=&#39;x&#39; &amp; &quot;</td>");
    }

    @Test
    void a_value_does_not_leave_its_attribute() {
        assertThat(el("input", attr("value", "\"><script>"))).hasToString("<input value=\"&quot;&gt;&lt;script&gt;\">");
    }

    @Test
    void an_escaped_text_is_not_escaped_again_and_a_text_that_looks_escaped_is() {
        assertThat(el("p", el("b", "<"), "&lt;")).hasToString("<p><b>&lt;</b>&amp;lt;</p>");
    }

    @Test
    void characters_that_no_document_may_have_are_replaced() {
        assertThat(el("p", "a\u0000b\u001bc\u0085d\ud800e\r\n\tf"))
                .hasToString("<p>a\ufffdb\ufffdc\ufffdd\ufffde\n\tf</p>");
    }

    @Test
    void content_may_be_pieces_lists_and_nothing() {
        assertThat(el("p", null, List.of(el("b", 1), "x"), Html.NONE, 2L)).hasToString("<p><b>1</b>x2</p>");
        assertThat(Html.all(Arrays.asList("a", null), el("input"))).hasToString("a<input>");
    }

    @Test
    void a_text_of_strangers_stands_apart() {
        assertThat(Html.foreign("a\u202eb")).hasToString("<bdi>a\u202eb</bdi>");
        assertThat(Html.foreign(null)).hasToString("");
    }

    @Test
    void every_word_has_two_languages() {
        for (Word word : Word.values()) {
            assertThat(word.in("en")).isNotBlank();
            assertThat(word.in("uk")).isNotBlank();
            if (!List.of(Word.API_KEY, Word.TOKEN, Word.OTHER_LANGUAGE).contains(word)) {
                assertThat(word.in("uk")).isNotEqualTo(word.in("en")).matches("(?s).*[А-яІіЇїЄєҐҐґ].*");
            }
        }
    }
}
