package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.AuditEntry.Action;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.Jobs;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InterventionFormsTest {
    private static final String KIND = "/ui/kinds/" + PageJobs.PRINT;

    private final PageUnderTest page = new PageUnderTest(PageSettings.defaults().withActions(true));
    private final PageJobs jobs = new PageJobs(page);
    private final JobId job = jobs.schedule(PageJobs.PRINT);
    private final String session = page.login(ADMIN);

    @AfterEach
    void stop() {
        page.close();
    }

    /** Everything that can be done to the job and its kind. */
    private static List<String> paths(JobId id) {
        return List.of(
                KIND + "/pause",
                KIND + "/resume",
                KIND + "/limit",
                KIND + "/no-limit",
                "/ui/jobs/" + id + "/cancel",
                "/ui/cancel-jobs?kind=" + PageJobs.PRINT,
                "/ui/retry-jobs?kind=" + PageJobs.PRINT);
    }

    private HttpRequest.Builder form(String path, Map<String, String> fields) {
        Map<String, String> all = new HashMap<>(fields);
        all.put("form", PageUnderTest.formToken(page.get("/ui", session).body()));
        return page.form(path, session, all);
    }

    private HttpResponse<String> submit(String path, Map<String, String> fields) {
        return page.send(form(path, fields));
    }

    private void assertDone(String path, Map<String, String> fields, String next) {
        HttpResponse<String> done = submit(path, fields);
        assertThat(done.statusCode()).isEqualTo(303);
        assertThat(done.headers().firstValue("Location")).hasValue(next);
    }

    private List<AuditEntry> audit() {
        return page.hands().audit(null, 100).entries();
    }

    private KindState state() {
        return page.hands().kinds().stream()
                .filter(state -> state.kind().equals(PageJobs.PRINT))
                .findFirst()
                .orElseGet(() -> KindState.of(PageJobs.PRINT));
    }

    @Test
    void a_pause_is_explained_then_made_and_seen_at_once() {
        assertThat(page.get("/ui/kinds", session).body())
                .contains("<a href=\"" + KIND + "/pause\" aria-label=\"pause invoice.print\">pause</a>")
                .doesNotContain(KIND + "/resume", KIND + "/no-limit");
        assertThat(page.get(KIND + "/pause", session).body())
                .contains("No worker, on any node, gets a job of this kind", "<dt>Waiting</dt><dd>1</dd>")
                .contains(
                        "<form method=\"post\" action=\"" + KIND + "/pause\"",
                        "<button type=\"submit\">Pause the kind");
        assertThat(state().pause()).as("by a look").isNull();

        assertDone(KIND + "/pause", Map.of("reason", " no <b>paper</b> "), "/ui/kinds");

        assertThat(page.get("/ui/kinds", session).body())
                .contains("<bdi>ops</bdi>: <bdi>no &lt;b&gt;paper&lt;/b&gt;</bdi>", KIND + "/resume")
                .doesNotContain(KIND + "/pause");
        assertThat(page.get("/ui", session).body()).contains("paused");
        assertThat(audit()).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.PAUSE);
            assertThat(entry.subject()).isEqualTo("invoice.print");
            assertThat(entry.detail()).isEqualTo("no <b>paper</b>");
            assertThat(entry.count()).isEqualTo(1);
            assertThat(entry.by().by()).isEqualTo(new Owner("ops"));
            assertThat(entry.by().requestId()).isEqualTo("request-1");
        });
    }

    @Test
    void repeating_what_is_so_already_does_no_harm() {
        assertDone(KIND + "/pause", Map.of("reason", "first"), "/ui/kinds");
        assertDone(KIND + "/pause", Map.of("reason", "second"), "/ui/kinds");
        assertThat(Objects.requireNonNull(state().pause()).reason()).isEqualTo("first");
        assertThat(page.get(KIND + "/pause", session).body())
                .contains("This is so already.", "<bdi>first</bdi>")
                .doesNotContain("action=\"" + KIND);

        assertDone(KIND + "/resume", Map.of(), "/ui/kinds");
        assertDone(KIND + "/resume", Map.of(), "/ui/kinds");
        assertThat(state().pause()).isNull();
        assertThat(audit()).extracting(AuditEntry::action).containsOnly(Action.PAUSE, Action.RESUME);
        assertThat(audit()).extracting(AuditEntry::count).containsExactlyInAnyOrder(1L, 0L, 1L, 0L);
    }

    @Test
    void a_pause_needs_no_reason() {
        assertDone(KIND + "/pause", Map.of("reason", "  "), "/ui/kinds");
        assertThat(Objects.requireNonNull(state().pause()).reason()).isNull();
    }

    @Test
    void a_limit_is_set_changed_and_removed() {
        jobs.claim(PageJobs.PRINT);
        assertThat(page.get(KIND + "/limit", session).body()).contains("name=\"running\" value=\"\"");
        assertDone(KIND + "/limit", Map.of("running", " 3 "), "/ui/kinds");
        assertThat(page.get("/ui/kinds", session).body()).contains("<td>1 of 3</td>", KIND + "/no-limit");
        assertThat(page.get(KIND + "/limit", session).body())
                .contains("name=\"running\" value=\"3\"", "<dt>Running</dt><dd>1 of 3</dd>");
        assertDone(KIND + "/limit", Map.of("running", "100000"), "/ui/kinds");
        assertThat(state().limit()).isEqualTo(100_000);
        assertDone(KIND + "/no-limit", Map.of(), "/ui/kinds");
        assertThat(state().limit()).isNull();
        assertThat(audit())
                .extracting(AuditEntry::action)
                .containsExactlyInAnyOrder(Action.LIMIT, Action.LIMIT, Action.UNLIMIT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1.5", "100001", "x\"><script>", "99999999999"})
    void a_limit_that_is_no_number_in_range_is_said_to_be_wrong(String entered) {
        HttpResponse<String> answer = submit(KIND + "/limit", Map.of("running", entered));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body())
                .contains("Jobs that may run: a number, 1 – 100000</p>", "aria-describedby=\"fault\"")
                .contains("name=\"running\" value=\"" + Html.escape(entered) + "\"")
                .doesNotContain("\"><script>");
        assertThat(audit()).isEmpty();
    }

    @Test
    void a_reason_that_cannot_be_kept_is_said_to_be_wrong_in_the_language_of_the_page() {
        HttpResponse<String> answer = submit(KIND + "/pause", Map.of("reason", "r".repeat(201)));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("Reason, which other operators read: number of characters, 1 – 200</p>");
        HttpResponse<String> ukrainian =
                page.send(form(KIND + "/pause", Map.of("reason", "a\u0000b")).header("Accept-Language", "uk"));
        assertThat(ukrainian.statusCode()).isEqualTo(422);
        assertThat(ukrainian.body()).contains("має символи, які неможливо зберегти</p>");
        assertThat(audit()).isEmpty();
        assertThat(state().pause()).isNull();
    }

    @Test
    void a_job_is_cancelled_after_a_look_at_it_and_once() {
        String view = "/ui/jobs/" + job;
        assertThat(page.get(view, session).body()).contains("<a href=\"" + view + "/cancel\">Cancel the job</a>");
        assertThat(page.get(view + "/cancel", session).body())
                .contains("The job ends now, for ever", "order 17", "action=\"" + view + "/cancel\"");
        assertDone(view + "/cancel", Map.of(), view);
        assertThat(page.get(view, session).body())
                .contains("FAILED", "cancelled")
                .doesNotContain(view + "/cancel");
        assertDone(view + "/cancel", Map.of(), view);
        assertThat(page.get(view + "/cancel", session).statusCode()).isEqualTo(409);
        assertThat(audit()).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.CANCEL);
            assertThat(entry.subject()).isEqualTo(job.toString());
            assertThat(entry.by().by()).isEqualTo(new Owner("ops"));
        });
    }

    @Test
    void a_job_that_has_ended_is_not_cancelled() {
        jobs.settle(jobs.claim(PageJobs.PRINT), Jobs.DONE);
        String path = "/ui/jobs/" + job + "/cancel";
        for (HttpResponse<String> answer : List.of(page.get(path, session), submit(path, Map.of()))) {
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(answer.body()).contains("The job has ended already");
        }
        assertThat(audit()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/ui/kinds/none.such/pause, No such kind is known.",
        "/ui/kinds/none.such/no-limit, No such kind is known.",
        "/ui/kinds/%3Cscript%3E/limit, No such kind is known.",
        "/ui/jobs/none/cancel, There is no such job",
        "/ui/jobs/00000000-0000-4000-8000-000000000000/cancel, There is no such job"
    })
    void what_is_not_known_is_404(String path, String why) {
        for (HttpResponse<String> answer : List.of(page.get(path, session), submit(path, Map.of("running", "1")))) {
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains(why).doesNotContain("<script>");
        }
        assertThat(audit()).isEmpty();
    }

    @Test
    void who_may_only_read_can_do_nothing() {
        String reader = page.login(READER);
        String token = PageUnderTest.formToken(page.get("/ui", reader).body());
        assertThat(page.get("/ui/kinds", reader).body()).doesNotContain("/pause", "/limit", "Actions");
        assertThat(page.get("/ui/jobs/" + job, reader).body()).doesNotContain("/cancel");
        for (String path : paths(job)) {
            for (HttpResponse<String> answer : List.of(
                    page.get(path, reader),
                    page.send(page.form(path, reader, Map.of("form", token, "running", "1"))))) {
                assertThat(answer.statusCode()).isEqualTo(403);
                assertThat(answer.body())
                        .contains("This needs the scope job:admin.")
                        .doesNotContain("action=\"/ui/k");
            }
        }
        assertThat(audit()).isEmpty();
    }

    @Test
    void nothing_is_done_unless_the_setting_allows_it() {
        try (PageUnderTest off = new PageUnderTest()) {
            JobId id = new PageJobs(off).schedule(PageJobs.PRINT);
            String admin = off.login(ADMIN);
            String token = PageUnderTest.formToken(off.get("/ui", admin).body());
            assertThat(off.get("/ui/kinds", admin).body()).doesNotContain("/pause", "/limit", "Actions");
            assertThat(off.get("/ui/jobs/" + id, admin).body()).doesNotContain("/cancel");
            for (String path : paths(id)) {
                for (HttpResponse<String> answer : List.of(
                        off.get(path, admin), off.send(off.form(path, admin, Map.of("form", token, "running", "1"))))) {
                    assertThat(answer.statusCode()).isEqualTo(403);
                    assertThat(answer.body()).contains("ui.actions is not set");
                }
            }
            assertThat(off.hands().audit(null, 9).entries()).isEmpty();
        }
    }

    @Test
    void only_a_form_of_the_session_does_something() {
        String other =
                PageUnderTest.formToken(page.get("/ui", page.login(ADMIN)).body());
        for (String path : paths(job)) {
            for (HttpRequest.Builder refused : List.of(
                    page.form(path, session, Map.of("running", "1")),
                    page.form(path, session, Map.of("form", "", "running", "1")),
                    page.form(path, session, Map.of("form", other, "running", "1")),
                    form(path, Map.of("running", "1")).setHeader("Origin", "http://evil.example"),
                    form(path, Map.of("running", "1")).setHeader("Origin", "null"),
                    form(path, Map.of("running", "1")).setHeader("Content-Type", "text/plain"),
                    page.form(path, "", Map.of()).setHeader("Origin", "http://evil.example"))) {
                HttpResponse<String> answer = page.send(refused);
                assertThat(answer.statusCode()).as(path).isEqualTo(403);
                assertThat(answer.body()).contains("The form did not come from this page.");
                assertThat(answer.headers().firstValue("Content-Security-Policy"))
                        .isPresent();
            }
        }
        assertThat(audit()).isEmpty();
        assertThat(page.get("/ui", session).statusCode()).as("the session").isEqualTo(200);
    }

    @Test
    void a_form_whose_session_has_ended_leads_to_the_login_and_back_to_the_question() {
        HttpRequest.Builder late = form(KIND + "/pause", Map.of("reason", "late"));
        page.pass(PageSettings.defaults().idle());
        HttpResponse<String> answer = page.send(late);
        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("Location"))
                .hasValue("/ui/login?next=%2Fui%2Fkinds%2Finvoice.print%2Fpause");
        assertThat(audit()).isEmpty();
    }

    @Test
    void the_audit_names_the_user_of_the_session_and_the_log_its_client_and_job() {
        Access access = new Access(new Owner("ops"), new Owner("ops/anna"), Set.of(Scope.JOB_ADMIN));
        page.verdicts.put(ADMIN, new Authenticator.Granted(access));
        assertDone("/ui/jobs/" + job + "/cancel", Map.of(), "/ui/jobs/" + job);
        assertThat(audit()).extracting(entry -> entry.by().by().value()).containsExactly("ops/anna");
        assertThat(page.seen).endsWith("ops " + job);
    }

    @Test
    void rights_that_a_client_has_lost_are_lost_at_once() {
        HttpRequest.Builder form = form(KIND + "/pause", Map.of());
        page.verdicts.put(ADMIN, PageUnderTest.granted("ops", Scope.JOB_READ_ALL));
        assertThat(page.send(form).statusCode()).isEqualTo(403);
        assertThat(audit()).isEmpty();
    }

    @Test
    void every_question_forbids_what_the_page_does_not_need() {
        Stream.concat(paths(job).stream(), Stream.of("/ui/kinds/none/pause")).forEach(path -> {
            HttpResponse<String> answer = page.get(path, session);
            assertThat(answer.headers().firstValue("Content-Security-Policy"))
                    .hasValueSatisfying(policy -> assertThat(policy).contains("frame-ancestors 'none'"));
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(answer.body()).doesNotContain(" style=", "onclick", PageJobs.SECRET);
        });
    }
}
