package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.Jobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorPageTest {
    private static final int FIRST_VIEW = 40 * 1024;

    private final PageUnderTest page = new PageUnderTest();
    private final PageJobs jobs = new PageJobs(page);

    @AfterEach
    void stop() {
        page.close();
    }

    private String body(String path, String session) {
        HttpResponse<String> answer = page.get(path, session);
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    /** What a reader reads of a document. */
    private static String text(String body) {
        return body.replaceAll("(?s)<head>.*?</head>", "")
                .replaceAll("<[^>]*>", " ")
                .replaceAll("\\s+", " ");
    }

    @Test
    void without_a_session_every_view_leads_to_the_login_and_back() {
        for (String path : List.of("/ui", "/ui/kinds", "/ui/jobs?kind=a&limit=7", "/ui/jobs/" + Jobs.newId())) {
            HttpResponse<String> answer = page.send(page.request(path));
            assertThat(answer.statusCode()).isEqualTo(303);
            assertThat(answer.body()).isEmpty();
            String login = answer.headers().firstValue("Location").orElseThrow();
            assertThat(login).startsWith("/ui/login?next=");
            assertThat(page.send(page.request(login)).body())
                    .contains("name=\"next\" value=\"" + path.replace("&", "&amp;") + "\"");
        }
        HttpResponse<String> done = page.login(ADMIN, "/ui/jobs?kind=a");
        assertThat(done.statusCode()).isEqualTo(303);
        assertThat(done.headers().firstValue("Location")).hasValue("/ui/jobs?kind=a");
    }

    @Test
    void a_link_of_another_site_is_opened_again_since_the_cookie_did_not_come_with_it() {
        HttpResponse<String> first = page.send(page.request("/ui/kinds").header("Sec-Fetch-Site", "cross-site"));
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("Refresh")).hasValue("0");
        HttpResponse<String> again = page.send(page.request("/ui/kinds").header("Sec-Fetch-Site", "same-origin"));
        assertThat(again.statusCode()).isEqualTo(303);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"//evil.example", "https://evil.example/ui/", "/uiX", "/ui/\\evil", "/ui/\r\nX: y", "", "/ui"})
    void a_login_leads_to_no_other_place(String next) {
        assertThat(page.login(ADMIN, next).headers().firstValue("Location")).hasValue("/ui");
    }

    @Test
    void the_cookie_of_a_session_is_for_this_host_and_its_requests_only() {
        List<String> cookies = page.login(ADMIN, "").headers().allValues("Set-Cookie");
        assertThat(cookies)
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith(Visits.SESSION + "=")
                        .contains("Path=/", "Secure", "HttpOnly", "SameSite=Strict")
                        .doesNotContain("Domain", "Expires", "Max-Age"))
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith(Visits.FORM + "=;")
                        .contains("Path=/", "Secure", "Expires=Thu, 01 Jan 1970"));
        assertThat(page.log).containsExactly("in ops");
    }

    @Test
    void every_answer_forbids_what_the_page_does_not_need() {
        String session = page.login(ADMIN);
        JobId id = jobs.schedule(PageJobs.PRINT);
        List<HttpResponse<String>> answers = List.of(
                page.send(page.request("/ui")),
                page.send(page.request("/ui/login")),
                page.get("/ui", session),
                page.get("/ui/jobs", session),
                page.get("/ui/jobs?limit=0", session),
                page.get("/ui/jobs/" + id, session),
                page.get("/ui/jobs/none", session),
                page.send(page.form("/ui/login", "", Map.of())));
        for (HttpResponse<String> answer : answers) {
            assertThat(answer.headers().firstValue("Content-Security-Policy"))
                    .hasValueSatisfying(policy -> assertThat(policy)
                            .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
                            .contains("script-src 'self'", "style-src 'self'", "form-action 'self'")
                            .doesNotContain("unsafe", "http", "*", "data:"));
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers().firstValue("Referrer-Policy")).hasValue("same-origin");
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(answer.headers().firstValue("Cross-Origin-Opener-Policy"))
                    .hasValue("same-origin");
            assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                    .matches("text/html; ?charset=utf-8");
            assertThat(answer.body()).doesNotContain("<style", " style=", "onclick", "javascript:");
            assertThat(answer.body().replaceAll("<script type=\"module\" src=\"/ui/page.js[^>]*></script>", ""))
                    .doesNotContain("<script");
        }
    }

    @Test
    void a_form_that_did_not_come_from_the_page_logs_nobody_in() {
        PageUnderTest.Form form = page.loginForm();
        Map<String, String> fields =
                Map.of("form", form.token(), "api-key", PageUnderTest.API_KEY, "token", ADMIN, "next", "");
        List<HttpRequest.Builder> refused = List.of(
                page.form("/ui/login", form.cookie(), fields).setHeader("Origin", "http://evil.example"),
                page.form("/ui/login", form.cookie(), fields).setHeader("Origin", "null"),
                page.form("/ui/login", form.cookie(), fields).setHeader("Origin", page.url("") + ".evil.example"),
                page.form("/ui/login", form.cookie(), fields).setHeader("Content-Type", "text/plain"),
                page.form("/ui/login", "", fields),
                page.form("/ui/login", Visits.FORM + "=", fields),
                page.form("/ui/login", Visits.FORM + "=other", fields),
                page.form("/ui/login", form.cookie(), Map.of("api-key", PageUnderTest.API_KEY, "token", ADMIN)),
                page.request("/ui/login")
                        .header("Cookie", form.cookie())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("form=" + form.token())),
                page.request("/ui/login")
                        .header("Cookie", form.cookie())
                        .header("Origin", page.url(""))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("form=%zz")));
        for (HttpRequest.Builder request : refused) {
            HttpResponse<String> answer = page.send(request);
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(PageUnderTest.cookie(answer, Visits.SESSION)).isEmpty();
        }
        assertThat(page.log).isEmpty();
        assertThat(page.send(page.form("/ui/login", form.cookie(), fields)).statusCode())
                .isEqualTo(303);
    }

    @Test
    void only_a_form_of_the_session_logs_out() {
        String session = page.login(ADMIN);
        String token = PageUnderTest.formToken(body("/ui", session));
        for (HttpRequest.Builder refused : List.of(
                page.form("/ui/logout", session, Map.of("form", "other")),
                page.form("/ui/logout", session, Map.of()),
                page.form("/ui/logout", session, Map.of("form", token)).setHeader("Origin", "http://evil.example"))) {
            assertThat(page.send(refused).statusCode()).isEqualTo(403);
        }
        // A browser sends the form of another site without the cookie, but takes the cookies of the answer.
        HttpResponse<String> foreign =
                page.send(page.form("/ui/logout", "", Map.of()).setHeader("Origin", "http://evil.example"));
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.headers().allValues("Set-Cookie")).noneMatch(cookie -> cookie.startsWith(Visits.SESSION));
        assertThat(page.get("/ui", session).statusCode()).isEqualTo(200);

        HttpResponse<String> done = page.send(page.form("/ui/logout", session, Map.of("form", token)));
        assertThat(done.statusCode()).isEqualTo(303);
        assertThat(done.headers().allValues("Set-Cookie"))
                .anyMatch(cookie -> cookie.startsWith(Visits.SESSION + "=;") && cookie.contains("Secure"));
        assertThat(page.get("/ui", session).statusCode()).isEqualTo(303);
        assertThat(page.log).containsExactly("in ops", "out ops");
    }

    @ParameterizedTest
    @CsvSource({
        "wrong, 401, These credentials are not valid.",
        "refuse-403, 403, This client has neither the scope job:read-all nor job:admin.",
        "refuse-429, 429, Too many failed logins. Wait a minute.",
        "refuse-503, 503, The credentials cannot be checked now. Try again."
    })
    void a_login_that_fails_says_why(String token, int status, String why) {
        HttpResponse<String> answer = page.login(token, "");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains("<p role=\"alert\">" + why + "</p>").doesNotContain(token);
        assertThat(PageUnderTest.cookie(answer, Visits.SESSION)).isEmpty();
    }

    @Test
    void a_session_ends_with_its_credentials_or_their_scope() {
        String revoked = page.login(ADMIN);
        page.verdicts.remove(ADMIN);
        assertThat(page.get("/ui", revoked).statusCode()).isEqualTo(303);
        page.verdicts.put(ADMIN, PageUnderTest.granted("ops", Scope.JOB_ADMIN));
        assertThat(page.get("/ui", revoked).statusCode()).isEqualTo(303);

        String narrowed = page.login(READER);
        page.verdicts.put(READER, PageUnderTest.granted("watch", Scope.JOB_LIST));
        assertThat(page.get("/ui", narrowed).statusCode()).isEqualTo(303);

        String guessed = page.login(ADMIN);
        page.verdicts.put(ADMIN, new Authenticator.AskProvider(new Owner("ops"), true, () -> {
            throw new AssertionError("asked about a token that may be a guess");
        }));
        assertThat(page.get("/ui", guessed).statusCode()).isEqualTo(303);
    }

    @Test
    void a_session_stays_while_its_credentials_cannot_be_checked() {
        String session = page.login(ADMIN);
        Authenticator.Verdict good = page.verdicts.get(ADMIN);
        List<Authenticator.Verdict> unknown = List.of(
                new Authenticator.Undecided(Duration.ofSeconds(1)),
                new Authenticator.AskProvider(new Owner("ops"), false, () -> {
                    page.verdicts.put(ADMIN, good);
                    return CompletableFuture.completedFuture(good);
                }));
        for (Authenticator.Verdict verdict : unknown) {
            page.verdicts.put(ADMIN, verdict);
            HttpResponse<String> answer = page.get("/ui", session);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("2");
            assertThat(answer.body())
                    .contains("The credentials cannot be checked now. Try again.", "<title>Not available")
                    .doesNotContain("<nav");
        }
        assertThat(page.get("/ui", session).statusCode())
                .as("since the provider was asked")
                .isEqualTo(200);
    }

    @Test
    void every_view_is_noted_with_its_client_and_its_job() {
        JobId id = jobs.schedule(PageJobs.PRINT);
        String session = page.login(READER);
        body("/ui", session);
        body("/ui/jobs/" + id, session);
        page.get("/ui/jobs/none", session);
        page.send(page.request("/ui/jobs/" + id));
        assertThat(page.seen).containsExactly("watch", "watch " + id, "watch");
    }

    @Test
    void a_login_ends_the_session_that_the_browser_had() {
        String former = page.login(READER);
        PageUnderTest.Form form = page.loginForm();
        Map<String, String> fields = Map.of("form", form.token(), "api-key", PageUnderTest.API_KEY, "token", ADMIN);
        String session = PageUnderTest.cookie(
                        page.send(page.form("/ui/login", former + "; " + form.cookie(), fields)), Visits.SESSION)
                .orElseThrow();
        assertThat(page.get("/ui", former).statusCode()).isEqualTo(303);
        assertThat(page.get("/ui", session).statusCode()).isEqualTo(200);
    }

    @Test
    void now_shows_each_kind_with_that_first_for_which_nobody_asks() {
        jobs.some();
        String now = text(body("/ui", page.login(READER)));
        assertThat(now).contains("export.year ▲ no worker 1 8 minutes 0 0 0 0 not known");
        assertThat(now).contains("invoice.print ◐ moving 8 8 minutes 1 0 0 – 100\u00a0% 1 2 seconds ago");
        assertThat(now).contains("mail.send ✔ nothing waits 0 1 0 0 1 8 minutes ago");
        assertThat(now.indexOf("export.year")).isLessThan(now.indexOf("invoice.print"));
    }

    @Test
    void now_shows_which_kinds_are_paused() {
        jobs.some();
        jobs.pause(PageJobs.STUCK);
        assertThat(text(body("/ui", page.login(READER))))
                .contains("export.year ‖ paused 1 8 minutes 0 0 0 0 not known");
    }

    @Test
    void limits_stand_beside_what_runs_and_pauses_say_who_when_and_why() {
        jobs.some();
        page.hands().limit(PageJobs.PRINT, 1_200, page.operator());
        page.hands().limit(PageJobs.MAIL, 3, page.operator());
        page.hands().pause(PageJobs.STUCK, "the printer is on fire", page.operator());
        String session = page.login(READER);
        assertThat(text(body("/ui", session))).contains("invoice.print ◐ moving 8 8 minutes 1 of 1,200 0");
        assertThat(text(body("/ui/kinds", session)))
                .contains("mail.send 0 1 of 3 8 minutes ago all")
                .contains(
                        "export.year 1 0 ‖ paused 2026-11-30 03:07:08 UTC ops : the printer is on fire not known all");
        assertThat(text(body("/ui/kinds?lang=uk", session))).contains("1 з 3");
    }

    @Test
    void kinds_shows_those_as_well_of_which_nothing_is_pending() {
        jobs.schedule(PageJobs.MAIL);
        jobs.settle(jobs.claim(PageJobs.MAIL), Jobs.DONE);
        String session = page.login(READER);
        assertThat(body("/ui/kinds", session))
                .contains("href=\"/ui/jobs?kind=mail.send&amp;status=FAILED\"")
                .contains("2 seconds ago");
        page.clock.advance(Duration.ofMinutes(31));
        page.pass(Shared.KEPT);
        assertThat(text(body("/ui", session))).contains("No job is pending.");
    }

    @Test
    void a_list_takes_the_filters_of_the_api_from_the_url() {
        jobs.some();
        String session = page.login(READER);
        assertThat(ids(body("/ui/jobs", session))).hasSize(14);
        assertThat(ids(body("/ui/jobs?kind=invoice.print", session))).hasSize(12);
        assertThat(ids(body("/ui/jobs?kind=invoice.print&status=DONE", session)))
                .hasSize(2);
        assertThat(ids(body("/ui/jobs?owner=clinic-7&status=FAILED&kind=&reference=", session)))
                .hasSize(1);
        assertThat(ids(body("/ui/jobs?reference=order+17", session))).hasSize(14);
        assertThat(ids(body("/ui/jobs?overdue=false&limit=100", session))).hasSize(3);
        assertThat(ids(body("/ui/jobs?owner=nobody", session))).isEmpty();
        assertThat(body("/ui/jobs?kind=invoice.print&status=DONE", session))
                .contains(
                        "<option value=\"DONE\" selected=\"\">DONE</option>", "name=\"kind\" value=\"invoice.print\"");
    }

    private static List<String> ids(String body) {
        return Pattern.compile("<th scope=\"row\"><a href=\"/ui/jobs/([0-9a-f-]{36})\"")
                .matcher(body)
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    @Test
    void all_filters_that_are_not_valid_are_named_together() {
        HttpResponse<String> answer = page.get(
                "/ui/jobs?status=OPEN&kind=A%20B&owner=%C3%A9&overdue=maybe&limit=101&after=x&reference="
                        + "r".repeat(129),
                page.login(READER));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body())
                .contains(
                        "<li>Status: no such value</li>",
                        "<li>Kind: only, [a-z0-9][a-z0-9._-]*</li>",
                        "<li>Owner: only, [!-~]*</li>",
                        "<li>Reference: number of characters, 1 – 128</li>",
                        "<li>Overdue: no such value</li>",
                        "<li>Jobs on a page: a number, 1 – 100</li>",
                        "<li>Place in the list: no such value</li>")
                .contains("name=\"kind\" value=\"A B\"");
    }

    @Test
    void filters_that_are_not_valid_are_named_in_the_language_of_the_page() {
        HttpResponse<String> answer =
                page.get("/ui/jobs?lang=uk&status=OPEN&limit=x&reference=%00", page.login(READER));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body())
                .contains(
                        "<li>Статус: немає такого значення</li>", "<li>Завдань на сторінці: немає такого значення</li>")
                .contains("<li>Позначка замовника: має символи, які неможливо зберегти</li>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"%2B1000000000-12-31T23:59:59.999999999Z", "-1000000000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"
            })
    void a_place_at_which_no_job_was_accepted_is_not_valid(String at) {
        HttpResponse<String> answer = page.get("/ui/jobs?after=" + at + "_" + Jobs.newId(), page.login(READER));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("<li>Place in the list: no such value</li>");
    }

    @Test
    void a_long_list_is_read_page_by_page_each_job_once() {
        for (int i = 0; i < 600; i++) {
            jobs.schedule(PageJobs.PRINT);
        }
        String session = page.login(READER);
        Set<String> seen = new HashSet<>();
        String next = "/ui/jobs?kind=invoice.print&limit=20";
        for (int pages = 0; next != null; pages++) {
            assertThat(pages).isLessThan(30);
            String body = body(next, session);
            assertThat(ids(body)).hasSize(20).allMatch(seen::add);
            Matcher link = Pattern.compile("href=\"([^\"]*)\" rel=\"next\"").matcher(body);
            next = link.find() ? link.group(1).replace("&amp;", "&") : null;
        }
        assertThat(seen).hasSize(600);
    }

    @Test
    void a_job_is_shown_with_its_reason_its_attempts_and_what_its_client_sees() {
        JobId id = jobs.schedule(PageJobs.PRINT);
        jobs.settle(jobs.claim(PageJobs.PRINT), Outcome.retry(new Failure("printer is on fire")));
        String job = text(body("/ui/jobs/" + id, page.login(READER)));
        assertThat(job)
                .contains(
                        "It rests until 30 November 2026, 03:00:", "after attempt 1, which failed: printer is on fire.")
                .contains("1 ✖ FAILED worker-1 2026-11-30 03:00:00 UTC 2026-11-30 03:00:02 UTC printer is on fire")
                .contains("Owner clinic-7", "Reference order 17", "{&quot;status&quot;:&quot;PENDING&quot;}");
    }

    @Test
    void an_unknown_job_is_404() {
        String session = page.login(READER);
        for (String id : List.of(Jobs.newId().toString(), "none", "%3Cscript%3E")) {
            HttpResponse<String> answer = page.get("/ui/jobs/" + id, session);
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body())
                    .contains("There is no such job, or no longer.")
                    .doesNotContain("<script>");
        }
    }

    @Test
    void a_text_of_strangers_is_never_markup_and_a_payload_never_shown() {
        JobId id = jobs.hostileFailure("<b>boom</b>" + PageJobs.HOSTILE);
        jobs.schedule(jobs.hostile(PageJobs.PRINT));
        jobs.claim(PageJobs.PRINT, PageJobs.HOSTILE);
        String session = page.login(ADMIN);
        for (String path : List.of("/ui", "/ui/kinds", "/ui/jobs", "/ui/jobs/" + id)) {
            assertThat(body(path, session))
                    .doesNotContain("<script>alert", "<img", "<b>boom", "</td><script", PageJobs.SECRET);
        }
        assertThat(body("/ui/jobs/" + id, session))
                .contains("&lt;b&gt;boom&lt;/b&gt;&quot;&#39;&gt;&lt;/td&gt;&lt;script&gt;alert(1)");
        HttpResponse<String> filters = page.get("/ui/jobs?kind=%22%3E%3Cscript%3Ealert(1)&lang=%3Cscript%3E", session);
        assertThat(filters.body()).doesNotContain("<script>").contains("value=\"&quot;&gt;&lt;script&gt;alert(1)\"");
        assertThat(page.send(page.request("/ui/login?next=/ui/%22%3E%3Cscript%3Ealert(1)"))
                        .body())
                .doesNotContain("<script>");
    }

    @Test
    void errors_are_whole_for_administrators_only() {
        String error = "e".repeat(80) + "SECRET-TAIL";
        JobId failed = jobs.hostileFailure(error);
        JobId resting = jobs.schedule(PageJobs.MAIL);
        jobs.settle(jobs.claim(PageJobs.MAIL), Outcome.retry(new Failure(error)));
        String reader = page.login(READER);
        String admin = page.login(ADMIN);
        for (JobId id : List.of(failed, resting)) {
            assertThat(body("/ui/jobs/" + id, reader))
                    .doesNotContain("SECRET-TAIL")
                    .contains("e".repeat(80) + "…", "with the scope job:admin they are shown in full");
            assertThat(body("/ui/jobs/" + id, admin)).contains(error).doesNotContain("…", "they are shown in full");
        }
        assertThat(body("/ui/jobs/" + failed, reader)).doesNotContain("<pre");
        assertThat(body("/ui/jobs/" + failed, admin)).contains("{&quot;status&quot;:&quot;FAILED&quot;}</pre>");
        assertThat(body("/ui/jobs/" + resting, reader)).contains("{&quot;status&quot;:&quot;PENDING&quot;}</pre>");
    }

    @Test
    void the_language_is_that_of_the_link_else_the_one_chosen_else_that_of_the_browser() {
        jobs.some();
        String session = page.login(READER);
        assertThat(page.send(page.request("/ui").header("Cookie", session).header("Accept-Language", "uk-UA, en;q=0.5"))
                        .body())
                .contains("<html lang=\"uk\">", "8 хвилин", "немає виконавця", "In English");

        HttpResponse<String> asked = page.get("/ui/jobs?kind=a&lang=uk", session);
        assertThat(asked.body()).contains("<html lang=\"uk\">", "href=\"/ui/jobs?kind=a&amp;lang=en\"");
        String chosen = PageUnderTest.cookie(asked, Visits.LANGUAGE).orElseThrow();
        assertThat(page.send(page.request("/ui")
                                .header("Cookie", session + "; " + chosen)
                                .header("Accept-Language", "en"))
                        .body())
                .contains("<html lang=\"uk\">");
        HttpResponse<String> live =
                page.send(page.request("/ui?lang=en").header("Cookie", session).header(Visits.LIVE, "1"));
        assertThat(live.body()).contains("<html lang=\"en\">");
        assertThat(PageUnderTest.cookie(live, Visits.LANGUAGE)).isEmpty();
        assertThat(body("/ui?lang=de", session)).contains("<html lang=\"en\">", "href=\"/ui?lang=uk\"");
    }

    @Test
    void the_first_view_is_small() throws IOException {
        jobs.some();
        String session = page.login(READER);
        for (String path : List.of("/ui/login", "/ui", "/ui/jobs", "/ui/kinds")) {
            int bytes = gzip(body(path, session).getBytes(StandardCharsets.UTF_8)).length;
            for (Asset asset : Asset.values()) {
                bytes += page.bytes(page.request("/ui/" + asset.file).header("Accept-Encoding", "br, gzip")).length;
            }
            assertThat(bytes).as(path).isLessThan(FIRST_VIEW);
        }
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    @Test
    void files_are_kept_by_browsers_under_an_address_that_changes_with_them() {
        String login = page.send(page.request("/ui/login")).body();
        for (Asset asset : Asset.values()) {
            assertThat(login).contains("/ui/" + asset.file + "?v=" + asset.version);
            HttpResponse<String> answer = page.send(page.request("/ui/" + asset.file));
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("public, max-age=31536000, immutable");
            assertThat(answer.headers().firstValue("Content-Type")).hasValue(asset.contentType);
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers().firstValue("Content-Encoding")).isEmpty();
            assertThat(answer.body()).isEqualTo(new String(asset.bytes(false), StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"br, gzip;q=0.5|true", "GZIP|true", "gzip;q=0|false", "gzip; q=0.000, br|false", "x-gzipped|false"
            })
    void files_are_compressed_for_those_who_take_them(String accepted, boolean compressed) {
        HttpResponse<String> answer = page.send(page.request("/ui/page.css").header("Accept-Encoding", accepted));
        assertThat(answer.headers().firstValue("Content-Encoding").isPresent()).isEqualTo(compressed);
    }

    @Test
    void while_the_database_does_not_answer_the_page_says_so() {
        String session = page.login(READER);
        page.storeIsDown = true;
        HttpResponse<String> answer = page.get("/ui", session);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("The database does not answer at the moment.");
        page.storeIsDown = false;
        page.pass(Shared.KEPT);
        assertThat(page.get("/ui", session).statusCode()).isEqualTo(200);
    }

    @Test
    void all_windows_together_have_the_jobs_counted_once() {
        String session = page.login(READER);
        String other = page.login(ADMIN);
        for (int i = 0; i < 20; i++) {
            assertThat(page.get("/ui", session).statusCode()).isEqualTo(200);
            assertThat(page.get("/ui/kinds", other).statusCode()).isEqualTo(200);
        }
        assertThat(page.counted.get()).isLessThan(20);
    }

    @Test
    void a_view_that_refreshes_itself_does_not_keep_the_session() {
        try (PageUnderTest brief = new PageUnderTest(
                new PageSettings("/ui", 1, 1, Duration.ofMillis(400), Duration.ofMinutes(1), false, ""))) {
            String session = brief.login(READER);
            long begun = System.nanoTime();
            HttpResponse<String> answer;
            do {
                answer = brief.send(
                        brief.request("/ui").header("Cookie", session).header(Visits.LIVE, "1"));
            } while (answer.statusCode() == 200
                    && System.nanoTime() - begun < Duration.ofSeconds(20).toNanos());
            assertThat(answer.statusCode()).isEqualTo(303);
        }
    }
}
