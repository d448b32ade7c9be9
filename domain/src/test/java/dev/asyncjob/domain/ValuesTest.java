package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    /** Without an order a search in a bin of a hash table visits every entry, and this would take minutes. */
    @Test
    @Timeout(60)
    void values_of_equal_hash_are_found_in_a_map_without_a_search_through_all() {
        assertFound(n -> new JobId(new UUID(n, n ^ 7L << 32 ^ 7)));
        assertFound(n -> new JobKey(OWNER, new JobId(new UUID(n, n ^ 7L << 32 ^ 7))));
        assertFound(n -> new Owner(colliding(n)));
        assertFound(n -> new JobKind(colliding(n)));
    }

    /** Texts of equal hash: "an" and "c0" have the same, and so has every row of them. */
    private static String colliding(long n) {
        return IntStream.range(0, 17)
                .mapToObj(bit -> (n >> bit & 1) == 0 ? "an" : "c0")
                .collect(Collectors.joining());
    }

    private static void assertFound(LongFunction<?> values) {
        Map<Object, Long> map = new HashMap<>();
        for (long n = 0; n < 100_000; n++) {
            Object value = values.apply(n);
            assertThat(value.hashCode()).isEqualTo(values.apply(0).hashCode());
            map.put(value, n);
        }
        for (long n = 0; n < 100_000; n++) {
            assertThat(map.get(values.apply(n))).isEqualTo(n);
        }
    }

    private static Stream<Arguments> texts() {
        return Stream.of(
                text("owner", Owner::new, 128),
                text("worker", WorkerId::new, 128),
                text("kind", JobKind::new, 64),
                text("error", Failure::new, 1024),
                text("payload", Payload::new, 1_048_576));
    }

    private static Arguments text(String name, Function<String, ?> value, int maxLength) {
        return Arguments.of(name, value, maxLength);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void a_text_has_a_maximum_length(String name, Function<String, ?> value, int max) {
        assertThat(value.apply("a")).isEqualTo(value.apply("a")).isNotEqualTo(value.apply("b"));
        assertThat(value.apply("a".repeat(max))).isNotNull();
        assertRefused(() -> value.apply("")).satisfies(e -> assertThat(e.rule()).isEqualTo("length"));
        assertRefused(() -> value.apply("a".repeat(max + 1))).satisfies(e -> {
            assertThat(e).hasMessage(name + " must have 1 to " + max + " characters");
            assertThat(e.params()).containsExactly("1", "" + max);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"!", "~", "a@b.c", "CN=x,O=y"})
    void owners_and_workers_are_visible_ascii(String visible) {
        assertThat(new Owner(visible)).hasToString(visible);
        assertThat(new WorkerId(visible)).hasToString(visible);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "a b", "\u007f", "é", "a\n", "\u0000"})
    void owners_and_workers_with_other_characters_are_refused(String other) {
        assertRefused(() -> new Owner(other))
                .satisfies(e -> assertThat(e).hasMessage("owner must be of visible ASCII characters"));
        assertRefused(() -> new WorkerId(other))
                .satisfies(e -> assertThat(e).hasMessage("worker must be of visible ASCII characters"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "composition.create", "a_b-c.d"})
    void a_kind_is_a_lower_case_word(String word) {
        assertThat(new JobKind(word)).hasToString(word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", ".a", "_a", "-a", "a b", "a/b", "é", "a\n"})
    void a_kind_with_other_characters_is_refused(String other) {
        assertRefused(() -> new JobKind(other)).satisfies(e -> {
            assertThat(e.rule()).isEqualTo("format");
            assertThat(e.params()).hasSize(1);
        });
    }

    /** The example of RFC 9562 appendix A.6. */
    @Test
    void an_id_of_the_present_is_a_uuid_of_version_7() {
        Instant at = Instant.parse("2022-02-22T19:22:22.000Z");
        UUID random = UUID.fromString("12345678-9abc-4cc3-98c4-dc0c0c07398f");

        assertThat(JobId.timeOrdered(at, random)).hasToString("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        assertThat(JobId.timeOrdered(at.plusMillis(1), UUID.fromString("00000000-0000-4000-8000-000000000000")))
                .isGreaterThan(JobId.timeOrdered(at, UUID.fromString("ffffffff-ffff-4fff-bfff-ffffffffffff")));
    }

    @Test
    void an_id_is_read_in_either_case_and_written_in_lower_case() {
        UUID uuid = UUID.fromString("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59");

        assertThat(JobId.parse("89678F60-4CDC-4fe3-AE83-E8B3EBD35C59"))
                .isEqualTo(new JobId(uuid))
                .hasToString("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1-1-1-1-1",
                "89678f604cdc4fe3ae83e8b3ebd35c59",
                "{89678f60-4cdc-4fe3-ae83-e8b3ebd35c59}",
                "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5",
                "89678f60-4cdc-4fe3-ae83-e8b3ebd35c590",
                " 89678f60-4cdc-4fe3-ae83-e8b3ebd35c59",
                "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\n",
                "89678g60-4cdc-4fe3-ae83-e8b3ebd35c59",
                "89678f6004cdc-4fe3-ae83-e8b3ebd35c59",
                "89678f60-4cdc04fe3-ae83-e8b3ebd35c59",
                "89678f60-4cdc-4fe30ae83-e8b3ebd35c59",
                "89678f60-4cdc-4fe3-ae830e8b3ebd35c59",
                "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5\u0663"
            })
    void an_id_that_is_not_a_uuid_is_refused(String other) {
        assertRefused(() -> JobId.parse(other)).satisfies(e -> assertThat(e).hasMessage("id must be a UUID"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ї", "\uD83C\uDFE5", "a\uD83C\uDFE5\uD83C\uDFE5b", "\uFFFD", "\u0001\n\t"})
    void failures_and_payloads_are_any_text_that_can_be_stored(String text) {
        assertThat(new Failure(text).message()).isEqualTo(text);
        assertThat(new Payload(text).json()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0000",
                "a\u0000b",
                "\uD83C",
                "\uDFE5",
                "a\uD83C",
                "a\uDFE5b",
                "\uDFE5\uD83C",
                "\uD83C\uD83C\uDFE5",
                "\uD83C\uDFE5\uDFE5"
            })
    void failures_and_payloads_that_cannot_be_stored_are_refused(String text) {
        assertRefused(() -> new Failure(text)).satisfies(e -> {
            assertThat(e).hasMessage("error must be text without U+0000 and without half surrogate pairs");
            assertThat(e.rule()).isEqualTo("format");
            assertThat(e.params()).isEmpty();
        });
        assertRefused(() -> new Payload(text));
        assertRefused(() -> new Reference(text))
                .satisfies(e -> assertThat(e)
                        .hasMessage("reference must be text without U+0000 and without half surrogate pairs"));
    }

    @Test
    void a_reference_has_1_to_128_characters_and_is_in_no_other_text() {
        assertThat(new Reference("\uD83C\uDFE5 №".repeat(32)).value()).hasSize(128);
        assertRefused(() -> new Reference(""));
        assertRefused(() -> new Reference("r".repeat(129)))
                .satisfies(e -> assertThat(e).hasMessage("reference must have 1 to 128 characters"));
        assertThat(new Reference("order-17")).hasToString("Reference[8 characters]");
    }

    @Test
    void a_payload_is_not_in_the_text_of_any_object_that_holds_it() {
        Payload payload = new Payload("{\"secret\":1}");
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("worker-1"), NOW);

        assertThat(payload).hasToString("Payload[12 characters]");
        assertThat(new ClaimedJob(PENDING, Attempts.none(1).next(), lease, payload).toString())
                .contains("worker-1", "Payload[12 characters]")
                .doesNotContain("secret");
        assertThat(NewJob.of(ID, OWNER, KIND, LINKS).withPayload(payload).toString())
                .contains("clinic-7", "Payload[12 characters]")
                .doesNotContain("secret");
    }

    @Test
    void a_coded_failure_has_four_digits() {
        assertThat(Failure.coded(0, "a").message()).isEqualTo("0000: a");
        assertThat(Failure.coded(42, "%s").message()).isEqualTo("0042: %s");
        assertThat(Failure.coded(9999, "a").message()).isEqualTo("9999: a");
        assertRefused(() -> Failure.coded(-1, "a"));
        assertRefused(() -> Failure.coded(10_000, "a"))
                .satisfies(e -> assertThat(e).hasMessage("error code must be 0 to 9999"));
    }

    @Test
    void messages_do_not_depend_on_the_default_locale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertThat(Failure.coded(1002, "a").message()).isEqualTo("1002: a");
            assertRefused(() -> new Owner(""))
                    .satisfies(e -> assertThat(e).hasMessage("owner must have 1 to 128 characters"));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void a_job_key_includes_the_owner() {
        JobKey own = new JobKey(Examples.OWNER, Examples.ID);
        assertThat(own).isEqualTo(new JobKey(Examples.OWNER, Examples.ID));
        assertThat(own).isNotEqualTo(new JobKey(new Owner("clinic-8"), Examples.ID));
    }
}
