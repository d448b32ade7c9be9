package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers of a part of the methods for producers, workers and operators. */
class WorkApiPartTest {
    private static final byte[] CLAIM =
            "{\"kinds\":[\"none\"],\"max\":1,\"worker\":\"w\"}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] JOB =
            "{\"kind\":\"k\",\"links\":[{\"entity\":\"shop/report\"}]}".getBytes(StandardCharsets.UTF_8);

    private static final String JSON = "Content-Type: application/json";

    @AutoClose
    private static final ApiFixture producers = new ApiFixture(HttpSettings.defaults(), WorkApi.Part.PRODUCERS);

    @AutoClose
    private static final ApiFixture workers =
            new ApiFixture(HttpSettings.defaults(), WorkApi.Part.WORKERS_AND_OPERATORS);

    @ParameterizedTest
    @CsvSource({
        "POST, /jobs/claims",
        "GET, /jobs/claims",
        "DELETE, /jobs/claims",
        "OPTIONS, /jobs/claims",
        "POST, /jobs/outcomes",
        "DELETE, /jobs/outcomes",
        "POST, /jobs/cancellations",
        "GET, /jobs/cancellations",
        "POST, /jobs/retries",
        "GET, /jobs/retries",
        "DELETE, /jobs",
        "PUT, /jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/lease",
        "POST, /jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/done",
        "POST, /jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/failed",
        "POST, /jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/retry",
        "OPTIONS, /jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/failed",
    })
    void what_is_not_served_is_answered_like_an_unknown_path(String method, String path) {
        likeUnknown(producers, method, path);
    }

    @Test
    void scheduling_beside_workers_only_is_answered_like_an_unknown_path() {
        likeUnknown(workers, "POST", "/jobs");
    }

    private static void likeUnknown(ApiFixture api, String method, String path) {
        for (byte[] body : List.of(new byte[0], CLAIM)) {
            RawHttp.Answer unknown = api.sendAs("clinic-a", method, "/unknown", body, "x-request-id: same");
            RawHttp.Answer answer = api.sendAs("clinic-a", method, path, body, "x-request-id: same");
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text().replace(path, "/unknown")).isEqualTo(unknown.text());
            for (String header : List.of("Allow", "Content-Type", "Cache-Control", "Vary", "Connection")) {
                assertThat(answer.header(header)).isEqualTo(unknown.header(header));
            }
        }
    }

    @Test
    void producers_schedule_and_cancel_what_is_theirs_even_if_they_are_operators() {
        assertThat(producers.sendAs("clinic-a", "POST", "/jobs", JOB, JSON).status())
                .isEqualTo(202);
        assertThat(producers
                        .requestAs("clinic-a", "DELETE", "/jobs/" + scheduled(producers, "clinic-a"))
                        .status())
                .isEqualTo(200);
        String foreign = scheduled(producers, "clinic-b");
        assertThat(producers.requestAs("clinic-a", "DELETE", "/jobs/" + foreign).status())
                .isEqualTo(404);
        assertThat(producers.requestAs("operator", "DELETE", "/jobs/" + foreign).status())
                .isEqualTo(403);
        assertThat(producers.requestAs("clinic-a", "OPTIONS", "/jobs").header("Allow"))
                .contains("POST, GET, HEAD, OPTIONS");
    }

    @Test
    void producers_list_what_is_theirs_even_if_they_are_operators() {
        String own = scheduled(producers, "clinic-a");
        String foreign = scheduled(producers, "clinic-b");
        for (String query : List.of("?limit=100", "?limit=100&owner=clinic-a")) {
            RawHttp.Answer answer = producers.requestAs("clinic-a", "GET", "/jobs" + query);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains(own).doesNotContain(foreign, "clinic-b");
        }
        assertThat(producers.requestAs("lister", "HEAD", "/jobs").status()).isEqualTo(200);
        assertThat(producers
                        .requestAs("clinic-a", "GET", "/jobs?owner=clinic-b")
                        .status())
                .isEqualTo(403);
        assertThat(producers.requestAs("operator", "GET", "/jobs").text())
                .contains("Missing allowances: job:list or job:schedule\"");
        assertThat(workers.requestAs("lister", "GET", "/jobs").status()).isEqualTo(403);
        assertThat(workers.requestAs("producer", "GET", "/jobs").status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/explain"})
    void producers_read_what_is_theirs_even_if_they_are_operators(String what) {
        String own = scheduled(producers, "clinic-a");
        String foreign = scheduled(producers, "clinic-b");

        assertThat(producers.requestAs("clinic-a", "GET", "/jobs/" + own + what).text())
                .contains(own)
                .doesNotContain("\"attempts\"");
        assertThat(producers
                        .requestAs("clinic-a", "GET", "/jobs/" + foreign + what)
                        .status())
                .isEqualTo(404);
        assertThat(producers.requestAs("auditor", "GET", "/jobs/" + own + what).text())
                .contains("Missing allowances: job:list or job:schedule\"");
        String other = scheduled(workers, "producer");
        assertThat(workers.requestAs("auditor", "GET", "/jobs/" + other + what).text())
                .contains("\"attempts\":[]");
        assertThat(workers.requestAs("producer", "GET", "/jobs/" + other + what).text())
                .contains("Missing allowances: job:admin or job:read-all\"");
    }

    @Test
    void operators_erase_beside_workers_with_their_scope_only() {
        assertThat(workers.requestAs("operator", "DELETE", "/jobs?owner=nobody").text())
                .isEqualTo("{\"data\":{\"forgotten\":0}}");
        assertThat(workers.requestAs("producer", "DELETE", "/jobs?owner=producer")
                        .status())
                .isEqualTo(403);
    }

    @Test
    void workers_claim_and_operators_list_and_cancel_with_their_scopes_only() {
        assertThat(workers.sendAs("worker", "POST", "/jobs/claims", CLAIM, JSON).status())
                .isEqualTo(200);
        assertThat(workers.sendAs("operator", "POST", "/jobs/claims", CLAIM, JSON)
                        .status())
                .isEqualTo(403);
        assertThat(workers.requestAs("operator", "GET", "/jobs").status()).isEqualTo(200);
        String job = scheduled(workers, "producer");
        assertThat(workers.requestAs("producer", "DELETE", "/jobs/" + job).status())
                .isEqualTo(403);
        assertThat(workers.requestAs("operator", "DELETE", "/jobs/" + job).status())
                .isEqualTo(200);
    }

    @Test
    void the_description_names_no_method_that_is_not_served() {
        String description = producers.bare("GET", "/openapi.yaml").text();
        assertThat(description)
                .contains(
                        "\n  /jobs:\n    post:",
                        "\n    get:\n      operationId: listJobs",
                        "\n  /jobs/{id}:\n    delete:")
                .doesNotContain("/jobs/claims:", "/jobs/outcomes:", "/jobs/retries:", "/lease:", "/done:", "/failed:");
    }

    private static String scheduled(ApiFixture api, String owner) {
        JobId id = Jobs.newId();
        Jobs.accepted(api.store().schedule(NewJob.of(id, new Owner(owner), Jobs.KIND, Jobs.LINKS), Jobs.EXPECTED));
        return id.toString();
    }
}
