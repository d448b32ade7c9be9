package dev.asyncjob.http.internal.work;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators do to many jobs at once (contract section 2, "Bulk changes"). */
class BulkTest {
    private static final String CANCEL = "/jobs/cancellations";
    private static final String RETRY = "/jobs/retries";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer post(String target, String body) {
        return postAs("operator", target, body);
    }

    private RawHttp.Answer postAs(String client, String target, String body) {
        return api.sendAs(
                client, "POST", target, body.getBytes(UTF_8), "Content-Type: application/json", "x-request-id: bulk-1");
    }

    private NewJob scheduled(String owner, String reference) {
        NewJob job = NewJob.of(Jobs.newId(), new Owner(owner), Jobs.KIND, Jobs.LINKS)
                .withReference(new Reference(reference));
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        return job;
    }

    private void failed(String owner, String reference) {
        NewJob job = scheduled(owner, reference);
        Jobs.accepted(
                Jobs.settle(api.store(), Jobs.claimed(api.store(), job.id()), Outcome.failed(new Failure("no paper"))));
    }

    private int count(JobStatus status) {
        return api.store().list(JobFilter.ANY.withStatus(status)).jobs().size();
    }

    private List<AuditEntry> audit() {
        return api.store().interventions().audit(null, 9).entries();
    }

    @Test
    void a_preview_counts_and_the_request_itself_cancels_what_the_filter_selects() {
        scheduled("a", "1");
        scheduled("a", "2");
        scheduled("b", "1");

        RawHttp.Answer preview = post(CANCEL, "{\"owner\":\"a\",\"dryRun\":true}");
        assertThat(preview.status()).isEqualTo(200);
        assertThat(preview.text()).isEqualTo("{\"data\":{\"matching\":2,\"more\":false}}");
        assertThat(preview.header("Cache-Control")).contains("no-store");
        assertThat(post(CANCEL, "{\"owner\":\"a\",\"max\":1,\"dryRun\":true}").text())
                .isEqualTo("{\"data\":{\"matching\":1,\"more\":true}}");
        assertThat(count(JobStatus.PENDING)).isEqualTo(3);
        assertThat(audit()).isEmpty();

        assertThat(post(CANCEL, "{\"owner\":\"a\",\"reference\":\"1\",\"kind\":\"" + Jobs.KIND + "\"}")
                        .text())
                .isEqualTo("{\"data\":{\"cancelled\":1,\"more\":false}}");
        assertThat(audit()).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(AuditEntry.Action.BULK_CANCEL);
            assertThat(entry.subject()).isEqualTo("kind=" + Jobs.KIND + "&owner=a&reference=1");
            assertThat(entry.by().by()).isEqualTo(new Owner("operator"));
            assertThat(entry.by().requestId()).isEqualTo("bulk-1");
            assertThat(entry.count()).isEqualTo(1);
        });
        assertThat(post(CANCEL, "{\"overdue\":false,\"max\":1}").text())
                .isEqualTo("{\"data\":{\"cancelled\":1,\"more\":true}}");
        assertThat(post(CANCEL, "{\"all\":true,\"dryRun\":false}").text())
                .isEqualTo("{\"data\":{\"cancelled\":1,\"more\":false}}");
        assertThat(count(JobStatus.FAILED)).isEqualTo(3);
    }

    @Test
    void failed_jobs_are_retried_once_however_often_the_request_comes() {
        failed("a", "1");
        failed("b", "2");
        api.store().cancel(null, scheduled("a", "3").id());

        assertThat(post(RETRY, "{\"all\":true,\"dryRun\":true}").text())
                .isEqualTo("{\"data\":{\"matching\":2,\"alreadyRetried\":0,\"notKept\":0,\"more\":false}}");
        assertThat(post(RETRY, "{\"owner\":\"a\"}").text())
                .isEqualTo("{\"data\":{\"retried\":1,\"notKept\":0,\"more\":false}}");
        assertThat(post(RETRY, "{\"owner\":\"a\"}").text())
                .isEqualTo("{\"data\":{\"retried\":0,\"notKept\":0,\"more\":false}}");
        assertThat(post(RETRY, "{\"kind\":\"" + Jobs.KIND + "\",\"dryRun\":true}")
                        .text())
                .isEqualTo("{\"data\":{\"matching\":1,\"alreadyRetried\":1,\"notKept\":0,\"more\":false}}");
        assertThat(count(JobStatus.PENDING)).isEqualTo(1);
        api.clock().advance(Duration.ofDays(1));
        assertThat(post(RETRY, "{\"all\":true}").text())
                .isEqualTo("{\"data\":{\"retried\":0,\"notKept\":2,\"more\":false}}");
        assertThat(audit()).extracting(AuditEntry::count).containsExactlyInAnyOrder(1L, 0L, 0L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"dryRun\":true}", "{\"all\":false}", "{\"all\":true,\"owner\":\"a\"}", "{\"max\":5}"})
    void a_request_for_all_jobs_says_so_and_has_no_filter(String body) {
        scheduled("a", "1");
        for (String target : List.of(CANCEL, RETRY)) {
            RawHttp.Answer answer = post(target, body);
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text()).contains("\"entry\":\"$\"", "\"rule\":\"filter\"");
        }
        assertThat(count(JobStatus.PENDING)).isEqualTo(1);
        assertThat(audit()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"kind\":\"A\",\"owner\":\"\",\"reference\":7}|$.kind $.owner $.reference",
                "{\"overdue\":\"true\",\"all\":1,\"max\":0,\"dryRun\":null}|$.overdue $.all $.max $.dryRun",
                "{\"kind\":\"a\",\"max\":10001}|$.max",
                "{\"kind\":\"a\",\"status\":\"PENDING\"}|$",
                "{\"kind\":\"a\",\"cursor\":\"x\",\"max\":-1}|$.max $",
            })
    void every_broken_rule_is_named(String body, String paths) {
        RawHttp.Answer answer = post(CANCEL, body);
        assertThat(answer.status()).isEqualTo(422);
        for (String path : paths.split(" ", -1)) {
            assertThat(answer.text()).contains("\"entry\":\"" + path + "\"");
        }
    }

    @Test
    void only_cancelling_knows_what_is_overdue() {
        assertThat(post(CANCEL, "{\"overdue\":true}").status()).isEqualTo(200);
        assertThat(post(RETRY, "{\"overdue\":true}").status()).isEqualTo(422);
    }

    @Test
    void it_needs_the_scope_of_operators() {
        scheduled("producer", "1");
        for (String client : List.of("producer", "lister", "worker", "auditor")) {
            for (String target : List.of(CANCEL, RETRY)) {
                RawHttp.Answer answer = postAs(client, target, "{\"owner\":\"producer\"}");
                assertThat(answer.status()).isEqualTo(403);
                assertThat(answer.text()).contains("Missing allowances: job:admin\"");
            }
        }
        assertThat(api.bare("POST", CANCEL).status()).isEqualTo(401);
        assertThat(count(JobStatus.PENDING)).isEqualTo(1);
    }
}
