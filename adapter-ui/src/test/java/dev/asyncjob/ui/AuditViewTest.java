package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.Jobs;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditViewTest {
    private final PageUnderTest page = new PageUnderTest();
    private final PageJobs jobs = new PageJobs(page);

    @AfterEach
    void stop() {
        page.close();
    }

    private String body(String path) {
        HttpResponse<String> answer = page.get(path, page.login(ADMIN));
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

    @Test
    void what_operators_did_is_listed_with_who_when_and_by_which_request() {
        JobId id = jobs.schedule(PageJobs.MAIL);
        page.hands().pause(PageJobs.PRINT, "no paper", page.operator());
        page.clock.advance(Duration.ofMinutes(1));
        page.hands().pause(PageJobs.PRINT, "again", page.operator());
        page.clock.advance(Duration.ofMinutes(1));
        page.hands().limit(PageJobs.PRINT, 3, page.operator());
        page.clock.advance(Duration.ofMinutes(1));
        page.hands().cancel(id, page.operator());
        page.clock.advance(Duration.ofMinutes(1));
        page.hands().forget(Jobs.OWNER, page.clock.instant(), 10, page.operator());

        String body = body("/ui/audit");
        assertThat(rows(body))
                .containsExactly(
                        "2026-11-30 03:04:00 UTC ops ERASE clinic-7 1 r-1",
                        "2026-11-30 03:03:00 UTC ops CANCEL " + id + " 1 r-1",
                        "2026-11-30 03:02:00 UTC ops LIMIT invoice.print 3 1 r-1",
                        "2026-11-30 03:01:00 UTC ops PAUSE invoice.print again 0 r-1",
                        "2026-11-30 03:00:00 UTC ops PAUSE invoice.print no paper 1 r-1");
        assertThat(body)
                .contains("href=\"/ui/jobs?owner=clinic-7\"", "href=\"/ui/jobs/" + id + "\"")
                .contains(
                        "href=\"/ui/jobs?kind=invoice.print\"",
                        "<a href=\"/ui/audit\" aria-current=\"page\">Audit</a>");
    }

    @Test
    void a_long_audit_is_read_page_by_page_each_entry_once() {
        for (int i = 0; i < 120; i++) {
            page.clock.advance(Duration.ofMillis(i % 2)); // two of each instant
            page.hands().pause(PageJobs.PRINT, "reason " + i, page.operator());
        }
        List<String> seen = new ArrayList<>();
        int pages = 0;
        for (String next = "/ui/audit"; next != null; pages++) {
            assertThat(pages).isLessThan(4);
            String body = body(next);
            seen.addAll(rows(body));
            Matcher link = Pattern.compile("href=\"([^\"]*)\" rel=\"next\"").matcher(body);
            next = link.find() ? link.group(1).replace("&amp;", "&") : null;
            assertThat(body.contains("First page")).isEqualTo(pages > 0);
        }
        assertThat(pages).isEqualTo(3);
        assertThat(seen).hasSize(120).doesNotHaveDuplicates();
    }

    @Test
    void an_empty_audit_says_so() {
        assertThat(body("/ui/audit")).contains("Nothing was done.");
        assertThat(body("/ui/audit?lang=uk")).contains("Нічого не робили.", "<h1>Аудит</h1>");
    }

    @Test
    void who_may_only_read_does_not_see_it() {
        page.hands().pause(PageJobs.PRINT, "no paper", page.operator());
        String reader = page.login(READER);
        HttpResponse<String> answer = page.get("/ui/audit", reader);
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body())
                .contains("This needs the scope job:admin.")
                .doesNotContain("no paper", "href=\"/ui/audit\"");
        assertThat(page.send(page.request("/ui/audit")).statusCode()).isEqualTo(303);
    }

    @Test
    void a_text_of_strangers_is_never_markup() {
        Owner hostile = new Owner(PageJobs.HOSTILE.replace(' ', '_'));
        page.hands()
                .pause(
                        PageJobs.PRINT,
                        PageJobs.HOSTILE,
                        new Intervention(UUID.randomUUID(), hostile, PageJobs.HOSTILE.replace(' ', '_')));
        page.hands().forget(hostile, page.clock.instant(), 1, page.operator());
        assertThat(body("/ui/audit"))
                .doesNotContain("<script>alert", "<img", "</td><script")
                .contains("&quot;&#39;&gt;&lt;/td&gt;&lt;script&gt;alert(1)")
                .contains("href=\"/ui/jobs?owner=%22%27%3E%3C%2Ftd%3E%3Cscript%3Ealert%281%29");
        assertThat(body("/ui/kinds")).doesNotContain("<script>alert", "<img", "</td><script");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "2026-11-30T03:00:00Z",
                "2026-11-30T03:00:00Z_none",
                "%2B1000000000-12-31T23:59:59Z_00000000-0000-4000-8000-000000000000",
                "1969-12-31T23:59:59Z_00000000-0000-4000-8000-000000000000"
            })
    void what_is_no_place_in_the_list_is_not_valid(String after) {
        HttpResponse<String> answer = page.get("/ui/audit?after=" + after, page.login(ADMIN));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("Place in the list: no such value</p>");
    }
}
