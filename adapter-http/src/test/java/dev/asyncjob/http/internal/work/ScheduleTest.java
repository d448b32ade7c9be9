package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.RecordedLog;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handing in jobs (contract section 2, {@code POST /jobs}). */
class ScheduleTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String OTHER_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c60";
    private static final String LINKS = "\"links\":[{\"entity\":\"eHealth/composition\"}]";
    private static final String LEAST = "{\"kind\":\"composition.create\"," + LINKS + "}";
    private static final String NAMED = "{\"id\":\"" + ID + "\",\"kind\":\"composition.create\"," + LINKS + "}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer post(String body, String... headers) {
        return postAs("producer", body, headers);
    }

    private RawHttp.Answer postAs(String client, String body, String... headers) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = JSON;
        return api.sendAs(client, "POST", "/jobs", body.getBytes(StandardCharsets.UTF_8), all);
    }

    /** The least body with one more property. */
    private RawHttp.Answer postWith(String property) {
        return post("{" + property + ",\"kind\":\"composition.create\"," + LINKS + "}");
    }

    private RawHttp.Answer postLinks(String links) {
        return post("{\"kind\":\"composition.create\",\"links\":" + links + "}");
    }

    private List<JobPage.Entry> all() {
        return api.store().list(JobFilter.ANY).jobs();
    }

    private String payloadOf(String json) {
        assertThat(postWith("\"payload\":" + json).status()).isEqualTo(202);
        return Jobs.claimFrom(api.store(), 1).get(0).payload().json();
    }

    private void assertBroken(RawHttp.Answer answer, String entry, String rule) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text())
                .contains("\"type\":\"validation_failed\"")
                .contains("{\"entry_type\":\"json_data_property\",\"entry\":\"" + entry + "\",\"rules\":[{\"rule\":\""
                        + rule + "\"");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(all()).isEmpty();
    }

    @Test
    void an_accepted_job_is_answered_with_its_status_and_where_to_ask_again() {
        RawHttp.Answer answer = post(NAMED);
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text())
                .isEqualTo("{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"" + ID
                        + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}");
        assertThat(answer.header("Location")).contains(PATH + ID);
        assertThat(answer.header("Retry-After")).contains("3");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(answer.header("ETag"))
                .hasValueSatisfying(tag -> assertThat(tag).startsWith("\""));
    }

    @Test
    void the_location_is_under_the_servers_own_paths() {
        HttpSettings elsewhere = HttpSettings.defaults().withPaths("/api", "/tasks/{asyncJobId}/status");
        try (ApiFixture other = new ApiFixture(elsewhere)) {
            byte[] body = NAMED.getBytes(StandardCharsets.UTF_8);
            RawHttp.Answer answer = other.sendAs("producer", "POST", "/api/jobs", body, JSON);
            assertThat(answer.header("Location")).contains("/api/tasks/" + ID + "/status");
        }
    }

    @Test
    void what_is_not_said_is_the_clients_or_the_services() {
        post(LEAST);
        post(LEAST);
        assertThat(all()).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.snapshot().job().owner()).isEqualTo(new Owner("producer"));
            assertThat(entry.snapshot().job().kind()).isEqualTo(new JobKind("composition.create"));
        });
        assertThat(Jobs.claimFrom(api.store(), 2))
                .allSatisfy(job -> {
                    assertThat(job.payload().json()).isEqualTo("null");
                    assertThat(job.attempts().max()).isEqualTo(5);
                })
                .hasSize(2);
    }

    @Test
    void what_is_said_is_kept() {
        String body = "{\"kind\":\"composition.create\",\"owner\":\"clinic-a\",\"id\":\""
                + ID.toUpperCase(java.util.Locale.ROOT)
                + "\",\"maxAttempts\":100,\"notBefore\":\"2022-10-24T14:36:46.956+02:00\",\"links\":[{\"entity\":\"a\",\"href\":\"/b?c=%20#d\"},{\"entity\":\"a\"}]}";
        RawHttp.Answer answer = postAs("scheduler", body);
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text())
                .contains("\"id\":\"" + ID + "\"")
                .contains("\"eta\":\"2022-10-24T12:36:49.956Z\"")
                .contains("\"links\":[{\"entity\":\"a\",\"href\":\"/b?c=%20#d\"},{\"entity\":\"a\"}]");
        assertThat(Integer.parseInt(answer.header("Retry-After").orElseThrow())).isBetween(63, 69);
        assertThat(Jobs.claimFrom(api.store(), 1)).isEmpty();
        api.clock().advance(Duration.ofMinutes(1));
        assertThat(Jobs.claimFrom(api.store(), 1))
                .singleElement()
                .satisfies(job -> assertThat(job.attempts().max()).isEqualTo(100));
        assertThat(api.store().find(new Owner("clinic-a"), JobId.parse(ID))).isPresent();
        assertThat(api.store().find(new Owner("producer"), JobId.parse(ID))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "\"\"",
                "[]",
                "{}",
                "0.10",
                "1.0",
                "123456789012345678901234567890.123456789012345678901234567890",
                "123456789012345678901234567890123456789012345678901234567890",
                "[1,2.50,{\"b\":null,\"a\":\"\u0456 \ud83d\ude00 \\\" \\\\ \\n </script>\"}]",
                "{\"z\":{\"y\":[[[]]]},\"a\":-1}"
            })
    void a_payload_reaches_the_worker_as_it_was_sent(String json) {
        assertThat(payloadOf(json)).isEqualTo(json);
    }

    @Test
    void a_payload_loses_its_white_space_only() {
        assertThat(payloadOf(" { \"a\" :\t[ 1 ,\r\n2 ] } ")).isEqualTo("{\"a\":[1,2]}");
        assertThat(payloadOf("{\"a\":\"" + "x".repeat(60_000) + "\"}")).hasSize(60_008);
        assertThat(new java.math.BigDecimal(payloadOf("1.50e+30"))).isEqualTo(new java.math.BigDecimal("1.50e+30"));
    }

    @Test
    void a_payload_is_in_no_answer_and_in_no_log_though_the_store_fails() {
        List<String> logged;
        try (RecordedLog log = new RecordedLog(Errors.class.getName());
                FailingServer server = new FailingServer(new IllegalStateException("down"))) {
            RawHttp.Answer answer = server.post("{\"payload\":\"SESAM\",\"kind\":\"k\"," + LINKS + "}");
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.text()).doesNotContain("SESAM");
            logged = log.lines();
        }
        assertThat(logged) // also of what other tests do at the same time
                .noneMatch(line -> line.contains("SESAM"))
                .filteredOn(line -> line.contains("IllegalStateException: down"))
                .isNotEmpty();
        assertThat(postWith("\"payload\":\"SESAM\"").text()).doesNotContain("SESAM");
        assertThat(postWith("\"payload\":\"SESAM\",\"x\":1").text()).doesNotContain("SESAM");
    }

    @Test
    void while_memory_is_short_a_client_shall_come_again() {
        for (Throwable failure : List.of(
                new OutOfMemoryError("on purpose"),
                new IllegalArgumentException("while closing", new OutOfMemoryError("on purpose")))) {
            try (FailingServer server = new FailingServer(failure)) {
                RawHttp.Answer answer = server.post("{\"kind\":\"k\"," + LINKS + "}");
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).hasValue("2");
            }
        }
    }

    /** A server whose store throws. */
    private static final class FailingServer implements AutoCloseable {
        private final JobServer server;

        FailingServer(Throwable failure) {
            JobUseCases failing = JobUseCases.over(
                    new ForwardingJobStore(
                            new InMemoryJobStore(WorkPolicy.defaults(), Clock.systemUTC(), new LocalJobSignals())) {
                        @Override
                        public ScheduleResult schedule(NewJob job, Duration expected) {
                            throw unchecked(failure);
                        }

                        @Override
                        public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
                            throw unchecked(failure);
                        }
                    },
                    WorkPolicy.defaults());
            HttpSettings settings = HttpSettings.defaults().listeningOn("127.0.0.1", 0);
            WorkApi api = new WorkApi(
                    failing,
                    (claim, wait) -> java.util.concurrent.CompletableFuture.completedFuture(List.of()),
                    Jobs::newId,
                    Duration.ofSeconds(30),
                    ApiFixture::authenticate,
                    settings);
            server = JobServer.start(settings, List.of(api), request -> {});
        }

        private static RuntimeException unchecked(Throwable failure) {
            if (failure instanceof Error error) {
                throw error;
            }
            return (RuntimeException) failure;
        }

        RawHttp.Answer post(String body) {
            String head = ApiFixture.message("POST", "/jobs", "producer", JSON, "Content-Length: " + body.length());
            return RawHttp.send(server.port(), head + body);
        }

        @Override
        public void close() {
            server.close();
        }
    }

    @Test
    void a_value_that_the_use_case_refuses_is_422() {
        try (FailingServer server =
                new FailingServer(new InvalidValueException("range", "eta must be in the future", List.of()))) {
            RawHttp.Answer answer = server.post(LEAST);
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text()).contains("\"rule\":\"range\",\"description\":\"eta must be in the future\"");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":\"\\u0000\"}",
                "{\"\\u0000\":1}",
                "\"\\ud800\"",
                "[\"\\udc00\\ud800\"]",
                "1e999999999",
                "[-1E+0999999999]",
                "1e-999999999"
            })
    void a_payload_that_cannot_be_kept_is_422(String json) {
        RawHttp.Answer answer = postWith("\"payload\":" + json);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.payload");
        assertThat(all()).isEmpty();
    }

    @Test
    void a_payload_longer_than_any_store_takes_is_422() {
        try (ApiFixture large = new ApiFixture(HttpSettings.defaults().withMaxBody(HttpSettings.MAX_BODY))) {
            String body = "{\"kind\":\"a\"," + LINKS + ",\"payload\":\"" + "x".repeat(1 << 20) + "\"}";
            RawHttp.Answer answer =
                    large.sendAs("producer", "POST", "/jobs", body.getBytes(StandardCharsets.UTF_8), JSON);
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text()).contains("\"entry\":\"$.payload\",\"rules\":[{\"rule\":\"length\"");
        }
    }

    @ParameterizedTest(name = "{0} -> {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"status\":\"DONE\"                          | $             | schema",
                "\"createdAt\":\"2022-10-24T12:35:49Z\"       | $             | schema",
                "\"leaseToken\":1                             | $             | schema",
                "\"x\":null                                   | $             | schema",
                "\"Payload\":1                                | $             | schema",
                "\"id\":null                                  | $.id          | type",
                "\"id\":5                                     | $.id          | type",
                "\"id\":\"x\"                                 | $.id          | format",
                "\"id\":\"1-1-1-1-1\"                         | $.id          | format",
                "\"id\":\"\"                                  | $.id          | format",
                "\"owner\":null                               | $.owner       | type",
                "\"owner\":{}                                 | $.owner       | type",
                "\"owner\":\"\"                               | $.owner       | length",
                "\"owner\":\"a b\"                            | $.owner       | format",
                "\"owner\":\"клініка\"                        | $.owner       | format",
                "\"owner\":\"a\\nb\"                          | $.owner       | format",
                "\"maxAttempts\":null                         | $.maxAttempts | type",
                "\"maxAttempts\":\"5\"                        | $.maxAttempts | type",
                "\"maxAttempts\":1.5                          | $.maxAttempts | type",
                "\"maxAttempts\":1.0                          | $.maxAttempts | type",
                "\"maxAttempts\":1e2                          | $.maxAttempts | type",
                "\"maxAttempts\":true                         | $.maxAttempts | type",
                "\"maxAttempts\":9223372036854775808          | $.maxAttempts | type",
                "\"maxAttempts\":9223372036854775807          | $.maxAttempts | range",
                "\"maxAttempts\":4294967297                   | $.maxAttempts | range",
                "\"maxAttempts\":0                            | $.maxAttempts | range",
                "\"maxAttempts\":-1                           | $.maxAttempts | range",
                "\"maxAttempts\":101                          | $.maxAttempts | range",
                "\"notBefore\":null                           | $.notBefore   | type",
                "\"notBefore\":1666614949                     | $.notBefore   | type",
                "\"notBefore\":\"\"                           | $.notBefore   | format",
                "\"notBefore\":\"2026-02-30T00:00:00Z\"       | $.notBefore   | format",
                "\"notBefore\":\"2026-02-03T00:00:00\"        | $.notBefore   | format",
                "\"notBefore\":\"10000-01-01T00:00:00Z\"      | $.notBefore   | format",
                "\"notBefore\":\"1970-01-01T00:00:00Z\"       | $.notBefore   | range",
                "\"notBefore\":\"1999-12-31T23:59:59Z\"       | $.notBefore   | range",
                "\"notBefore\":\"0000-01-01T00:00:00Z\"       | $.notBefore   | range",
                "\"notBefore\":\"9900-01-01T00:00:01Z\"       | $.notBefore   | range",
                "\"notBefore\":\"9999-12-31T23:59:59-18:00\"  | $.notBefore   | range",
                "\"owner\":\"a\\u0000\"                       | $.owner       | format",
                "\"reference\":null                         | $.reference   | type",
                "\"reference\":17                           | $.reference   | type",
                "\"reference\":\"\"                           | $.reference   | length",
                "\"reference\":\"a\\u0000\"                   | $.reference   | format",
                "\"reference\":\"\\ud800\"                    | $.reference   | format",
                "\"id\":\"\\ud800\"                           | $.id          | format",
            })
    void a_broken_property_is_422_and_named(String property, String entry, String rule) {
        RawHttp.Answer answer = postWith(property.strip());
        assertBroken(answer, entry, rule);
        assertThat(answer.text()).doesNotContain("leaseToken", "createdAt", "клініка", "a b");
    }

    @ParameterizedTest(name = "{0} -> {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null                                              | $.links             | type",
                "{}                                                | $.links             | type",
                "\"a\"                                             | $.links             | type",
                "[]                                                | $.links             | range",
                "[null]                                            | $.links[0]          | type",
                "[\"a\"]                                           | $.links[0]          | type",
                "[[]]                                              | $.links[0]          | type",
                "[{}]                                              | $.links[0].entity   | required",
                "[{\"entity\":\"a\"},{\"entity\":null}]            | $.links[1].entity   | type",
                "[{\"entity\":5}]                                  | $.links[0].entity   | type",
                "[{\"entity\":\"\"}]                               | $.links[0].entity   | length",
                "[{\"entity\":\"a b\"}]                            | $.links[0].entity   | format",
                "[{\"entity\":\"/a\"}]                             | $.links[0].entity   | format",
                "[{\"entity\":\"\\u0000\"}]                        | $.links[0].entity   | format",
                "[{\"entity\":\"a\",\"href\":null}]                | $.links[0].href     | type",
                "[{\"entity\":\"a\",\"href\":[\"b\"]}]             | $.links[0].href     | type",
                "[{\"entity\":\"a\",\"href\":\"\"}]                | $.links[0].href     | length",
                "[{\"entity\":\"a\",\"href\":\"javascript:x\"}]    | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"//evil\"}]          | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"file:///etc\"}]     | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"data:,x\"}]         | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"a\\r\\nX: y\"}]     | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"a b\"}]             | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"\\\\\\\\evil\"}]    | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"/композиція\"}]     | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"<b>\"}]             | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"href\":\"b%0d%0ac\"}]        | $.links[0].href     | format",
                "[{\"entity\":\"a\",\"error\":\"x\"}]              | $.links[0]          | schema",
                "[{\"entity\":\"a\",\"x\":{\"y\":null}}]           | $.links[0]          | schema",
            })
    void broken_links_are_422_and_named(String links, String entry, String rule) {
        assertBroken(postLinks(links.strip()), entry, rule);
    }

    @Test
    void links_are_one_to_twenty_and_not_too_long() {
        String link = "{\"entity\":\"a\",\"href\":\"b\"}";
        assertBroken(postLinks("[" + (link + ",").repeat(20) + link + "]"), "$.links", "range");
        assertBroken(
                postLinks("[{\"entity\":\"a\",\"href\":\"" + "b".repeat(5_000) + "\"}]"), "$.links[0].href", "length");
        assertBroken(postLinks("[{\"entity\":\"" + "b".repeat(129) + "\"}]"), "$.links[0].entity", "length");
        assertThat(postLinks("[" + (link + ",").repeat(19) + link + "]").status())
                .isEqualTo(202);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://a.example/b%25c", "composition/0daaad78", "/a/b", "?a=b", "#a", "a%20b"})
    void harmless_references_are_taken(String href) {
        RawHttp.Answer answer = postLinks("[{\"entity\":\"a\",\"href\":\"" + href + "\"}]");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text()).contains("\"href\":\"" + href + "\"");
    }

    @Test
    void everything_broken_is_told_at_once() {
        RawHttp.Answer answer = post("{\"links\":[{}],\"maxAttempts\":0,\"owner\":\"\",\"x\":1}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
                .contains("\"$.kind\"", "\"$.links[0].entity\"", "\"$.maxAttempts\"", "\"$.owner\"", "\"$\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"kind\":null",
                "\"kind\":5",
                "\"kind\":\"\"",
                "\"kind\":\"A\"",
                "\"kind\":\"a b\"",
                "\"kind\":\"-a\"",
                "\"kind\":\"\\u0000\"",
                "\"kind\":[\"a\"]"
            })
    void a_broken_kind_is_422_and_named(String kind) {
        RawHttp.Answer answer = post("{" + kind + "," + LINKS + "}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.kind\"");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "` `                        | 400",
                "{\"kind\":                 | 400",
                "{} {}                      | 400",
                "{}x                        | 400",
                "{\"kind\":\"a\",\"kind\":\"a\"} | 400",
                "{\"payload\":{\"a\":1,\"a\":2}} | 400",
                "{'kind':1}                 | 400",
                "{\"payload\":NaN}          | 400",
                "{\"payload\":-Infinity}    | 400",
                "{/**/}                     | 400",
                "[]                         | 422",
                "null                       | 422",
                "1                          | 422",
                "\"x\"                      | 422",
                "{}                         | 422",
            })
    void bodies_are_read_strictly(String body, int status) {
        assertThat(post(body.strip()).status()).isEqualTo(status);
        assertThat(all()).isEmpty();
    }

    @Test
    void depth_numbers_encodings_and_sizes_have_their_limits() {
        assertThat(postWith("\"payload\":" + "[".repeat(31) + "]".repeat(31)).status())
                .isEqualTo(202);
        for (int depth : new int[] {32, 1_000, 20_000}) {
            assertThat(postWith("\"payload\":" + "[".repeat(depth) + "]".repeat(depth))
                            .status())
                    .isEqualTo(400);
        }
        assertThat(postWith("\"payload\":" + "9".repeat(2_000)).status()).isEqualTo(422);
        assertThat(postWith("\"payload\":\"" + "x".repeat(1 << 16) + "\"").status())
                .isEqualTo(413);
        byte[] utf16 = LEAST.getBytes(StandardCharsets.UTF_16);
        assertThat(api.sendAs("producer", "POST", "/jobs", utf16, JSON).status())
                .isEqualTo(400);
        byte[] plain = LEAST.getBytes(StandardCharsets.UTF_8);
        assertThat(api.sendAs("producer", "POST", "/jobs", plain).status()).isEqualTo(415);
        assertThat(api.sendAs("producer", "POST", "/jobs", plain, "Content-Type: text/plain")
                        .status())
                .isEqualTo(415);
        assertThat(post(LEAST, "Content-Encoding: gzip").status()).isEqualTo(415);
        assertThat(post(LEAST, "Content-Encoding: identity", "Content-Encoding: gzip")
                        .status())
                .isEqualTo(415);
        assertThat(post(LEAST, "Accept: text/html").status()).isEqualTo(406);
    }

    @Test
    void the_same_job_again_is_answered_like_the_first_time_whatever_became_of_it() {
        RawHttp.Answer first = post(NAMED);
        api.clock().advance(Duration.ofSeconds(90));
        Jobs.settle(api.store(), Jobs.claimed(api.store(), JobId.parse(ID)), Jobs.DONE);
        RawHttp.Answer again = post(NAMED.replace(",", ", "));
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.header("Retry-After")).isEqualTo(first.header("Retry-After"));
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(all()).hasSize(1);
    }

    @Test
    void an_id_that_other_content_took_is_409_and_nothing_is_told_of_it() {
        post(NAMED);
        String same = "x-request-id: same";
        RawHttp.Answer own = post(NAMED.replace("create", "sign"), same);
        assertThat(own.status()).isEqualTo(409);
        assertThat(own.text())
                .contains("\"type\":\"request_conflict\"")
                .contains("{\"entry_type\":\"json_data_property\",\"entry\":\"$.id\",\"rules\":[{\"rule\":\"taken\"")
                .doesNotContain("\"data\"", "\"eta\"", "producer");
        assertThat(postAs("producer-b", NAMED, same).text()).isEqualTo(own.text());
        assertThat(postAs("producer-b", NAMED, "Accept: application/problem+json")
                        .status())
                .isEqualTo(409);
    }

    @Test
    void a_reference_is_kept_and_is_in_no_status() {
        String named = NAMED.replaceFirst("}$", ",\"reference\":\"№ 17 \\\\u0022</script>\"}");
        RawHttp.Answer answer = post(named);
        assertThat(answer.text()).isEqualTo(post(named).text()).doesNotContain("17", "reference");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(all())
                .singleElement()
                .satisfies(entry -> assertThat(entry.reference()).isEqualTo(new Reference("№ 17 \"</script>")));
        assertThat(post(named.replace("17", "18")).status()).isEqualTo(409);
        assertThat(post(NAMED).status()).isEqualTo(409);
        assertThat(postWith("\"reference\":\"" + "r".repeat(128) + "\"").status())
                .isEqualTo(202);
        assertThat(postWith("\"reference\":\"" + "r".repeat(129) + "\"").text())
                .contains(
                        "{\"entry_type\":\"json_data_property\",\"entry\":\"$.reference\",\"rules\":[{\"rule\":\"length\"");
    }

    @Test
    void a_key_makes_a_repetition_known_though_the_service_chose_the_id() {
        RawHttp.Answer first = post(LEAST, "Idempotency-Key: k-1");
        api.clock().advance(Duration.ofSeconds(90));
        String reordered = "{ " + LINKS + ", \"kind\":\"composition.create\" }";
        for (String body : List.of(LEAST, reordered)) {
            RawHttp.Answer again = post(body, "idempotency-key: k-1");
            assertThat(again.status()).isEqualTo(202);
            assertThat(again.text()).isEqualTo(first.text());
            assertThat(again.header("Retry-After")).isEqualTo(first.header("Retry-After"));
            assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        }
        assertThat(all()).hasSize(1);
    }

    @Test
    void a_key_with_another_request_is_422_and_named() {
        post(LEAST, "Idempotency-Key: k-1");
        for (String other :
                List.of(NAMED, LEAST.replace("create", "sign"), LEAST.replace("}]}", "}],\"payload\":null}"))) {
            RawHttp.Answer answer = post(other, "Idempotency-Key: k-1");
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text())
                    .contains("\"type\":\"validation_failed\"")
                    .contains(
                            "{\"entry_type\":\"header\",\"entry\":\"Idempotency-Key\",\"rules\":[{\"rule\":\"reused\"")
                    .doesNotContain("k-1");
        }
        assertThat(all()).hasSize(1);
    }

    @Test
    void numbers_of_other_digits_are_another_request() {
        post("{\"payload\":1.0,\"kind\":\"a\"," + LINKS + "}", "Idempotency-Key: k-1");
        assertThat(post("{\"payload\":1.00,\"kind\":\"a\"," + LINKS + "}", "Idempotency-Key: k-1")
                        .status())
                .isEqualTo(422);
    }

    @Test
    void another_clients_key_is_another_key() {
        RawHttp.Answer first = post(LEAST, "Idempotency-Key: k-1");
        RawHttp.Answer other = postAs("producer-b", LEAST, "Idempotency-Key: k-1");
        assertThat(other.status()).isEqualTo(202);
        assertThat(other.text()).isNotEqualTo(first.text());
        assertThat(all()).hasSize(2);
    }

    @ParameterizedTest(name = "[{0}]")
    @ValueSource(strings = {"", " ", "a b", "a\tb", "\u00e9", "k\r\nIdempotency-Key: k", "k\r\nidempotency-key:"})
    void a_malformed_key_is_400_and_named(String key) {
        RawHttp.Answer answer = post(LEAST, "Idempotency-Key: " + key);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text())
                .contains("\"type\":\"request_malformed\"")
                .contains("{\"entry_type\":\"header\",\"entry\":\"Idempotency-Key\"");
        assertThat(all()).isEmpty();
    }

    @Test
    void a_key_is_up_to_255_characters_and_without_control_characters() {
        assertThat(post(LEAST, "Idempotency-Key: " + "k".repeat(255)).status()).isEqualTo(202);
        assertThat(post(LEAST, "Idempotency-Key: " + "k".repeat(256)).status()).isEqualTo(400);
        assertThat(post(LEAST, "Idempotency-Key: k\u0001").status()).isEqualTo(400);
        assertThat(post(LEAST, "Idempotency-Key: k\u007f").status()).isEqualTo(400);
        assertThat(post(LEAST, "Idempotency-Key: \"~!k\"").status()).isEqualTo(202);
        assertThat(all()).hasSize(2);
    }

    @Test
    void equal_requests_at_once_under_one_key_make_one_job_and_get_one_answer() throws Exception {
        int clients = 64;
        ExecutorService pool = Executors.newFixedThreadPool(clients);
        try {
            CountDownLatch go = new CountDownLatch(1);
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                Callable<String> post = () -> {
                    go.await();
                    RawHttp.Answer answer = post(LEAST, "Idempotency-Key: one");
                    return answer.status() + answer.text() + answer.header("Location") + answer.header("Retry-After");
                };
                answers.add(pool.submit(post));
            }
            go.countDown();
            String first = answers.get(0).get();
            assertThat(first).startsWith("202{\"data\":");
            for (Future<String> answer : answers) {
                assertThat(answer.get()).isEqualTo(first);
            }
            assertThat(all()).hasSize(1);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void it_needs_its_scope_and_its_method_and_its_path() {
        assertThat(postAs("worker", LEAST).text()).contains("Missing allowances: job:schedule\"");
        assertThat(postAs("operator", LEAST).status()).isEqualTo(403);
        assertThat(postAs("unknown", LEAST).status()).isEqualTo(401);
        RawHttp.Answer put = api.sendAs("producer", "PUT", "/jobs", LEAST.getBytes(StandardCharsets.UTF_8), JSON);
        assertThat(put.status()).isEqualTo(405);
        assertThat(put.header("Allow")).contains("POST, GET, HEAD, DELETE");
        assertThat(api.sendAs("producer", "POST", "/jobs/", LEAST.getBytes(StandardCharsets.UTF_8), JSON)
                        .status())
                .isEqualTo(404);
        RawHttp.Answer one = api.sendAs("producer", "POST", "/jobs/" + OTHER_ID, new byte[0], JSON);
        assertThat(one.status()).isEqualTo(405);
        assertThat(one.header("Allow")).contains("GET, HEAD, DELETE");
    }
}
