package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobKind;
import dev.asyncjob.testkit.Jobs;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkersViewTest {
    private final PageUnderTest page = new PageUnderTest();
    private final PageJobs jobs = new PageJobs(page);

    @AfterEach
    void stop() {
        page.close();
    }

    private String body(String path) {
        page.pass(Shared.KEPT);
        HttpResponse<String> answer = page.get(path, page.login(READER));
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    private static List<String> rows(String body) {
        return Pattern.compile("(?s)<tr><th scope=\"row\">.*?</tr>")
                .matcher(body)
                .results()
                .map(row -> row.group()
                        .replaceAll("<[^>]*>", " ")
                        .replaceAll("\\s+", " ")
                        .strip())
                .toList();
    }

    private void claimed(JobKind kind, String worker) {
        jobs.schedule(kind);
        jobs.claim(kind, worker);
    }

    @Test
    void now_says_how_many_workers_hold_leases_of_each_kind() {
        claimed(PageJobs.PRINT, "worker-1");
        claimed(PageJobs.PRINT, "worker-2");
        claimed(PageJobs.MAIL, "worker-1");
        jobs.schedule(PageJobs.STUCK);
        String now = body("/ui");
        List<String> columns = Pattern.compile("<th scope=\"col\">([^<]*)")
                .matcher(now)
                .results()
                .map(column -> column.group(1))
                .toList();
        String cells = "(?s)<th scope=\"row\"><a [^>]*>%s<.*?</th>(<td>.*?</td>){%d}<td>%d</td>";
        int before = columns.indexOf("Workers") - 1;
        assertThat(now)
                .containsPattern(cells.formatted("invoice.print", before, 2))
                .containsPattern(cells.formatted("mail.send", before, 1))
                .containsPattern(cells.formatted("export.year", before, 0));
    }

    @Test
    void each_worker_is_shown_with_the_leases_that_it_holds_of_each_kind() {
        claimed(PageJobs.PRINT, "worker-2");
        page.clock.advance(Duration.ofMinutes(2));
        claimed(PageJobs.PRINT, "worker-2");
        claimed(PageJobs.MAIL, "worker-1");
        jobs.schedule(PageJobs.PRINT);
        jobs.settle(jobs.claim(PageJobs.PRINT, "worker-3"), Jobs.DONE);
        jobs.schedule(PageJobs.STUCK);
        page.clock.advance(Duration.ofMinutes(1));

        String body = body("/ui/workers");
        assertThat(rows(body))
                .containsExactly(
                        "worker-1 mail.send 1 2026-11-30 03:02:00 UTC (62 seconds ago) 2026-11-30 03:12:00 UTC 62 seconds ago",
                        "worker-2 invoice.print 2 2026-11-30 03:00:00 UTC (4 minutes ago) 2026-11-30 03:10:00 UTC"
                                + " 62 seconds ago");
        assertThat(body)
                .contains("<a href=\"/ui/workers\" aria-current=\"page\">Workers</a>")
                .contains("href=\"/ui/jobs?status=PENDING&amp;kind=mail.send\"")
                .doesNotContain("There are more");
        assertThat(body("/ui/workers?lang=uk"))
                .contains("<h1>Виконавці</h1>", "<th scope=\"col\">Найближчий кінець оренди</th>");
    }

    @Test
    void a_worker_whose_leases_ran_out_holds_none() {
        claimed(PageJobs.MAIL, "worker-1");
        page.clock.advance(Duration.ofMinutes(10));
        assertThat(body("/ui/workers"))
                .contains("<p>No worker holds a lease.</p>")
                .doesNotContain("worker-1");
    }

    @Test
    void a_kind_that_no_claim_has_asked_for_has_workers_of_jobs_that_were_born_leased() {
        jobs.schedule(Jobs.newJob().leasedTo(Jobs.WORKER, Jobs.LEASE));
        assertThat(rows(body("/ui/workers")))
                .containsExactly("worker-1 composition.create 1 2026-11-30 03:00:00 UTC (1 second ago)"
                        + " 2026-11-30 03:10:00 UTC not known");
    }

    @Test
    void of_many_workers_those_with_the_oldest_claims_are_shown_and_it_says_that_there_are_more() {
        claimed(PageJobs.MAIL, "zzz-oldest");
        for (int i = 1; i < WorkersView.LIMIT; i++) {
            claimed(PageJobs.MAIL, "worker-" + i);
        }
        assertThat(rows(body("/ui/workers"))).hasSize(WorkersView.LIMIT);
        assertThat(body("/ui/workers")).doesNotContain("There are more");

        claimed(PageJobs.MAIL, "aaa-newest");
        String more = body("/ui/workers");
        assertThat(rows(more)).hasSize(WorkersView.LIMIT).last().asString().startsWith("zzz-oldest");
        assertThat(more)
                .contains("There are more: these " + WorkersView.LIMIT + " rows have the oldest claims.")
                .doesNotContain("aaa-newest");
    }

    @Test
    void the_name_of_a_worker_is_never_markup() {
        claimed(PageJobs.MAIL, PageJobs.HOSTILE.replace(' ', '_'));
        assertThat(body("/ui/workers"))
                .doesNotContain("<script>alert", "<img", "</td><script")
                .contains("<bdi>&quot;&#39;&gt;&lt;/td&gt;&lt;script&gt;alert(1)");
    }

    @Test
    void who_has_no_session_does_not_see_it_and_all_windows_share_an_answer() {
        assertThat(page.send(page.request("/ui/workers")).statusCode()).isEqualTo(303);
        claimed(PageJobs.MAIL, "worker-1");
        assertThat(rows(body("/ui/workers"))).hasSize(1);
        claimed(PageJobs.MAIL, "worker-2");
        assertThat(rows(page.get("/ui/workers", page.login(ADMIN)).body())).hasSize(1);
        page.pass(Shared.KEPT);
        assertThat(rows(page.get("/ui/workers", page.login(ADMIN)).body())).hasSize(2);
    }
}
