package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Taking jobs to work on (contract section 2, {@code POST /jobs/claims}), without waiting. */
class ClaimTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String ID = ApiFixture.ID;
    private static final String LEAST = "{\"kinds\":[\"composition.create\"],\"max\":10,\"worker\":\"w-1\"}";
    private static final String NOTHING = "{\"data\":[]}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer claim(String body, String... headers) {
        return claimAs("worker", body, headers);
    }

    private RawHttp.Answer claimAs(String client, String body, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = JSON;
        return api.sendAs(client, "POST", "/jobs/claims", body.getBytes(StandardCharsets.UTF_8), all);
    }

    /** The least body with one property more, or another in its place. */
    private static String with(String name, String value) {
        String property = "\"" + name + "\":";
        String rest = LEAST.replaceFirst(property + "(\\[[^]]*]|[^,}]*),?", "").replace(",}", "}");
        return "{" + property + value + "," + rest.substring(1);
    }

    private void schedule(NewJob job) {
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
    }

    private static NewJob named(String id) {
        return NewJob.of(JobId.parse(id), Jobs.OWNER, Jobs.KIND, Jobs.LINKS);
    }

    private static void assertBroken(RawHttp.Answer answer, String entry, String rule) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text())
                .contains("{\"entry_type\":\"json_data_property\",\"entry\":\"" + entry + "\",\"rules\":[{\"rule\":\""
                        + rule + "\"");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void a_claim_that_cannot_be_answered_costs_no_attempt() {
        schedule(Jobs.newJob(ApiFixture.UNANSWERABLE).withMaxAttempts(1));

        assertThat(claim(with("kinds", "[\"unanswerable\"]")).status()).isEqualTo(503);

        assertThat(api.store().claim(Jobs.claim(1, ApiFixture.UNANSWERABLE)))
                .singleElement()
                .satisfies(job -> assertThat(job.attempts()).isEqualTo(new Attempts(1, 1)));
    }

    @Test
    void a_claimed_job_comes_with_all_that_its_worker_needs() {
        ResourceLinks links = ResourceLinks.of(
                ResourceLink.to("eHealth/composition"), new ResourceLink("eHealth/patient", "patient/7"));
        schedule(NewJob.of(JobId.parse(ID), Jobs.OWNER, Jobs.KIND, links)
                .withPayload(new Payload("{\"b\":1.50,\"a\":[\"\\u003c\",null]}")));
        RawHttp.Answer answer = claim(LEAST);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo("{\"data\":[{\"id\":\"" + ID
                        + "\",\"kind\":\"composition.create\",\"payload\":{\"b\":1.50,\"a\":[\"\\u003c\",null]},"
                        + "\"attempt\":1,\"links\":[{\"entity\":\"eHealth/composition\"},"
                        + "{\"entity\":\"eHealth/patient\",\"href\":\"patient/7\"}],"
                        + "\"lease\":{\"token\":1,\"expiresAt\":\"2022-10-24T12:36:16.956Z\"}}]}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Preference-Applied")).isEmpty();
        assertThat(answer.header("ETag")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | a=b  | ,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=b"
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 | none | ,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 | A    | ,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
                    00-0af7651916cd43dd8448eb211c80319c                     | a=b  | ''
                    ''                                                      | a=b  | ''
                    """)
    void a_claimed_job_comes_with_the_trace_of_its_request(String parent, @Nullable String state, String fields) {
        byte[] job = ("{\"id\":\"" + ID + "\",\"kind\":\"composition.create\",\"links\":[{\"entity\":\"a/b\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        RawHttp.Answer accepted = state == null
                ? api.sendAs("producer", "POST", "/jobs", job, JSON, "traceparent: " + parent)
                : api.sendAs("producer", "POST", "/jobs", job, JSON, "traceparent: " + parent, "tracestate: " + state);
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.text()).doesNotContain("trace");

        assertThat(claim(LEAST).text()).endsWith("\"expiresAt\":\"2022-10-24T12:36:16.956Z\"}" + fields + "}]}");
    }

    @Test
    void no_payload_is_left_out() {
        schedule(named(ID));
        assertThat(claim(LEAST).text()).startsWith("{\"data\":[{\"id\":\"" + ID).doesNotContain("payload", "null");
    }

    @Test
    void no_work_is_an_empty_list() {
        RawHttp.Answer answer = claim(LEAST);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(NOTHING);
        schedule(Jobs.newJob(Jobs.OTHER_KIND));
        assertThat(claim(LEAST).text()).isEqualTo(NOTHING);
    }

    @Test
    void at_most_max_jobs_of_the_kinds_that_were_asked_for_come() {
        schedule(Jobs.newJob());
        schedule(Jobs.newJob(Jobs.OTHER_KIND));
        schedule(Jobs.newJob());
        String two = "{\"kinds\":[\"composition.create\",\"composition.sign\"],\"max\":2,\"worker\":\"w\"}";
        assertThat(claim(two).text().split("\"token\"")).hasSize(3);
        assertThat(claim(two).text().split("\"token\"")).hasSize(2);
        assertThat(claim(two).text()).isEqualTo(NOTHING);
    }

    @Test
    void a_lease_holds_as_long_as_was_asked_for() {
        schedule(named(ID));
        assertThat(claim(with("lease", "\"PT1H\"")).text()).contains("\"expiresAt\":\"2022-10-24T13:35:46.956Z\"");
        assertThat(claim(LEAST).text()).isEqualTo(NOTHING);
        api.clock().advance(Duration.ofHours(1));
        assertThat(claim(with("lease", "\"PT1S\"")).text())
                .contains("\"attempt\":2,")
                .contains("\"token\":2,\"expiresAt\":\"2022-10-24T13:35:47.956Z\"");
    }

    @Test
    void the_same_claim_again_gives_the_same_jobs_while_their_leases_live() {
        schedule(named(ID));
        String mine = with("claimId", "\"claim-1\"");
        RawHttp.Answer first = claim(mine);
        assertThat(first.text()).contains(ID);
        assertThat(claim(mine).text()).isEqualTo(first.text());
        assertThat(claim(with("claimId", "\"claim-2\"")).text()).isEqualTo(NOTHING);
        api.clock().advance(Duration.ofSeconds(30));
        assertThat(claim(mine).text()).contains("\"token\":2,");
    }

    @Test
    void the_claims_of_two_clients_never_meet() {
        schedule(named(ID));
        String mine = with("claimId", "\"claim-1\"");
        assertThat(claimAs("clinic-a", mine).text()).contains(ID);
        assertThat(claimAs("worker", mine).text()).isEqualTo(NOTHING);
        assertThat(claimAs("clinic-a", mine).text()).contains(ID);
    }

    @Test
    void of_64_parallel_claims_of_one_job_one_gets_it() throws Exception {
        schedule(named(ID));
        ExecutorService clients = Executors.newFixedThreadPool(64);
        try {
            List<Callable<String>> claims = new ArrayList<>();
            IntStream.range(0, 64).forEach(i -> claims.add(() -> claim(LEAST).text()));
            List<String> answers = new ArrayList<>();
            for (Future<String> answer : clients.invokeAll(claims)) {
                answers.add(answer.get());
            }
            assertThat(answers).filteredOn(NOTHING::equals).hasSize(63);
            assertThat(answers).filteredOn(text -> text.contains(ID)).hasSize(1);
        } finally {
            clients.shutdownNow();
        }
    }

    @ParameterizedTest(name = "{0} {1} -> {2} {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "max | 0 | $.max | range",
                "max | -1 | $.max | range",
                "max | 201 | $.max | range",
                "max | 1000000000 | $.max | range",
                "max | 4294967297 | $.max | range",
                "max | 9223372036854775808 | $.max | type",
                "max | 1.5 | $.max | type",
                "max | 1.0 | $.max | type",
                "max | 1e1 | $.max | type",
                "max | \"5\" | $.max | type",
                "max | null | $.max | type",
                "max | true | $.max | type",
                "max | [1] | $.max | type",
                "kinds | [] | $.kinds | range",
                "kinds | null | $.kinds | type",
                "kinds | \"composition.create\" | $.kinds | type",
                "kinds | {} | $.kinds | type",
                "kinds | [\"a\",\"a\"] | $.kinds | distinct",
                "kinds | [5] | $.kinds[0] | type",
                "kinds | [null] | $.kinds[0] | type",
                "kinds | [\"a\",\"B\"] | $.kinds[1] | format",
                "kinds | [\"\"] | $.kinds[0] | length",
                "kinds | [\"a b\"] | $.kinds[0] | format",
                "lease | \"PT0S\" | $.lease | range",
                "lease | \"PT3601S\" | $.lease | range",
                "lease | \"PT999999999H\" | $.lease | range",
                "lease | \"PT1.5S\" | $.lease | format",
                "lease | \"PT-1S\" | $.lease | format",
                "lease | \"-PT1S\" | $.lease | format",
                "lease | \"P1D\" | $.lease | format",
                "lease | \"PT\" | $.lease | format",
                "lease | \"pt1s\" | $.lease | format",
                "lease | \"30s\" | $.lease | format",
                "lease | \"\" | $.lease | format",
                "lease | 30 | $.lease | type",
                "lease | 0 | $.lease | type",
                "lease | 1.5 | $.lease | type",
                "lease | null | $.lease | type",
                "worker | \"\" | $.worker | length",
                "worker | \"a b\" | $.worker | format",
                "worker | \"\u0456\" | $.worker | format",
                "worker | \"a\\n\" | $.worker | format",
                "worker | 5 | $.worker | type",
                "worker | null | $.worker | type",
                "claimId | \"\" | $.claimId | length",
                "claimId | \"a b\" | $.claimId | format",
                "claimId | null | $.claimId | type",
                "claimId | 5 | $.claimId | type",
                "claimId | \"\\u0000\" | $.claimId | format",
                "status | \"DONE\" | $ | schema",
                "token | 1 | $ | schema",
            })
    void what_breaks_a_rule_is_422_and_named(String name, String value, String entry, String rule) {
        assertBroken(claim(with(name, value)), entry, rule);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kinds", "max", "worker"})
    void what_must_be_there_is_missed(String name) {
        assertBroken(claim(with(name, "0").replaceFirst("\"" + name + "\":0,", "")), "$." + name, "required");
    }

    @Test
    void all_that_is_broken_is_told_at_once() {
        RawHttp.Answer answer = claim("{\"kinds\":[],\"max\":0,\"lease\":\"PT0S\",\"worker\":\"\",\"claimId\":\"\"}");
        for (String entry : List.of("kinds", "max", "lease", "worker", "claimId")) {
            assertThat(answer.text()).contains("\"entry\":\"$." + entry + "\"");
        }
    }

    @Test
    void limits_are_taken_and_no_more() {
        String fifty = IntStream.range(0, 50).mapToObj(i -> "\"k" + i + "\"").collect(Collectors.joining(","));
        assertThat(claim(with("kinds", "[" + fifty + "]")).status()).isEqualTo(200);
        assertBroken(claim(with("kinds", "[" + fifty + ",\"one-more\"]")), "$.kinds", "range");
        assertThat(claim(with("max", "200")).status()).isEqualTo(200);
        assertThat(claim(with("claimId", "\"" + "~".repeat(128) + "\"")).status())
                .isEqualTo(200);
        assertBroken(claim(with("claimId", "\"" + "~".repeat(129) + "\"")), "$.claimId", "length");
        assertThat(claim(with("worker", "\"" + "~".repeat(128) + "\"")).status())
                .isEqualTo(200);
        assertBroken(claim(with("worker", "\"" + "~".repeat(129) + "\"")), "$.worker", "length");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | 400",
                "{\"max\": | 400",
                "{} {} | 400",
                "{\"max\":1,\"max\":2} | 400",
                "[] | 422",
                "[{}] | 422",
                "null | 422",
                "1 | 422",
                "\"x\" | 422",
            })
    void other_bodies_are_refused(String body, int status) {
        assertThat(claim(body).status()).isEqualTo(status);
    }

    @Test
    void the_door_is_kept() {
        byte[] body = LEAST.getBytes(StandardCharsets.UTF_8);
        assertThat(api.sendAs("worker", "POST", "/jobs/claims", body, "Content-Type: text/plain")
                        .status())
                .isEqualTo(415);
        assertThat(claimAs("producer", LEAST).status()).isEqualTo(403);
        assertThat(claimAs("producer", LEAST).text()).contains("Missing allowances: job:work\"");
        assertThat(claimAs("unknown", LEAST).status()).isEqualTo(401);
        assertThat(claim(LEAST, "Accept: text/html").status()).isEqualTo(406);
        RawHttp.Answer get = api.requestAs("worker", "GET", "/jobs/claims");
        assertThat(get.status()).isEqualTo(405);
        assertThat(get.header("Allow")).contains("POST");
        assertThat(api.requestAs("worker", "DELETE", "/jobs/claims").status()).isEqualTo(405);
        RawHttp.Answer options = api.bare("OPTIONS", "/jobs/claims");
        assertThat(options.status()).isEqualTo(204);
        assertThat(options.header("Allow")).contains("POST, OPTIONS");
    }

    @ParameterizedTest
    @CsvSource({"unreachable,503", "broken,500", "invalid,422"})
    void what_fails_behind_the_door_is_told_without_its_cause(String kind, int status) {
        RawHttp.Answer answer = claim(with("kinds", "[\"" + new JobKind(kind) + "\"]"));
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).doesNotContain(ApiFixture.SECRET_CAUSE);
        assertThat(answer.header("Retry-After").isPresent()).isEqualTo(status == 503);
    }

    @Test
    void the_base_path_comes_first() {
        HttpSettings settings = HttpSettings.defaults().withPaths("/api", "/tasks/{asyncJobId}");
        try (ApiFixture other = new ApiFixture(settings)) {
            byte[] body = LEAST.getBytes(StandardCharsets.UTF_8);
            assertThat(other.sendAs("worker", "POST", "/api/jobs/claims", body, JSON)
                            .text())
                    .isEqualTo(NOTHING);
            assertThat(other.sendAs("worker", "POST", "/jobs/claims", body, JSON)
                            .status())
                    .isEqualTo(404);
        }
    }
}
