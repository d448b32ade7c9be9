package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs that are born leased (contract section 2, {@code POST /jobs} with {@code lease}). */
class BornLeasedTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String JOB = "{\"kind\":\"composition.create\",\"id\":\"" + ID
            + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"lease\":{\"worker\":\"kafka-1\",\"for\":\"PT10M\"}}";
    private static final String STATUS = "{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"" + ID
            + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"";
    private static final String LEASE = ",\"lease\":{\"token\":1,\"expiresAt\":\"2022-10-24T12:45:46.956Z\"}";
    private static final String DONE = "{\"token\":1,\"links\":[{\"entity\":\"eHealth/composition\"}]}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer post(String path, String body, String... headers) {
        return send(api, "executor", "POST", path, body, headers);
    }

    private static RawHttp.Answer send(
            ApiFixture api, String client, String method, String path, String body, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = JSON;
        return api.sendAs(client, method, path, body.getBytes(StandardCharsets.UTF_8), all);
    }

    private JobStatus status() {
        return api.store()
                .find(new Owner("executor"), JobId.parse(ID))
                .orElseThrow()
                .job()
                .status();
    }

    @Test
    void the_answer_is_the_status_and_the_lease_as_its_last_field() {
        RawHttp.Answer answer = post("/jobs", JOB);
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.text()).isEqualTo(STATUS + LEASE + "}}");
        assertThat(answer.header("Location")).contains(ApiFixture.PATH + ID);
        assertThat(answer.header("Retry-After")).contains("3");
        assertThat(answer.header("Cache-Control")).contains("no-store");

        String unleased = JOB.replaceFirst(",\"lease.*$", "}").replace(ID, "89678f60-4cdc-4fe3-ae83-e8b3ebd35c60");
        assertThat(post("/jobs", unleased).text())
                .endsWith("\"status\":\"PENDING\"}}")
                .doesNotContain("lease");
    }

    @Test
    void the_executor_renews_and_settles_it_without_a_claim() {
        post("/jobs", JOB);
        assertThat(post("/jobs/claims", "{\"kinds\":[\"composition.create\"],\"max\":1,\"worker\":\"w\"}")
                        .text())
                .isEqualTo("{\"data\":[]}");
        assertThat(send(api, "executor", "PUT", "/jobs/" + ID + "/lease", "{\"token\":1,\"lease\":\"PT20M\"}")
                        .text())
                .isEqualTo("{\"data\":{\"token\":1,\"expiresAt\":\"2022-10-24T12:55:46.956Z\"}}");
        assertThat(post("/jobs/" + ID + "/done", DONE).status()).isEqualTo(200);
        assertThat(status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void the_status_is_that_of_any_job_and_the_list_shows_the_worker_to_operators_only() {
        post("/jobs", JOB.replace("\"kind\"", "\"owner\":\"clinic-a\",\"kind\""));
        RawHttp.Answer born = send(api, "clinic-a", "POST", "/jobs", JOB);
        assertThat(born.status()).isEqualTo(202);
        assertThat(api.requestAs("operator", "GET", "/jobs").text())
                .contains(
                        "\"attempt\":1,\"lease\":{\"token\":1,\"worker\":\"kafka-1\",\"expiresAt\":\"2022-10-24T12:45:46.956Z\"}");
        assertThat(api.requestAs("producer", "GET", "/jobs").text()).doesNotContain("kafka-1");
    }

    @Test
    void once_its_lease_has_ended_another_worker_has_it_and_the_first_gets_409() {
        post("/jobs", JOB);
        api.clock().advance(Duration.ofMinutes(10));
        assertThat(Jobs.claimed(api.store(), JobId.parse(ID)).attempts().made()).isEqualTo(2);
        assertThat(send(api, "executor", "PUT", "/jobs/" + ID + "/lease", "{\"token\":1}")
                        .status())
                .isEqualTo(409);
        assertThat(post("/jobs/" + ID + "/done", DONE).status()).isEqualTo(409);
        assertThat(status()).isEqualTo(JobStatus.PENDING);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void a_repetition_gets_the_first_answer_token_included(boolean key) {
        String body = key ? JOB.replace("\"id\":\"" + ID + "\",", "") : JOB;
        String[] headers = key ? new String[] {"Idempotency-Key: k"} : new String[0];
        String first = post("/jobs", body, headers).text();
        assertThat(first).contains(LEASE);
        api.clock().advance(Duration.ofMinutes(3));
        assertThat(post("/jobs", body, headers).text()).isEqualTo(first);
        api.clock().advance(Duration.ofMinutes(8));
        assertThat(Jobs.claimFrom(api.store(), 1)).hasSize(1);
        RawHttp.Answer again = post("/jobs", body, headers);
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.text()).isEqualTo(first);

        RawHttp.Answer other = post("/jobs", body.replace("PT10M", "PT11M"), headers);
        assertThat(other.status()).isEqualTo(key ? 422 : 409);
        assertThat(other.text()).doesNotContain("token");
        assertThat(api.store().list(JobFilter.ANY).jobs()).hasSize(1);
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null                                       | $.lease        | type",
                "\"PT10M\"                                  | $.lease        | type",
                "[]                                         | $.lease        | type",
                "{}                                         | $.lease.worker | required",
                "{\"worker\":\"w\"}                         | $.lease.for    | required",
                "{\"for\":\"PT10M\"}                        | $.lease.worker | required",
                "{\"worker\":\"\",\"for\":\"PT10M\"}        | $.lease.worker | length",
                "{\"worker\":\"a b\",\"for\":\"PT10M\"}     | $.lease.worker | format",
                "{\"worker\":\"w\",\"for\":600}             | $.lease.for    | type",
                "{\"worker\":\"w\",\"for\":\"10m\"}         | $.lease.for    | format",
                "{\"worker\":\"w\",\"for\":\"PT0S\"}        | $.lease.for    | range",
                "{\"worker\":\"w\",\"for\":\"PT1H1S\"}      | $.lease.for    | range",
                "{\"worker\":\"w\",\"for\":\"PT1M\",\"token\":1} | $.lease | schema",
            })
    void a_broken_lease_is_422_and_named(String lease, String entry, String rule) {
        RawHttp.Answer answer = post("/jobs", JOB.replaceFirst("\\{\"worker.*$", lease + "}"));
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text())
                .contains("{\"entry_type\":\"json_data_property\",\"entry\":\"" + entry + "\",\"rules\":[{\"rule\":\""
                        + rule + "\"");
        assertThat(api.store().list(JobFilter.ANY).jobs()).isEmpty();
    }

    @Test
    void a_leased_job_has_no_not_before() {
        RawHttp.Answer answer = post("/jobs", JOB.replaceFirst("}$", ",\"notBefore\":\"2022-10-24T12:35:46Z\"}"));
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.notBefore\",\"rules\":[{\"rule\":\"schema\"");
    }

    @Test
    void it_needs_both_scopes() {
        RawHttp.Answer answer = send(api, "producer", "POST", "/jobs", JOB);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("Missing allowances: job:work\"");
        RawHttp.Answer foreign = post("/jobs", JOB.replace("\"kind\"", "\"owner\":\"clinic-a\",\"kind\""));
        assertThat(foreign.text()).contains("Missing allowances: job:schedule-for\"");
        assertThat(send(api, "worker", "POST", "/jobs", JOB).text()).contains("Missing allowances: job:schedule\"");
        assertThat(api.store().list(JobFilter.ANY).jobs()).isEmpty();
    }

    @Test
    void where_workers_have_no_methods_a_lease_is_an_unknown_property() {
        try (ApiFixture producers = new ApiFixture(HttpSettings.defaults(), WorkApi.Part.PRODUCERS)) {
            RawHttp.Answer answer = send(producers, "executor", "POST", "/jobs", JOB, "x-request-id: same");
            RawHttp.Answer unknown =
                    send(producers, "executor", "POST", "/jobs", JOB.replace("lease", "other"), "x-request-id: same");
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text()).isEqualTo(unknown.text());
        }
    }
}
