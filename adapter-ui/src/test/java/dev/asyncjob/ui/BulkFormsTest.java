package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Outcome;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BulkFormsTest {
    private final PageUnderTest page = new PageUnderTest(PageSettings.defaults().withActions(true));
    private final PageJobs jobs = new PageJobs(page);
    private final String session = page.login(ADMIN);

    @AfterEach
    void stop() {
        page.close();
    }

    private void pending(int count) {
        for (int i = 0; i < count; i++) {
            jobs.schedule(PageJobs.PRINT);
        }
    }

    private String list(String query, String language) {
        return page.send(page.request("/ui/jobs" + query)
                        .header("Cookie", session)
                        .header("Accept-Language", language))
                .body();
    }

    private HttpResponse<String> submit(String path) {
        String token = PageUnderTest.formToken(page.get("/ui", session).body());
        return page.send(page.form(path, session, Map.of("form", token)));
    }

    private int count(JobStatus status) {
        return page.store.list(JobFilter.ANY.withStatus(status)).jobs().size();
    }

    private List<AuditEntry> audit() {
        return page.hands().audit(null, 9).entries();
    }

    @Test
    void a_refresh_of_a_list_counts_nothing() {
        pending(2);
        String path = "/ui/jobs?status=PENDING&kind=" + PageJobs.PRINT;
        assertThat(page.get(path, session).body()).contains("cancel 2 jobs");

        String refreshed = page.send(
                        page.request(path).header("Cookie", session).header(Visits.LIVE, "1"))
                .body();
        assertThat(refreshed).contains("/ui/jobs/").doesNotContain("cancel 2 jobs");
    }

    @ParameterizedTest
    @CsvSource({
        "1, cancel 1 job, скасувати 1 завдання",
        "2, cancel 2 jobs, скасувати 2 завдання",
        "5, cancel 5 jobs, скасувати 5 завдань",
        "21, cancel 21 jobs, скасувати 21 завдання",
    })
    void a_list_of_pending_jobs_offers_to_cancel_them_with_their_number(int count, String english, String ukrainian) {
        pending(count);
        jobs.schedule(PageJobs.MAIL);
        String query = "?status=PENDING&kind=invoice.print";
        String link = "<a href=\"/ui/cancel-jobs" + query.replace("&", "&amp;") + "\">";

        assertThat(list(query, "en")).contains(link + english + "</a>");
        assertThat(list(query, "uk")).contains(link + ukrainian + "</a>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?status=PENDING",
                "?kind=invoice.print",
                "?status=DONE&kind=invoice.print",
                "?status=FAILED&kind=invoice.print",
                "?status=FAILED&overdue=true&kind=invoice.print",
                "?status=PENDING&kind=none.such",
            })
    void a_list_of_other_jobs_or_of_all_offers_nothing(String query) {
        pending(1);
        assertThat(list(query, "en")).contains("</form>").doesNotContain("cancel-jobs", "retry-jobs");
    }

    @Test
    void who_may_only_read_is_offered_nothing() {
        pending(1);
        String reader = page.login(READER);
        assertThat(page.get("/ui/jobs?status=PENDING&kind=invoice.print", reader)
                        .body())
                .contains("invoice.print")
                .doesNotContain("cancel-jobs");
    }

    @Test
    void jobs_are_cancelled_after_a_look_at_their_number_and_filter() {
        pending(3);
        jobs.schedule(PageJobs.MAIL);
        String path = "/ui/cancel-jobs?status=PENDING&kind=invoice.print&reference=order+17";
        assertThat(page.get(path, session).body())
                .contains("Cancel the jobs<code><bdi>3 jobs</bdi></code>", "All of these jobs end now, for ever")
                .contains("<dt>Kind</dt><dd><bdi>invoice.print</bdi></dd>", "<dd><bdi>order 17</bdi></dd>")
                .contains("action=\"" + path.replace("&", "&amp;") + "\"");
        assertThat(count(JobStatus.PENDING)).as("by a look").isEqualTo(4);

        HttpResponse<String> done = submit(path);
        assertThat(done.statusCode()).isEqualTo(303);
        assertThat(done.headers().firstValue("Location"))
                .hasValue("/ui/jobs?status=PENDING&kind=invoice.print&reference=order+17");
        assertThat(count(JobStatus.PENDING)).isEqualTo(1);
        assertThat(page.get(path, session).body()).contains("No job matches.").doesNotContain("action=\"/ui/cancel");
        assertThat(audit()).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(AuditEntry.Action.BULK_CANCEL);
            assertThat(entry.subject()).isEqualTo("kind=invoice.print&reference=order%2017");
            assertThat(entry.count()).isEqualTo(3);
            assertThat(entry.by().requestId()).isEqualTo("request-1");
        });
        assertThat(page.get("/ui/audit", session).body())
                .contains("<a href=\"/ui/jobs?kind=invoice.print&amp;reference=order%2017\">");
    }

    @Test
    void failed_jobs_are_retried_and_those_that_cannot_be_are_counted() {
        for (int i = 0; i < 2; i++) {
            jobs.schedule(PageJobs.PRINT);
            jobs.settle(jobs.claim(PageJobs.PRINT), Outcome.failed(new Failure("no paper")));
        }
        String query = "?status=FAILED&kind=invoice.print";
        assertThat(list(query, "en")).contains(">retry 2 jobs</a>");
        assertThat(page.get("/ui/retry-jobs" + query, session).body())
                .contains("Each of these jobs gets a new one", "work.failed-payload)</dt><dd>0 jobs</dd>");

        assertThat(submit("/ui/retry-jobs" + query).headers().firstValue("Location"))
                .hasValue("/ui/jobs" + query);
        assertThat(count(JobStatus.PENDING)).isEqualTo(2);
        assertThat(list(query, "en")).doesNotContain("retry-jobs");
        assertThat(page.get("/ui/retry-jobs" + query, session).body())
                .contains("Left out, since retried before</dt><dd>2 jobs</dd>");
        assertThat(submit("/ui/retry-jobs" + query).statusCode()).isEqualTo(303);
        assertThat(count(JobStatus.PENDING)).isEqualTo(2);
    }

    @Test
    void the_view_comes_back_with_what_is_left_if_more_jobs_match() {
        pending(Bulk.MAX_JOBS + 1);
        String path = "/ui/cancel-jobs?kind=invoice.print";
        assertThat(page.get(path, session).body()).contains("10,000 jobs or more");
        assertThat(submit(path).headers().firstValue("Location")).hasValue(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?status=PENDING", "?kind=A", "?kind=invoice.print&overdue=maybe", "?limit=5"})
    void no_filter_or_a_wrong_one_changes_nothing(String query) {
        pending(1);
        for (String path : List.of("/ui/cancel-jobs" + query, "/ui/retry-jobs" + query)) {
            for (HttpResponse<String> answer : List.of(page.get(path, session), submit(path))) {
                assertThat(answer.statusCode()).isEqualTo(422);
                assertThat(answer.body()).contains("Filters that are valid are needed");
            }
        }
        assertThat(count(JobStatus.PENDING)).isEqualTo(1);
        assertThat(audit()).isEmpty();
    }
}
