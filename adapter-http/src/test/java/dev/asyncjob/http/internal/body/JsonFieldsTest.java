package dev.asyncjob.http.internal.body;

import static dev.asyncjob.http.internal.body.JsonFields.array;
import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.duration;
import static dev.asyncjob.http.internal.body.JsonFields.flag;
import static dev.asyncjob.http.internal.body.JsonFields.instant;
import static dev.asyncjob.http.internal.body.JsonFields.number;
import static dev.asyncjob.http.internal.body.JsonFields.object;
import static dev.asyncjob.http.internal.body.JsonFields.text;
import static dev.asyncjob.http.internal.body.JsonFields.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.http.internal.exchange.ApiError;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading objects property by property, and telling of all that is broken at once. */
class JsonFieldsTest {
    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static <T> T read(String json, Function<JsonFields, Supplier<T>> reader) {
        return JsonFields.read(json(json), "$", reader);
    }

    /** Reads the property {@code a}. */
    private static <T> T readOne(String value, JsonFields.Reader<T> reader) {
        return read("{\"a\":" + value + "}", fields -> fields.required("a", reader)::get);
    }

    /** What is broken, each as {@code path rule}. */
    private static <T> List<String> broken(String json, Function<JsonFields, Supplier<T>> reader) {
        try {
            throw new AssertionError("taken as " + read(json, reader));
        } catch (ApiError e) {
            assertThat(e.status()).isEqualTo(422);
            assertThat(e.invalid()).allMatch(part -> part.entryType().equals("json_data_property"));
            return e.invalid().stream()
                    .map(part -> part.entry() + " " + part.rule())
                    .toList();
        }
    }

    private static <T> List<String> brokenOne(String value, JsonFields.Reader<T> reader) {
        return broken("{\"a\":" + value + "}", fields -> fields.required("a", reader)::get);
    }

    @Test
    void good_values_are_put_together() {
        assertThat(readOne("\"x\"", text(JobKind::new))).isEqualTo(new JobKind("x"));
        assertThat(readOne("9223372036854775807", whole(LeaseToken::new))).isEqualTo(new LeaseToken(Long.MAX_VALUE));
        assertThat(readOne("2.5", number())).isEqualTo(2.5);
        assertThat(readOne("false", flag())).isFalse();
        assertThat(readOne("[true,false]", array(flag()))).containsExactly(true, false);
        Double inner = readOne("{\"b\":1}", object(fields -> fields.required("b", number())::get));
        assertThat(inner).isEqualTo(1.0);
        assertThat(readOne("null", JsonFields.any()).isNull()).isTrue();
    }

    @Test
    void every_broken_rule_is_told_with_its_path() {
        String json =
                "{\"kind\":\"A B\",\"list\":[{\"n\":1},{\"n\":\"1\"},7,{\"n\":null,\"more\":{}}],\"status\":\"DONE\"}";
        assertThat(broken(json, fields -> {
                    fields.required("kind", text(JobKind::new));
                    fields.required("id", text(JobKind::new));
                    fields.optional("list", array(object(item -> {
                        item.required("n", number());
                        return () -> "never";
                    })));
                    return () -> "never";
                }))
                .containsExactly(
                        "$.kind format",
                        "$.id required",
                        "$.list[1].n type",
                        "$.list[2] type",
                        "$.list[3].n type",
                        "$.list[3] schema",
                        "$ schema");
    }

    @Test
    void an_unknown_property_is_not_repeated_but_the_known_ones_are_listed() {
        try {
            read("{\"secret\":1}", fields -> {
                fields.optional("b", number());
                fields.optional("a", number());
                return () -> "never";
            });
            throw new AssertionError("taken");
        } catch (ApiError e) {
            assertThat(e.invalid()).hasSize(1).first().satisfies(part -> {
                assertThat(part.params()).containsExactly("a", "b");
                assertThat(part.toString()).doesNotContain("secret");
            });
        }
    }

    @Test
    void a_small_body_does_not_make_a_large_answer() {
        assertThat(broken("{\"a\":[" + "1,".repeat(1_000) + "1]}", fields -> {
                    fields.required("a", array(flag()));
                    return () -> "never";
                }))
                .hasSize(50);
    }

    @Test
    void an_absent_property_has_no_value_or_another_one() {
        JsonFields.Field<Double> field = read("{}", fields -> {
            JsonFields.Field<Double> absent = fields.optional("a", number());
            return () -> absent;
        });
        assertThat(field.orNull()).isNull();
        assertThat(field.orElse(3.0)).isEqualTo(3.0);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(field::get);
    }

    @Test
    void null_is_no_absence() {
        assertThat(broken("{\"a\":null}", fields -> fields.optional("a", number())::orNull))
                .containsExactly("$.a type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "null", "1", "\"x\"", "true"})
    void what_is_no_object_is_refused(String json) {
        assertThat(broken(json, fields -> () -> "never")).containsExactly("$ type");
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "1, 1",
        "0, 0",
        "-1, -1",
        "2147483647, 2147483647",
        "2147483648, 2147483647",
        "-2147483649, -2147483648",
        "9223372036854775807, 2147483647",
        "4294967297, 2147483647"
    })
    void a_count_beyond_an_int_is_not_folded_into_it(String json, int count) {
        Integer read = readOne(json, count(n -> n));
        assertThat(read).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775808", "1.0", "1.5", "1e2", "\"5\"", "null", "true", "[]", "{}"})
    void what_is_no_whole_number_is_refused(String json) {
        assertThat(brokenOne(json, whole(n -> n))).containsExactly("$.a type");
        assertThat(brokenOne(json, count(n -> n))).containsExactly("$.a type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "null", "true", "[]", "{}"})
    void what_is_no_text_is_refused(String json) {
        assertThat(brokenOne(json, text(text -> text))).containsExactly("$.a type");
        assertThat(brokenOne(json, instant())).containsExactly("$.a type");
        assertThat(brokenOne(json, duration(d -> d))).containsExactly("$.a type");
    }

    @Test
    void what_is_no_number_flag_array_or_object_is_refused() {
        assertThat(brokenOne("\"1\"", number())).containsExactly("$.a type");
        assertThat(brokenOne("\"true\"", flag())).containsExactly("$.a type");
        assertThat(brokenOne("0", flag())).containsExactly("$.a type");
        assertThat(brokenOne("{\"0\":true}", array(flag()))).containsExactly("$.a type");
        assertThat(brokenOne("[]", object(fields -> () -> "never"))).containsExactly("$.a type");
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "2022-10-24T12:35:49.956Z, 2022-10-24T12:35:49.956Z",
        "2022-10-24t12:35:49z, 2022-10-24T12:35:49Z",
        "2022-10-24T12:35:49.123456789+02:00, 2022-10-24T10:35:49.123456789Z",
        "2024-02-29T23:59:59-00:00, 2024-02-29T23:59:59Z",
        "9999-12-31T23:59:59+18:00, 9999-12-31T05:59:59Z",
    })
    void instants_are_rfc_3339(String text, Instant instant) {
        assertThat(readOne('"' + text + '"', instant())).isEqualTo(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-02-30T00:00:00Z",
                "2023-02-29T00:00:00Z",
                "10000-01-01T00:00:00Z",
                "+10000-01-01T00:00:00Z",
                "-0001-01-01T00:00:00Z",
                "2026-01-01T00:00:00",
                "2026-01-01",
                "2026-01-01T00:00Z",
                "2026-01-01 00:00:00Z",
                "2026-01-01T24:00:00Z",
                "2026-01-01T23:59:60Z",
                "2026-01-01T00:00:00.Z",
                "2026-01-01T00:00:00.1234567890Z",
                "2026-01-01T00:00:00+0200",
                "2026-01-01T00:00:00+02",
                "2026-01-01T00:00:00+19:00",
                "2026-01-01T00:00:00Z[UTC]",
                "\u0662026-01-01T00:00:00Z",
                "1666614949",
                "now",
                ""
            })
    void what_is_no_instant_is_refused(String text) {
        assertThat(brokenOne('"' + text + '"', instant())).containsExactly("$.a format");
    }

    @ParameterizedTest(name = "{0} is {1} s")
    @CsvSource({"PT30S, 30", "PT1M, 60", "PT1H, 3600", "PT1H1M1S, 3661", "PT0S, 0", "PT999999999H, 3599999996400"})
    void durations_are_whole_seconds(String text, long seconds) {
        Duration read = readOne('"' + text + '"', duration(d -> d));
        assertThat(read).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"PT", "P1D", "PT1.5S", "PT-1S", "-PT1S", "PT1S1M", "pt1s", "30s", "30", "PT1000000000S", ""})
    void what_is_no_duration_is_refused(String text) {
        assertThat(brokenOne('"' + text + '"', duration(d -> d))).containsExactly("$.a format");
    }

    @Test
    void what_a_value_refuses_is_told_at_its_property() {
        assertThat(brokenOne("\"PT0S\"", duration(Lease::length))).containsExactly("$.a range");
        assertThat(brokenOne("0", whole(LeaseToken::new))).containsExactly("$.a range");
        assertThat(brokenOne("[true]", JsonFields.of(array(flag()), flags -> new JobKind(""))))
                .containsExactly("$.a length");
        assertThat(brokenOne("[1]", JsonFields.of(array(flag()), flags -> new JobKind(""))))
                .containsExactly("$.a[0] type");
        assertThat(broken("{}", fields -> () -> new JobKind(""))).containsExactly("$ length");
    }

    @Test
    void no_more_broken_items_are_collected_than_a_response_shows() {
        List<ApiError.Invalid> broken = new ArrayList<>();
        array(text(JobKind::new)).read(json("[" + "1,".repeat(9_999) + "1]"), "$", broken);
        assertThat(broken).hasSize(ApiError.MAX_INVALID + 1);
    }

    @Test
    void the_length_of_an_array_is_a_rule_beside_those_of_its_items() {
        assertThat(broken("{\"a\":[1,2]}", fields -> fields.required("a", array(text(JobKind::new), 0, 1))::get))
                .containsExactly("$.a length", "$.a[0] type", "$.a[1] type");
        assertThat(readOne("[\"x\"]", array(text(text -> text), 1, 1))).containsExactly("x");
    }
}
