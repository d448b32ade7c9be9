package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One job, and why it is as it is (contract section 2, {@code GET /jobs/{id}} and its {@code /explain}). */
class ExplainTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String EXPLAIN = "/jobs/" + ID + "/explain";
    private static final String HEAD = "{\"data\":{\"id\":\"" + ID + "\",\"status\":\"PENDING\",\"reason\":";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private final NewJob job = NewJob.of(JobId.parse(ID), new Owner("producer"), Jobs.KIND, Jobs.LINKS)
            .withReference(new Reference("17"))
            .scheduledBy(new Owner("scheduler"));

    private RawHttp.Answer get(String client, String path, String... headers) {
        return api.requestAs(client, "GET", path, headers);
    }

    private String body(String client, String path) {
        RawHttp.Answer answer = get(client, path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.text();
    }

    private ClaimedJob runs() {
        return Jobs.scheduledAndClaimed(api.store(), job);
    }

    private void rests() {
        Jobs.settle(
                api.store(), runs(), new Outcome.Failed(new Failure("the handler failed"), true, "E: <b>no</b> paper"));
    }

    private RawHttp.Answer failed(String json) {
        return api.sendAs(
                "worker",
                "POST",
                "/jobs/" + ID + "/failed",
                json.getBytes(StandardCharsets.UTF_8),
                "Content-Type: application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "auditor"})
    void an_operator_reads_a_job_of_any_owner_with_its_attempts_and_their_errors(String client) {
        rests();

        assertThat(body(client, "/jobs/" + ID))
                .startsWith("{\"data\":{\"eta\":")
                .contains("\"kind\":\"composition.create\",\"owner\":\"producer\","
                        + "\"createdAt\":\"2022-10-24T12:35:46.956Z\",\"attempt\":1,\"scheduledBy\":\"scheduler\","
                        + "\"reference\":\"17\",\"maxAttempts\":5,\"nextAttemptAt\":\"2022-10-24T12:35:4")
                .endsWith("\"lastError\":\"E: <b>no</b> paper\",\"attempts\":[{\"attempt\":1,\"worker\":\"worker-1\","
                        + "\"startedAt\":\"2022-10-24T12:35:46.956Z\",\"endedAt\":\"2022-10-24T12:35:46.956Z\","
                        + "\"outcome\":\"FAILED\",\"error\":\"E: <b>no</b> paper\"}]}}");
    }

    @Test
    void an_owner_reads_its_job_without_workers_errors_and_schedulers() {
        rests();

        assertThat(body("producer", "/jobs/" + ID))
                .contains("\"attempt\":1,\"reference\":\"17\",\"maxAttempts\":5,\"nextAttemptAt\":\"")
                .doesNotContain("worker", "scheduler", "paper", "attempts\"", "lastError");
    }

    @Test
    void a_job_that_runs_has_a_lease_and_no_next_attempt() {
        runs();

        assertThat(body("operator", "/jobs/" + ID))
                .contains("\"lease\":{\"token\":1,\"worker\":\"worker-1\"")
                .endsWith("\"maxAttempts\":5,\"attempts\":[]}}");
        assertThat(body("producer", "/jobs/" + ID)).endsWith("\"maxAttempts\":5}}");
    }

    @Test
    void a_job_that_has_ended_keeps_its_attempts() {
        Jobs.settle(api.store(), runs(), Jobs.DONE);

        assertThat(body("operator", "/jobs/" + ID))
                .contains("\"status\":\"DONE\"")
                .doesNotContain("maxAttempts", "nextAttemptAt", "lastError")
                .contains("\"attempts\":[{\"attempt\":1,\"worker\":\"worker-1\"")
                .endsWith("\"outcome\":\"DONE\"}]}}");
        assertThat(body("operator", EXPLAIN))
                .startsWith(
                        "{\"data\":{\"id\":\"" + ID + "\",\"status\":\"DONE\",\"reason\":\"ended\",\"text\":\"It ended"
                                + " as DONE on 24 October 2022, 12:35:46 UTC.\",\"endedAt\":\"2022-10-24T12:35:46.956Z\","
                                + "\"attempts\":[{");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/explain"})
    void a_job_that_is_not_the_clients_is_not_found_whatever_there_is(String what) {
        runs();
        String nothing = "/jobs/" + ApiFixture.MISSING_ID + what;

        for (String client : List.of("lister", "producer-b", "for-user")) {
            RawHttp.Answer foreign = get(client, "/jobs/" + ID + what, "x-request-id: same");
            assertThat(foreign.status()).isEqualTo(404);
            assertThat(foreign.text().replace(ID, ""))
                    .isEqualTo(get(client, nothing, "x-request-id: same").text().replace(ApiFixture.MISSING_ID, ""));
        }
        assertThat(get("operator", nothing).status()).isEqualTo(404);
        assertThat(get("operator", "/jobs/x" + what).status()).isEqualTo(404);
        assertThat(get("worker", "/jobs/" + ID + what).text())
                .contains("Missing allowances: job:list or job:schedule or job:admin or job:read-all\"");
    }

    @Test
    void an_operator_that_only_reads_lists_all_jobs_and_changes_none() {
        runs();

        assertThat(body("auditor", "/jobs")).contains(ID, "worker-1", "scheduledBy");
        assertThat(body("auditor", "/jobs?owner=producer")).contains(ID);
        assertThat(api.requestAs("auditor", "DELETE", "/jobs/" + ID).status()).isEqualTo(403);
        assertThat(api.requestAs("auditor", "DELETE", "/jobs?owner=producer").status())
                .isEqualTo(403);
        assertThat(get("auditor", "/patients/composition/job/" + ID).status()).isEqualTo(403);
    }

    @Test
    void a_job_that_runs_is_explained_to_its_owner_without_the_worker() {
        runs();

        assertThat(body("operator", EXPLAIN))
                .isEqualTo(HEAD + "\"running\",\"text\":\"Worker worker-1 is running attempt 1; it began on 24 October"
                        + " 2022, 12:35:46 UTC; its lease ends on 24 October 2022, 12:45:46 UTC unless it is renewed.\","
                        + "\"attempt\":1,\"worker\":\"worker-1\",\"startedAt\":\"2022-10-24T12:35:46.956Z\","
                        + "\"leaseEndsAt\":\"2022-10-24T12:45:46.956Z\",\"attempts\":[]}}");
        assertThat(body("producer", EXPLAIN))
                .isEqualTo(HEAD + "\"running\",\"text\":\"Attempt 1 is running; it began on 24 October 2022, 12:35:46"
                        + " UTC; its lease ends on 24 October 2022, 12:45:46 UTC unless it is renewed.\",\"attempt\":1,"
                        + "\"startedAt\":\"2022-10-24T12:35:46.956Z\",\"leaseEndsAt\":\"2022-10-24T12:45:46.956Z\"}}");
    }

    @Test
    void a_job_that_rests_is_explained_to_its_owner_without_the_error() {
        rests();

        assertThat(body("operator", EXPLAIN))
                .startsWith(HEAD + "\"resting\",\"text\":\"It rests until ")
                .contains(" after attempt 1, which failed: E: <b>no</b> paper.\",\"notBefore\":\"2022")
                .contains("\"attempt\":1,\"error\":\"E: <b>no</b> paper\",\"attempts\":[{");
        assertThat(body("producer", EXPLAIN))
                .contains(" after attempt 1, which failed.\",\"notBefore\":\"2022")
                .endsWith("\"attempt\":1}}");
    }

    @Test
    void a_job_for_which_no_worker_asks_waits_as_far_as_its_owner_knows() {
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));

        assertThat(body("auditor", EXPLAIN))
                .isEqualTo(HEAD
                        + "\"no_worker\",\"text\":\"No worker is known to have asked for the kind composition.create.\","
                        + "\"kind\":\"composition.create\",\"attempts\":[]}}");
        assertThat(body("producer", EXPLAIN)).isEqualTo(HEAD + "\"waiting\",\"text\":\"It waits for its turn.\"}}");
    }

    @Test
    void a_job_that_waits_knows_its_place_and_its_owner_only_how_long() {
        Jobs.settle(api.store(), Jobs.scheduledAndClaimed(api.store(), Jobs.newJob()), Jobs.DONE);
        Jobs.accepted(api.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
        api.clock().advance(Duration.ofSeconds(1));
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));

        assertThat(body("operator", EXPLAIN))
                .isEqualTo(
                        HEAD + "\"waiting\",\"text\":\"1 job of its kind is before it; 1 ends in a minute, so its turn"
                                + " comes in about 2 minutes.\",\"before\":1,\"endedPerMinute\":1.0,\"aboutSeconds\":120,"
                                + "\"attempts\":[]}}");
        assertThat(body("producer", EXPLAIN))
                .isEqualTo(HEAD + "\"waiting\",\"text\":\"It waits for its turn, in about 2 minutes.\","
                        + "\"aboutSeconds\":120}}");
    }

    @Test
    void a_lost_lease_is_told_to_operators_and_its_owner_waits() {
        Jobs.scheduledAndClaimed(api.store(), job.withMaxAttempts(2));
        api.clock().advance(Jobs.LEASE);
        assertThat(api.store().claim(Jobs.claim(1, Jobs.KIND).withReady(0))).isEmpty();

        assertThat(body("operator", EXPLAIN))
                .startsWith(HEAD + "\"lease_ran_out\",\"text\":\"The lease of attempt 1 by worker worker-1 ran out on")
                .endsWith("\"attempt\":1,\"worker\":\"worker-1\",\"leaseEndedAt\":\"2022-10-24T12:45:46.956Z\","
                        + "\"attempts\":[]}}");
        assertThat(body("producer", EXPLAIN)).isEqualTo(HEAD + "\"waiting\",\"text\":\"It waits for its turn.\"}}");

        Jobs.claimFrom(api.store(), 1);
        api.clock().advance(Jobs.LEASE);
        assertThat(body("operator", EXPLAIN))
                .startsWith(HEAD + "\"attempts_spent\",\"text\":\"The last lease ran out on")
                .contains("\"attempt\":2,\"leaseEndedAt\":\"2022-10-24T12:55:46.956Z\",\"attempts\":[{\"attempt\":1,")
                .contains("\"outcome\":\"LEASE_RAN_OUT\"");
    }

    @Test
    void the_sentence_is_in_the_language_of_the_reader() {
        Jobs.accepted(api.store().schedule(job.notBefore(ApiFixture.CREATED.plusSeconds(60)), Jobs.EXPECTED));

        RawHttp.Answer answer = get("producer", EXPLAIN, "Accept-Language: uk-UA, en;q=0.5");

        assertThat(answer.text())
                .isEqualTo(HEAD + "\"planned\",\"text\":\"Почнеться не раніше ніж 24 жовтня 2022 року, 12:36:46 UTC, як"
                        + " просив замовник.\",\"notBefore\":\"2022-10-24T12:36:46.956Z\"}}");
        assertThat(answer.header("Content-Language")).contains("uk");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key, Accept-Language");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(get("producer", EXPLAIN).header("Content-Language")).contains("en");
    }

    @Test
    void only_get_and_head_are_served() {
        RawHttp.Answer refused = api.requestAs("operator", "POST", EXPLAIN);

        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.header("Allow").orElseThrow()).contains("GET", "HEAD");
        for (String other : List.of("/jobs/claims", "/jobs/outcomes")) {
            assertThat(get("operator", other).status()).as(other).isEqualTo(405);
        }
        assertThat(api.requestAs("operator", "PUT", "/jobs/" + ID)
                        .header("Allow")
                        .orElseThrow())
                .contains("GET", "DELETE");
    }

    @Test
    void a_worker_says_the_detail_of_a_failure_and_its_owner_does_not_read_it() {
        ClaimedJob claimed = runs();
        RawHttp.Answer settled = failed(
                "{\"token\":1,\"error\":\"broken\",\"retry\":false,\"detail\":\"java.io.IOException:\\n full\"}");

        assertThat(settled.status()).as(settled.text()).isEqualTo(200);
        assertThat(settled.text()).contains("\"error\":\"broken\"").doesNotContain("IOException");
        assertThat(body("auditor", "/jobs/" + ID)).contains("\"lastError\":\"java.io.IOException:  full\"");
        assertThat(claimed.attempts().made()).isEqualTo(1);
        for (String detail : List.of("\"\"", "7", "\"a\\u0000\"", "\"\\ud800\"", "\"" + "x".repeat(1025) + "\"")) {
            RawHttp.Answer refused =
                    failed("{\"token\":1,\"error\":\"broken\",\"retry\":false,\"detail\":" + detail + "}");
            assertThat(refused.status()).as(detail).isEqualTo(422);
            assertThat(refused.text()).contains("\"$.detail\"");
        }
    }
}
