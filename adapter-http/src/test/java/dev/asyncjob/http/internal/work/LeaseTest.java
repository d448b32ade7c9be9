package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keeping a job in hand (contract section 2, {@code PUT /jobs/{id}/lease}). */
class LeaseTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String ID = ApiFixture.ID;
    private static final String LEAST = "{\"token\":1}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    @BeforeEach
    void start() {
        Jobs.scheduledAndClaimed(
                api.store(), NewJob.of(JobId.parse(ID), Jobs.OWNER, Jobs.KIND, Jobs.LINKS)); // for ten minutes
    }

    private RawHttp.Answer renew(String body) {
        return renew(ID, body);
    }

    private RawHttp.Answer renew(String id, String body) {
        return api.sendAs("worker", "PUT", "/jobs/" + id + "/lease", body.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private JobPage.Entry entry() {
        return api.store().list(JobFilter.ANY).jobs().get(0);
    }

    private void assertLost(RawHttp.Answer answer, JobStatus status) {
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text())
                .contains("\"type\":\"request_conflict\"")
                .contains("\"entry\":\"$.token\",\"rules\":[{\"rule\":\"lease_lost\"")
                .contains("},\"data\":{\"eta\":")
                .endsWith("\"status\":\"" + status + "\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void a_lease_holds_from_now_on_under_the_same_token() {
        api.clock().advance(Duration.ofSeconds(1));
        RawHttp.Answer answer = renew("{\"token\":1,\"lease\":\"PT1M\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"data\":{\"token\":1,\"expiresAt\":\"2022-10-24T12:36:47.956Z\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Content-Length"))
                .contains(Integer.toString(answer.text().length()));
    }

    @Test
    void a_length_that_is_not_said_is_the_services() {
        assertThat(renew(LEAST).text()).contains("\"expiresAt\":\"2022-10-24T12:36:16.956Z\"");
    }

    @Test
    void a_lease_that_ran_out_and_was_not_claimed_again_is_renewed() {
        api.clock().advance(Duration.ofHours(1));
        assertThat(renew(LEAST).status()).isEqualTo(200);
        assertThat(Jobs.claimFrom(api.store(), 1)).isEmpty();
    }

    @Test
    void what_the_worker_says_of_the_end_is_taken_over() {
        assertThat(renew("{\"token\":1,\"eta\":\"2022-10-24T15:00:00.25+02:00\",\"progress\":12.5}")
                        .status())
                .isEqualTo(200);
        assertThat(entry().snapshot().eta()).isEqualTo(Instant.parse("2022-10-24T13:00:00.250Z"));
        assertThat(entry().progress()).isEqualTo(12.5);
        assertThat(renew("{\"token\":1,\"progress\":100}").status()).isEqualTo(200);
        assertThat(entry().progress()).isEqualTo(100);
        assertThat(entry().snapshot().eta()).isEqualTo(Instant.parse("2022-10-24T13:00:00.250Z"));
    }

    @Test
    void what_the_worker_says_to_readers_reaches_the_store() {
        assertThat(renew("{\"token\":1,\"progress\":50,\"message\":\"page 2 of 4\"}")
                        .status())
                .isEqualTo(200);
        assertThat(api.store()
                        .find(Jobs.OWNER, JobId.parse(ID))
                        .orElseThrow()
                        .details()
                        .statement())
                .isEqualTo(new Statement(50.0, "page 2 of 4"));
    }

    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "message | \"\" | length",
                "message | \"a\\u0000b\" | format",
                "message | 7 | type",
                "message | null | type",
                "eta | \"2022-10-24T12:35:46.956Z\" | range",
                "eta | \"1970-01-01T00:00:00Z\" | range",
                "eta | \"2022-02-30T00:00:00Z\" | format",
                "eta | \"9999-12-31T23:59:59Z\" | range",
                "eta | \"10000-01-01T00:00:00Z\" | format",
                "eta | \"2022-10-24T13:00:00\" | format",
                "eta | \"2022-10-24\" | format",
                "eta | \"soon\" | format",
                "eta | 1666616400 | type",
                "eta | null | type",
                "progress | -1 | range",
                "progress | 100.1 | range",
                "progress | 1e400 | range",
                "progress | -0.001 | range",
                "progress | \"50\" | type",
                "progress | true | type",
                "progress | null | type",
                "lease | \"PT0S\" | range",
                "lease | \"PT3601S\" | range",
                "lease | \"PT1.5S\" | format",
                "lease | 30 | type",
                "lease | null | type",
            })
    void what_breaks_a_rule_is_422_and_changes_nothing(String name, String value, String rule) {
        Instant before = Objects.requireNonNull(entry().lease()).expiresAt();
        RawHttp.Answer answer = renew("{\"token\":1,\"" + name + "\":" + value + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$." + name + "\",\"rules\":[{\"rule\":\"" + rule + "\"");
        assertThat(entry().lease())
                .isNotNull()
                .satisfies(lease -> assertThat(lease.expiresAt()).isEqualTo(before));
        assertThat(entry().progress()).isNull();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0 | range",
                "-1 | range",
                "1.5 | type",
                "1.0 | type",
                "9223372036854775808 | type",
                "\"abc\" | type",
                "\"1\" | type",
                "null | type",
                "[1] | type",
            })
    void a_token_is_a_whole_number_from_1(String token, String rule) {
        RawHttp.Answer answer = renew("{\"token\":" + token + "}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.token\",\"rules\":[{\"rule\":\"" + rule + "\"");
    }

    @Test
    void a_token_is_required_and_nothing_unknown_is_taken() {
        assertThat(renew("{}").text()).contains("\"entry\":\"$.token\",\"rules\":[{\"rule\":\"required\"");
        RawHttp.Answer unknown = renew("{\"token\":1,\"status\":\"DONE\"}");
        assertThat(unknown.status()).isEqualTo(422);
        assertThat(unknown.text()).contains("\"entry\":\"$\",\"rules\":[{\"rule\":\"schema\"");
        assertThat(renew("[{\"token\":1}]").status()).isEqualTo(422);
        assertThat(renew("").status()).isEqualTo(400);
    }

    @Test
    void a_token_that_was_never_given_or_is_no_longer_the_newest_is_409() {
        assertLost(renew("{\"token\":9223372036854775807}"), JobStatus.PENDING);
        api.clock().advance(Jobs.LEASE);
        ClaimedJob again = Jobs.claimed(api.store(), JobId.parse(ID));
        assertThat(again.lease().token().value()).isEqualTo(2);
        assertLost(renew(LEAST), JobStatus.PENDING);
        assertThat(renew("{\"token\":2}").status()).isEqualTo(200);
    }

    @Test
    void a_worker_learns_that_the_job_was_called_off() {
        assertThat(api.requestAs("operator", "DELETE", "/jobs/" + ID).status()).isEqualTo(200);
        RawHttp.Answer answer = renew(LEAST);
        assertLost(answer, JobStatus.FAILED);
        assertThat(answer.text()).contains("\"error\":\"cancelled\"");
    }

    @Test
    void a_job_that_ended_is_409_and_shown() {
        Jobs.accepted(api.store()
                .settle(new OutcomeReport(JobId.parse(ID), dev.asyncjob.domain.LeaseToken.FIRST, Jobs.DONE)));
        assertLost(renew(LEAST), JobStatus.DONE);
    }

    @Test
    void no_such_job_is_404() {
        RawHttp.Answer missing = renew(ApiFixture.MISSING_ID, LEAST);
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.text()).contains("\"message\":\"Task not found\"").doesNotContain("invalid");
        RawHttp.Answer noUuid = renew("x", LEAST);
        assertThat(noUuid.status()).isEqualTo(404);
        assertThat(noUuid.text())
                .contains("\"message\":\"Task not found\"")
                .contains("\"entry_type\":\"path_parameter\",\"entry\":\"id\"");
    }

    @Test
    void what_fails_behind_the_door_is_told_without_its_cause() {
        assertThat(renew(ApiFixture.UNREACHABLE_ID, LEAST).status()).isEqualTo(503);
        RawHttp.Answer broken = renew(ApiFixture.BROKEN_ID, LEAST);
        assertThat(broken.status()).isEqualTo(500);
        assertThat(broken.text()).doesNotContain(ApiFixture.SECRET_CAUSE);
    }

    @Test
    void the_door_is_kept() {
        String path = "/jobs/" + ID + "/lease";
        byte[] body = LEAST.getBytes(StandardCharsets.UTF_8);
        assertThat(api.sendAs("operator", "PUT", path, body, JSON).status()).isEqualTo(403);
        assertThat(api.sendAs("worker", "PUT", path, body).status()).isEqualTo(415);
        RawHttp.Answer post = api.sendAs("worker", "POST", path, body, JSON);
        assertThat(post.status()).isEqualTo(405);
        assertThat(post.header("Allow")).contains("PUT");
        assertThat(api.bare("OPTIONS", path).header("Allow")).contains("PUT, OPTIONS");
    }
}
