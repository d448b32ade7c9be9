package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reporting one outcome (contract section 2, {@code POST /jobs/{id}/done} and {@code failed}). */
class OutcomeTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String ID = ApiFixture.ID;
    private static final String HREF = "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc";
    private static final String LINKS = "\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"" + HREF + "\"}]";
    private static final String DONE = "{\"token\":1," + LINKS + "}";
    private static final String FAILED = "{\"token\":1,\"error\":\"1002: exists\",\"retry\":false}";
    private static final String RETRY = "{\"token\":1,\"error\":\"no luck\",\"retry\":true}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    @BeforeEach
    void start() {
        Jobs.scheduledAndClaimed(
                api.store(), NewJob.of(JobId.parse(ID), Jobs.OWNER, Jobs.KIND, Jobs.LINKS)); // for ten minutes
    }

    private RawHttp.Answer report(String what, String body) {
        return report(ID, what, body);
    }

    private RawHttp.Answer report(String id, String what, String body) {
        String path = "/jobs/" + id + "/" + what;
        return api.sendAs("worker", "POST", path, body.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private String status() {
        return api.store()
                .list(JobFilter.ANY)
                .jobs()
                .get(0)
                .snapshot()
                .job()
                .status()
                .name();
    }

    private void assertConflict(RawHttp.Answer answer, String status) {
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text())
                .contains("\"type\":\"request_conflict\"")
                .contains("\"rule\":\"lease_lost\"")
                .endsWith("\"status\":\"" + status + "\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(status()).isEqualTo(status);
    }

    @Test
    void a_job_that_is_done_is_shown_so_as_often_as_it_is_told() {
        api.clock().advance(Duration.ofMillis(4_245));
        RawHttp.Answer answer = report("done", DONE);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo("{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"" + ID
                        + "\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\","
                        + "\"href\":\"" + HREF + "\"}],\"status\":\"DONE\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Retry-After")).isEmpty();
        api.clock().advance(Duration.ofHours(1));
        assertThat(report("done", DONE).status()).isEqualTo(200);
        assertThat(report("done", DONE).text()).isEqualTo(answer.text());
    }

    @Test
    void another_outcome_than_the_first_is_409_and_changes_nothing() {
        report("done", DONE);
        assertConflict(report("done", DONE.replace("0daaad78", "1daaad78")), "DONE");
        assertConflict(report("failed", FAILED), "DONE");
        assertConflict(report("failed", RETRY), "DONE");
    }

    @Test
    void a_job_that_failed_is_shown_so_as_often_as_it_is_told() {
        RawHttp.Answer answer = report("failed", FAILED);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"error\":\"1002: exists\"").endsWith("\"status\":\"FAILED\"}}");
        assertThat(report("failed", FAILED).text()).isEqualTo(answer.text());
        assertConflict(report("done", DONE), "FAILED");
        assertConflict(report("failed", RETRY), "FAILED");
    }

    @Test
    void an_attempt_that_failed_is_followed_by_another() {
        RawHttp.Answer answer = report("failed", RETRY);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).endsWith("\"status\":\"PENDING\"}}").doesNotContain("no luck");
        assertThat(answer.header("Retry-After")).isPresent();
        assertThat(report("failed", RETRY).text()).isEqualTo(answer.text());
        assertConflict(report("done", DONE), "PENDING");
        api.clock().advance(Duration.ofMinutes(5));
        assertThat(Jobs.claimed(api.store(), JobId.parse(ID)).attempts().made()).isEqualTo(2);
        assertConflict(report("failed", RETRY), "PENDING");
    }

    @Test
    void the_last_attempt_that_fails_ends_the_job() {
        NewJob once = Jobs.newJob().withMaxAttempts(1);
        Jobs.scheduledAndClaimed(api.store(), once);
        assertThat(report(once.id().toString(), "failed", RETRY).text())
                .contains("\"error\":\"no luck\"")
                .endsWith("\"status\":\"FAILED\"}}");
    }

    @Test
    void finished_work_counts_after_the_lease_ran_out_as_long_as_no_worker_claimed_the_job() {
        api.clock().advance(Duration.ofHours(2));
        assertThat(report("done", DONE).status()).isEqualTo(200);
        assertThat(status()).isEqualTo("DONE");
    }

    @Test
    void an_old_token_is_409_once_another_has_claimed_the_job() {
        api.clock().advance(Jobs.LEASE);
        Jobs.claimed(api.store(), JobId.parse(ID));
        assertConflict(report("done", DONE), "PENDING");
        assertConflict(report("failed", FAILED), "PENDING");
        assertThat(report("done", DONE.replace("\"token\":1", "\"token\":2")).status())
                .isEqualTo(200);
        assertConflict(report("done", DONE), "DONE");
    }

    @Test
    void a_job_that_was_called_off_stays_so() {
        api.store().cancel(null, JobId.parse(ID));
        RawHttp.Answer answer = report("done", DONE);
        assertConflict(answer, "FAILED");
        assertThat(answer.text()).contains("\"error\":\"cancelled\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"done", "failed"})
    void no_such_job_is_404(String what) {
        String body = what.equals("done") ? DONE : FAILED;
        assertThat(report(ApiFixture.MISSING_ID, what, body).text())
                .contains("\"code\":404", "\"message\":\"Task not found\"")
                .doesNotContain("invalid");
        assertThat(report("x", what, body).text())
                .contains("\"code\":404", "\"message\":\"Task not found\"", "\"entry\":\"id\"");
        assertThat(report(ApiFixture.UNREACHABLE_ID, what, body).status()).isEqualTo(503);
        assertThat(report(ApiFixture.BROKEN_ID, what, body).status()).isEqualTo(500);
    }

    @ParameterizedTest(name = "{0} {1} -> {2} {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "done | {\"token\":1} | $.links | required",
                "done | {\"token\":1,\"links\":null} | $.links | type",
                "done | {\"token\":1,\"links\":{}} | $.links | type",
                "done | {\"token\":1,\"links\":[]} | $.links | range",
                "done | {\"token\":1,\"links\":[{}]} | $.links[0].entity | required",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":null}]} | $.links[0].href | type",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":\"javascript:alert(1)\"}]} | $.links[0].href | format",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":\"//evil\"}]} | $.links[0].href | format",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":\"file:/etc\"}]} | $.links[0].href | format",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":\"a\\r\\nb\"}]} | $.links[0].href | format",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\",\"error\":\"x\"}]} | $.links[0] | schema",
                "done | {\"links\":[{\"entity\":\"a\"}]} | $.token | required",
                "done | {\"token\":\"abc\",\"links\":[{\"entity\":\"a\"}]} | $.token | type",
                "done | {\"token\":-1,\"links\":[{\"entity\":\"a\"}]} | $.token | range",
                "done | {\"token\":9223372036854775808,\"links\":[{\"entity\":\"a\"}]} | $.token | type",
                "done | {\"token\":1,\"links\":[{\"entity\":\"a\"}],\"status\":\"DONE\"} | $ | schema",
                "done | [] | $ | type",
                "failed | {\"token\":1,\"error\":\"x\"} | $.retry | required",
                "failed | {\"token\":1,\"error\":\"x\",\"retry\":null} | $.retry | type",
                "failed | {\"token\":1,\"error\":\"x\",\"retry\":\"false\"} | $.retry | type",
                "failed | {\"token\":1,\"error\":\"x\",\"retry\":0} | $.retry | type",
                "failed | {\"token\":1,\"retry\":true} | $.error | required",
                "failed | {\"token\":1,\"error\":\"\",\"retry\":true} | $.error | length",
                "failed | {\"token\":1,\"error\":5,\"retry\":true} | $.error | type",
                "failed | {\"token\":1,\"error\":\"a\\u0000\",\"retry\":true} | $.error | format",
                "failed | {\"token\":1,\"error\":\"\\ud800\",\"retry\":true} | $.error | format",
                "failed | {\"token\":1,\"error\":\"\\udc00\\ud800\",\"retry\":true} | $.error | format",
                "failed | {\"token\":0,\"error\":\"x\",\"retry\":true} | $.token | range",
                "failed | {\"token\":1.5,\"error\":\"x\",\"retry\":true} | $.token | type",
            })
    void what_breaks_a_rule_is_422_and_changes_nothing(String what, String body, String entry, String rule) {
        RawHttp.Answer answer = report(what, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"" + entry + "\",\"rules\":[{\"rule\":\"" + rule + "\"");
        assertThat(status()).isEqualTo("PENDING");
    }

    @Test
    void any_text_may_be_an_error_and_is_escaped() {
        String error = "<script>alert(1)</script>\\u001b[31m\\n\\t\\\"\\\\ \\ud83d\\ude00";
        RawHttp.Answer answer = report("failed", "{\"token\":1,\"retry\":false,\"error\":\"" + error + "\"}");
        assertThat(answer.text())
                .contains("\"error\":\"<script>alert(1)</script>\\u001B[31m\\n\\t\\\"\\\\ \\uD83D\\uDE00\"");
    }

    @Test
    void an_error_has_1024_characters_at_most() {
        String longest = "x".repeat(Failure.MAX_LENGTH);
        assertThat(report("failed", "{\"token\":1,\"retry\":false,\"error\":\"" + longest + "x\"}")
                        .status())
                .isEqualTo(422);
        assertThat(report("failed", "{\"token\":1,\"retry\":false,\"error\":\"" + longest + "\"}")
                        .text())
                .contains(longest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"done", "failed"})
    void the_door_is_kept(String what) {
        String path = "/jobs/" + ID + "/" + what;
        byte[] body = DONE.getBytes(StandardCharsets.UTF_8);
        assertThat(api.sendAs("producer", "POST", path, body, JSON).status()).isEqualTo(403);
        assertThat(api.sendAs("worker", "POST", path, body, "Content-Type: text/plain")
                        .status())
                .isEqualTo(415);
        RawHttp.Answer get = api.requestAs("worker", "GET", path);
        assertThat(get.status()).isEqualTo(405);
        assertThat(get.header("Allow")).contains("POST");
    }
}
