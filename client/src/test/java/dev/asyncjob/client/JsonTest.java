package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void every_kind_of_value_is_read() {
        assertThat(Json.parse(" {\"a\":[1,-2.5e1,true,false,\"\\u0041\\n\\\"\\\\\",{}],\"b\":\"Ґ\",\"c\":[]} "))
                .isEqualTo(Map.of(
                        "a",
                        List.of(new BigDecimal(1), new BigDecimal("-2.5e1"), true, false, "A\n\"\\", Map.of()),
                        "b",
                        "Ґ",
                        "c",
                        List.of()));
        assertThat(Json.parse("null")).isNull();
        assertThat(Json.parse("[null]")).isEqualTo(Arrays.asList((Object) null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "{", "[", "\"", "{\"a\"}", "{\"a\":}", "{a:1}", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "1 2",
                "01", "1.", ".5", "+1", "1e", "1e9999", "NaN", "tru", "nul", "'a'", "\"\\x\"", "\"\\u12\"",
                        "\"\\u+123\"",
                "\"a\nb\"", "[1}", "{]"
            })
    void what_is_no_json_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse(text)).withMessageStartingWith("not JSON");
    }

    @Test
    void what_is_too_deep_or_too_long_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse("[".repeat(100_000)));
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse("1".repeat(101)));
        assertThat(Json.parse("[".repeat(64) + "]".repeat(64))).isInstanceOf(List.class);
        assertThatIllegalArgumentException().isThrownBy(() -> Json.parse("[".repeat(65) + "]".repeat(65)));
    }

    @Test
    void what_is_written_can_be_read() {
        String text = "\u0000\t\"\\/Ґ\uD83C\uDFE5\u2028";
        assertThat(Json.parse(Json.text(text))).isEqualTo(text);
        assertThat(Json.parse(Json.object(Map.of(text, "[1]")))).isEqualTo(Map.of(text, List.of(new BigDecimal(1))));
    }
}
