package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Calling off a job (contract section 2, {@code DELETE /jobs/{id}}). */
class CancelTest {
    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    /** Schedules a job of this owner and tells its id. */
    private static String scheduled(String owner) {
        JobId id = Jobs.newId();
        Jobs.accepted(api.store().schedule(NewJob.of(id, new Owner(owner), Jobs.KIND, Jobs.LINKS), Jobs.EXPECTED));
        return id.toString();
    }

    private static RawHttp.Answer cancel(String client, String id, String... headers) {
        return api.requestAs(client, "DELETE", "/jobs/" + id, headers);
    }

    @Test
    void an_operator_calls_off_anybodys_job() {
        String id = scheduled("producer");
        RawHttp.Answer answer = cancel("operator", id);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo(
                        "{\"data\":{\"eta\":\"2022-10-24T12:35:46.956Z\",\"id\":\"" + id
                                + "\",\"doneAt\":\"2022-10-24T12:35:46.956Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"error\":\"cancelled\"}],\"status\":\"FAILED\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Retry-After")).isEmpty();
    }

    @Test
    void a_producer_calls_off_its_own_job_as_often_as_it_likes() {
        String id = scheduled("producer");
        RawHttp.Answer first = cancel("producer", id);
        assertThat(first.status()).isEqualTo(200);
        assertThat(cancel("producer", id.toUpperCase(java.util.Locale.ROOT)).text())
                .isEqualTo(first.text());
        assertThat(api.sendAs("producer", "DELETE", "/jobs/" + id, new byte[] {'x'})
                        .text())
                .isEqualTo(first.text());
    }

    @Test
    void a_foreign_job_is_as_good_as_none() {
        String foreign = scheduled("producer");
        String same = "x-request-id: same";
        RawHttp.Answer answer = cancel("producer-b", foreign, same);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text().replace(foreign, MISSING_ID))
                .isEqualTo(cancel("producer-b", MISSING_ID, same).text())
                .contains("\"message\":\"Task not found\"")
                .doesNotContain("invalid");
        assertThat(cancel("operator", foreign).status()).isEqualTo(200);
    }

    @Test
    void an_id_that_is_no_uuid_is_404_and_said_to_be() {
        RawHttp.Answer answer = cancel("operator", "x");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text())
                .contains("\"message\":\"Task not found\"")
                .contains("\"entry_type\":\"path_parameter\",\"entry\":\"id\"");
    }

    @Test
    void a_job_that_ended_otherwise_is_409_and_shown() {
        NewJob job = Jobs.newJob();
        Jobs.settle(api.store(), Jobs.scheduledAndClaimed(api.store(), job), Jobs.DONE);
        RawHttp.Answer answer = cancel("operator", job.id().toString());
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.text())
                .contains("\"type\":\"request_conflict\"")
                .contains("\"entry_type\":\"path_parameter\",\"entry\":\"id\",\"rules\":[{\"rule\":\"ended\"")
                .endsWith(
                        "},\"data\":{\"eta\":\"2022-10-24T12:35:46.956Z\",\"id\":\"" + job.id()
                                + "\",\"doneAt\":\"2022-10-24T12:35:46.956Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/0daaad78-6cfb-11ea-9cd6-afab698838bc\"}],\"status\":\"DONE\"}}");
        assertThat(cancel("operator", job.id().toString(), "Accept: application/problem+json")
                        .text())
                .startsWith("{\"type\":\"urn:asyncjob:error:request_conflict\"")
                .contains(",\"data\":{\"eta\":\"2022-10-24T12:35:46.956Z\"");
    }

    @Test
    void a_job_past_its_retention_is_404() {
        try (ApiFixture later = new ApiFixture()) {
            NewJob job = Jobs.newJob();
            Jobs.settle(later.store(), Jobs.scheduledAndClaimed(later.store(), job), Jobs.DONE);
            later.clock().advance(Duration.ofDays(30));
            assertThat(later.requestAs("operator", "DELETE", "/jobs/" + job.id())
                            .status())
                    .isEqualTo(404);
        }
    }

    @Test
    void without_either_scope_it_is_403_and_both_are_named() {
        RawHttp.Answer answer = cancel("worker", MISSING_ID);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("Missing allowances: job:schedule or job:admin\"");
        assertThat(answer.header("WWW-Authenticate"))
                .contains("Bearer realm=\"asyncjob\", error=\"insufficient_scope\", scope=\"job:schedule\"");
        assertThat(cancel("unknown", MISSING_ID).status()).isEqualTo(401);
    }

    @Test
    void other_methods_are_405_and_other_paths_404() {
        RawHttp.Answer answer = api.requestAs("operator", "PUT", "/jobs/" + MISSING_ID);
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).contains("GET, HEAD, DELETE");
        assertThat(cancel("operator", MISSING_ID + "/").status()).isEqualTo(404);
    }

    @Test
    void a_status_path_beside_it_takes_nothing_from_it() {
        HttpSettings settings = HttpSettings.defaults().withPaths("", "/jobs/{asyncJobId}");
        try (ApiFixture beside = new ApiFixture(settings)) {
            assertThat(beside.get("/jobs/" + ApiFixture.ID).status()).isEqualTo(200);
            assertThat(beside.request("DELETE", "/jobs/" + MISSING_ID).text()).contains("Task not found");
            assertThat(beside.request("PUT", "/jobs/" + MISSING_ID).status()).isEqualTo(405);
            assertThat(beside.get("/jobs").status()).isEqualTo(200);
            byte[] job = "{\"kind\":\"a\",\"links\":[{\"entity\":\"b\"}]}".getBytes(StandardCharsets.UTF_8);
            byte[] ids = ("{\"ids\":[\"" + ApiFixture.ID + "\"]}").getBytes(StandardCharsets.UTF_8);
            String json = "Content-Type: application/json";
            assertThat(beside.send("POST", "/jobs", job, json).status()).isEqualTo(202);
            assertThat(beside.send("QUERY", "/jobs", ids, json).text()).contains(ApiFixture.ID, "PENDING");
            assertThat(beside.send("POST", "/jobs/statuses", ids, json).status())
                    .isEqualTo(200);
            assertThat(beside.request("PUT", "/jobs").header("Allow")).contains("POST, GET, HEAD, DELETE, QUERY");
            assertThat(beside.request("OPTIONS", "/jobs").header("Allow"))
                    .contains("POST, GET, HEAD, DELETE, QUERY, OPTIONS");
            assertThat(beside.request("QUERY", "/jobs/claims").status()).isEqualTo(405);
        }
    }
}
