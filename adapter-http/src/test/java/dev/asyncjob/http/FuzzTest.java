package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.DONE_ID;
import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.Prefer;
import dev.asyncjob.http.internal.work.PageCursor;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * Odd input for everything that reads what clients send: it gives a value or the refusal that is meant for it, never
 * another exception, never a 500, never a burst of time. Each test makes {@value #FEW} inputs, and with
 * {@code -Dfuzz.seconds=30} as many as fit; a failure tells the seed, and {@code -Dfuzz.seed} repeats it.
 */
class FuzzTest {
    private static final int FEW = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(Long.getLong("fuzz.seconds", 0));
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_124L);

    /** Far more than any input may cost, and than noise makes of it: it is the thread's own time. */
    private static final long BURST_NANOS = Duration.ofMillis(500).toNanos();

    private static final String JOB =
            "{\"kind\":\"a.b\",\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}],"
                    + "\"id\":\"" + ID
                    + "\",\"payload\":{\"a\":[1,2.5e3,null,true,\"\\u00e9\"]},\"notBefore\":\"2030-01-01T00:00:00Z\","
                    + "\"maxAttempts\":3,\"owner\":\"x\"}";

    private static final HttpLimits UNLIMITED =
            HttpLimits.defaults().withRequestsPerSecond(0).withFailedLogins(HttpLimits.MAX_NUMBER);

    @AutoClose
    private static final ApiFixture api = new ApiFixture(HttpSettings.defaults().withLimits(UNLIMITED));

    private static void fuzz(List<String> corpus, Consumer<String> reader) {
        var threads = ManagementFactory.getThreadMXBean();
        long end = System.nanoTime() + PATIENCE.toNanos();
        int inputs = 0;
        for (long seed = SEED; inputs < FEW || System.nanoTime() < end; seed++) {
            String input = new Mutations(seed, corpus).next();
            long before = threads.getCurrentThreadCpuTime();
            try {
                reader.accept(input);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + input, e);
            }
            assertThat(threads.getCurrentThreadCpuTime() - before)
                    .as("nanoseconds for seed %d", seed)
                    .isLessThan(BURST_NANOS);
            inputs++;
        }
        System.out.printf("fuzzed with %d inputs, like %s%n", inputs, corpus.get(0));
    }

    /** What was sent is answered by what the contract knows. */
    private static void assertAnswered(RawHttp.Answer answer) {
        assertThat(answer.status())
                .isIn(200, 202, 304, 400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 417, 422, 431, 501, 505);
        if (answer.status() >= 400) {
            assertThat(answer.text()).startsWith("{\"meta\":{\"code\":" + answer.status());
            assertThat(answer.text()).doesNotContain("Exception", "dev.asyncjob", "jetty");
        }
    }

    private static void send(String request) {
        try {
            assertAnswered(RawHttp.send(api.port(), request.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (UncheckedIOException e) {
            if (String.valueOf(e.getMessage()).contains("reset")) {
                return; // hung up on while it was still talking
            }
            throw e;
        }
    }

    private static String get(String target, String... headers) {
        return ApiFixture.message("GET", target, "clinic-a", headers);
    }

    @Test
    void ids() {
        List<String> corpus = List.of(
                ID,
                "not-a-uuid",
                "a;b=%41",
                "00000000-0000-4000-8000-000000000000",
                ID.toUpperCase(java.util.Locale.ROOT));
        fuzz(corpus, id -> {
            try {
                assertThat(JobId.parse(id).toString()).isEqualToIgnoringCase(id);
            } catch (InvalidValueException refused) {
                assertThat(refused.rule()).isNotEmpty();
            }
        });
        fuzz(corpus, id -> send(get(PATH + onOneLine(id))));
    }

    @Test
    void json_bodies() {
        List<String> corpus =
                List.of(JOB, "{}", "[]", "{\"kind\":\"a\",\"links\":[{\"entity\":\"a\"}]}", "\"\"", "1e5", "[[[[]]]]");
        fuzz(corpus, body -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            assertAnswered(api.send("POST", "/jobs", bytes, "Content-Type: application/json"));
        });
        String claim = "{\"kinds\":[\"none\"],\"max\":1,\"lease\":\"PT30S\",\"worker\":\"w\",\"claimId\":\"c\"}";
        fuzz(
                List.of(claim, "{\"token\":1,\"lease\":\"PT30S\",\"eta\":\"2030-01-01T00:00:00Z\",\"progress\":4}"),
                body -> {
                    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
                    assertAnswered(api.send("POST", "/jobs/claims", bytes, "Content-Type: application/json"));
                    assertAnswered(api.send("PUT", "/jobs/" + ID + "/lease", bytes, "Content-Type: application/json"));
                });
        String outcomes = "[{\"id\":\"" + ID + "\",\"token\":1,\"done\":{\"links\":[{\"entity\":\"a\"}]}},"
                + "{\"id\":\"" + ID + "\",\"token\":2,\"failed\":{\"error\":\"1002: x\",\"retry\":true}}]";
        fuzz(
                List.of(outcomes, "[]"),
                body -> assertAnswered(api.send(
                        "POST",
                        "/jobs/outcomes",
                        body.getBytes(StandardCharsets.UTF_8),
                        "Content-Type: application/json")));
    }

    @Test
    void authorizations() {
        fuzz(
                List.of("Bearer clinic-a", "bearer a.b.c", "Basic eDp5", "Bearer eyJhbGciOiJub25lIn0.e30.", ""),
                value -> send(
                        ApiFixture.head("GET", PATH + ID, "Authorization: " + onOneLine(value), "api-key: clinic-a-key")
                                + "\r\n"));
        fuzz(
                List.of("clinic-a-key", "ajk_0123456789", ""),
                value -> send(ApiFixture.head(
                                "GET", PATH + ID, "Authorization: Bearer clinic-a", "api-key: " + onOneLine(value))
                        + "\r\n"));
    }

    @Test
    void preferences() {
        List<String> corpus = List.of(
                "wait=10",
                "respond-async, wait=10; a=\"b\"",
                "return=minimal",
                "wait=\"5\"",
                "handling=lenient;x",
                "include=\"progress,result\"",
                "include=error;a=b, wait=1");
        fuzz(corpus, value -> Prefer.wait(List.of(value, value)));
        fuzz(corpus, value -> Prefer.include(List.of(value, value)));
        fuzz(corpus, value -> send(get(PATH + DONE_ID, "Prefer: " + onOneLine(value))));
    }

    @Test
    void entity_tags() {
        List<String> corpus = List.of("\"OYzUPjOcPt-xwBYqXbqf\"", "W/\"a\", \"b\"", "*", "\"\"", "a");
        EntityTag tag = EntityTag.of(new byte[] {1});
        fuzz(
                corpus,
                value -> assertThat(tag.isNamedBy(List.of(value)))
                        .isEqualTo(value.contains(tag.value()) || value.strip().equals("*")));
        fuzz(corpus, value -> send(get(PATH + ID, "If-None-Match: " + onOneLine(value))));
    }

    @Test
    void cursors_and_queries() {
        JobFilter all = JobFilter.ANY;
        List<String> corpus = List.of("AAAA", "eyJhIjoxfQ", "abc-_", "");
        fuzz(corpus, cursor -> {
            try {
                PageCursor.read(all, cursor);
            } catch (ApiError refused) {
                assertThat(refused.status()).isIn(400, 422);
            }
        });
        fuzz(
                List.of(
                        "status=DONE&kind=a.b&owner=x&overdue=true&limit=5",
                        "cursor=AAAA",
                        "limit=1&limit=2",
                        "=&=",
                        "a=%41"),
                query -> send(get("/jobs?" + onOneLine(query))));
    }

    /** What ends a line would end the header; the rest of the bytes go out as they are. */
    private static String onOneLine(String text) {
        return text.replaceAll("[\r\n]", "");
    }
}
