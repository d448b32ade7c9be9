package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A new job in the place of one that failed (contract section 2, {@code POST /jobs/{id}/retry}). */
class RetryTest {
    private static final byte[] NOTHING = {};
    private static final String JSON = "Content-Type: application/json";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private static NewJob failed(ApiFixture server) {
        NewJob job = Jobs.newJob().withPayload(new Payload("{\"secret\":7}"));
        Jobs.accepted(Jobs.settle(
                server.store(),
                Jobs.scheduledAndClaimed(server.store(), job),
                Outcome.failed(new Failure("no paper"))));
        return job;
    }

    private RawHttp.Answer retry(String client, Object id, String... headers) {
        return api.sendAs(client, "POST", "/jobs/" + id + "/retry", NOTHING, headers);
    }

    private static String idIn(RawHttp.Answer answer) {
        Matcher id = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"").matcher(answer.text());
        assertThat(id.find()).as(answer.text()).isTrue();
        return id.group(1);
    }

    private void cancel(String id) {
        assertThat(api.requestAs("operator", "DELETE", "/jobs/" + id).status()).isEqualTo(200);
    }

    @Test
    void an_operator_gets_a_new_job_and_its_place() {
        NewJob old = failed(api);
        String before = api.requestAs("operator", "GET", "/jobs/" + old.id()).text();

        RawHttp.Answer answer = retry("operator", old.id());

        String id = idIn(answer);
        assertThat(answer.status()).isEqualTo(202);
        assertThat(id).isNotEqualTo(old.id().toString());
        assertThat(answer.text())
                .isEqualTo("{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"" + id
                        + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}");
        assertThat(answer.header("Location")).contains(ApiFixture.PATH + id);
        assertThat(answer.header("Retry-After")).isPresent();
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(api.requestAs("operator", "GET", "/jobs/" + id).text())
                .contains("\"owner\":\"clinic-7\"", "\"scheduledBy\":\"operator\",\"retryOf\":\"" + old.id() + "\"")
                .doesNotContain("secret");
        assertThat(api.requestAs("operator", "GET", "/jobs?limit=100").text()).contains("\"retryOf\":\"" + old.id());
        assertThat(api.requestAs("operator", "GET", "/jobs/" + old.id()).text()).isEqualTo(before);
        assertThat(api.requestAs("operator", "GET", "/audit?limit=1").text())
                .contains(
                        "\"action\":\"RETRY\",\"subject\":\"" + old.id() + "\",\"detail\":\"" + id + "\",\"count\":1,");
    }

    @Test
    void a_repetition_with_the_key_gets_the_first_answer_and_another_request_with_it_is_422() {
        NewJob old = failed(api);
        String key = "Idempotency-Key: retry-1";
        RawHttp.Answer first = retry("operator", old.id(), key);

        RawHttp.Answer again = api.sendAs(
                "operator", "POST", "/jobs/" + old.id() + "/retry", "{}".getBytes(StandardCharsets.UTF_8), key, JSON);

        assertThat(again.status()).isEqualTo(202);
        assertThat(again.text()).isEqualTo(first.text());
        NewJob other = failedBeside(idIn(first));
        assertThat(retry("operator", other.id(), key).text())
                .contains("\"entry\":\"Idempotency-Key\",\"rules\":[{\"rule\":\"reused\"");
        String unkeyed = idIn(retry("operator", old.id()));
        assertThat(unkeyed).isNotEqualTo(idIn(first));
    }

    /** Another job that failed, once the first retry is out of its way. */
    private NewJob failedBeside(String pending) {
        cancel(pending);
        return failed(api);
    }

    @Test
    void a_job_that_has_not_failed_is_409_and_shown() {
        NewJob done = Jobs.newJob();
        Jobs.settle(api.store(), Jobs.scheduledAndClaimed(api.store(), done), Jobs.DONE);
        NewJob cancelled = Jobs.newJob();
        Jobs.accepted(api.store().schedule(cancelled, Jobs.EXPECTED));
        cancel(cancelled.id().toString());
        for (NewJob job : List.of(done, cancelled)) {
            RawHttp.Answer answer = retry("operator", job.id());
            assertThat(answer.status()).isEqualTo(409);
            assertThat(answer.text())
                    .contains("\"entry_type\":\"path_parameter\",\"entry\":\"id\",\"rules\":[{\"rule\":\"failed\"")
                    .contains("\"data\":{\"eta\":");
        }
    }

    @Test
    void a_job_whose_payload_is_not_kept_any_longer_is_409_and_the_answer_names_the_setting() {
        try (ApiFixture later = new ApiFixture()) {
            NewJob old = failed(later);
            String explain = "/jobs/" + old.id() + "/explain";
            assertThat(later.requestAs("auditor", "GET", explain).text())
                    .contains("It can be retried until 25 October 2022, 12:35:46 UTC.\"")
                    .contains("\"error\":\"no paper\",\"retryUntil\":\"2022-10-25T12:35:46.956Z\"");
            later.clock().advance(Duration.ofDays(1));

            RawHttp.Answer answer = later.sendAs("operator", "POST", "/jobs/" + old.id() + "/retry", NOTHING);

            assertThat(answer.status()).isEqualTo(409);
            assertThat(answer.text())
                    .contains("\"rule\":\"payload_kept\"", "work.failed-payload", "\"status\":\"FAILED\"");
            assertThat(later.requestAs("auditor", "GET", explain).text())
                    .contains("It cannot be retried, since its payload is not kept (work.failed-payload).")
                    .doesNotContain("retryUntil");
        }
    }

    @Test
    void without_the_scope_it_is_403_and_without_the_job_404() {
        NewJob old = failed(api);
        for (String client : List.of("producer", "auditor", "worker")) {
            assertThat(retry(client, old.id()).text()).contains("Missing allowances: job:admin\"");
        }
        assertThat(retry("operator", MISSING_ID).status()).isEqualTo(404);
        assertThat(retry("operator", "x").text()).contains("\"message\":\"Task not found\"");
    }

    @Test
    void a_body_or_a_key_that_breaks_a_rule_changes_nothing() {
        NewJob old = failed(api);
        String path = "/jobs/" + old.id() + "/retry";
        byte[] more = "{\"notBefore\":\"2030-01-01T00:00:00Z\",\"payload\":1}".getBytes(StandardCharsets.UTF_8);

        assertThat(api.sendAs("operator", "POST", path, more, JSON).text())
                .contains("\"code\":422", "\"entry\":\"$\",\"rules\":[{\"rule\":\"schema\"");
        assertThat(retry("operator", old.id(), "Idempotency-Key: a b").status()).isEqualTo(400);
        assertThat(retry("operator", old.id(), "Idempotency-Key: a", "Idempotency-Key: b")
                        .status())
                .isEqualTo(400);
        assertThat(api.requestAs("operator", "GET", "/jobs?limit=100").text())
                .doesNotContain("\"retryOf\":\"" + old.id());
    }
}
