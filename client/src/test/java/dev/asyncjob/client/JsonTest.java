package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void every_kind_of_value_is_read() {
        assertThat(Json.parse(" {\"a\":[1,-2.5e1,true,false,\"\\u0041\\n\\\"\\\\\",{}],\"b\":\"Ґ\",\"c\":[]} "))
                .isEqualTo(
                        Map.of("a", List.of(1.0, -25.0, true, false, "A\n\"\\", Map.of()), "b", "Ґ", "c", List.of()));
        assertThat(Json.parse("null")).isNull();
        assertThat(Json.parse("[null]")).isEqualTo(Arrays.asList((Object) null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[",
                "\"",
                "{\"a\"}",
                "{\"a\":}",
                "{a:1}",
                "[1,]",
                "[,1]",
                "[1 2]",
                "{\"a\":1,}",
                "1 2",
                "01",
                "1.",
                ".5",
                "+1",
                "1e",
                "NaN",
                "tru",
                "nul",
                "'a'",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u+123\"",
                "\"a\nb\"",
                "[1}",
                "{]"
            })
    void what_is_no_json_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse(text)).withMessageStartingWith("not JSON");
    }

    @Test
    void what_is_too_deep_is_skipped_and_what_is_too_large_is_infinite() {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse("[".repeat(100_000)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Json.parse("[".repeat(100_000) + "\"" + "]".repeat(100_000)));
        String deep = "[{\"]\\\"}\":".repeat(100_000) + "1" + "}]".repeat(100_000);
        assertThat(Json.parse("{\"a\":" + deep + ",\"b\":true}"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("b", true);
        assertThat(Json.parse("[1e9999,-1E+123456789012]"))
                .isEqualTo(List.of(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY));
        assertThat(Json.parse("1".repeat(1 << 20))).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void what_is_written_can_be_read() {
        String text = "\u0000\t\"\\/Ґ\uD83C\uDFE5\u2028";
        assertThat(Json.parse(Json.text(text))).isEqualTo(text);
        assertThat(Json.parse(Json.object(Map.of(text, "[1]")))).isEqualTo(Map.of(text, List.of(1.0)));
    }
}
