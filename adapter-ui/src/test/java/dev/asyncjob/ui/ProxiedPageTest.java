package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.USER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The page behind a trusted proxy that names its user with every request. */
class ProxiedPageTest {
    @AutoClose
    private final PageUnderTest page = new PageUnderTest(PageSettings.defaults().withActions(true));

    private HttpRequest.Builder request(String path, String cookies, String user) {
        HttpRequest.Builder request = page.request(path).header(USER, user);
        return cookies.isEmpty() ? request : request.header("Cookie", cookies);
    }

    private HttpResponse<String> get(String path, String cookies, String user) {
        return page.send(request(path, cookies, user));
    }

    private String begin(String user) {
        return PageUnderTest.cookie(get("/ui", "", user), Visits.SESSION).orElseThrow();
    }

    private static List<String> sessions(HttpResponse<String> answer) {
        return answer.headers().allValues("Set-Cookie").stream()
                .filter(cookie -> cookie.startsWith(Visits.SESSION))
                .toList();
    }

    @Test
    void the_user_has_a_session_without_the_form_and_with_the_same_cookie() {
        HttpResponse<String> first = get("/ui", "", "alice@clinic.example");
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body())
                .contains("<bdi>alice@clinic.example</bdi>")
                .as("who is logged out by the proxy only")
                .doesNotContain("/ui/logout", "/ui/audit");
        assertThat(sessions(first))
                .singleElement()
                .satisfies(cookie -> assertThat(cookie)
                        .contains("Path=/", "Secure", "HttpOnly", "SameSite=Strict")
                        .doesNotContain("Domain", "Expires", "Max-Age"));
        String session = PageUnderTest.cookie(first, Visits.SESSION).orElseThrow();
        assertThat(sessions(get("/ui/jobs", session, "alice@clinic.example"))).isEmpty();
        assertThat(page.log).containsExactly("in alice@clinic.example by proxy");
        assertThat(page.seen).containsExactly("alice@clinic.example", "alice@clinic.example");
    }

    @Test
    void a_session_ends_with_the_name_of_another_user() {
        String alice = begin("alice");
        HttpResponse<String> changed = get("/ui", alice, "bob");
        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(changed.body()).contains("<bdi>bob</bdi>").doesNotContain("alice");
        assertThat(sessions(changed)).hasSize(1).noneMatch(cookie -> cookie.startsWith(alice));
        assertThat(page.log).containsExactly("in alice by proxy", "out alice", "in bob by proxy");
        assertThat(sessions(get("/ui", alice, "alice"))).as("it is over").hasSize(1);
    }

    @Test
    void a_session_ends_with_a_request_that_names_nobody() {
        String alice = begin("alice");
        HttpResponse<String> without = page.get("/ui", alice);
        assertThat(without.statusCode()).isEqualTo(303);
        assertThat(without.headers().firstValue("Location")).hasValue("/ui/login?next=%2Fui");
        assertThat(page.get("/ui/login", alice).body()).contains("name=\"api-key\"");
        assertThat(page.log).containsExactly("in alice by proxy", "out alice");
        assertThat(sessions(get("/ui", alice, "alice"))).as("it is over").hasSize(1);
    }

    @Test
    void a_session_of_credentials_ends_with_the_name_of_a_user() {
        String session = page.login(ADMIN);
        assertThat(get("/ui", session, "alice").body()).contains("<bdi>alice</bdi>");
        assertThat(page.get("/ui", session).statusCode()).isEqualTo(303);
        assertThat(page.log).containsExactly("in ops", "out ops", "in alice by proxy");
    }

    @Test
    void a_name_that_nobody_can_have_is_refused_with_a_page() {
        String alice = begin("alice");
        for (String path : List.of("/ui", "/ui/login", "/ui/jobs?kind=a")) {
            HttpResponse<String> refused = get(path, alice, "nobody");
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("names no user", "ui.proxy-header");
            assertThat(sessions(refused)).isEmpty();
        }
        assertThat(page.send(request("/ui?lang=uk", alice, "nobody")).body()).contains("не назвав користувача");
    }

    @Test
    void the_form_of_credentials_is_left_out() {
        for (HttpRequest.Builder login : List.of(
                request("/ui/login?next=%2Fui%2Fjobs", "", "alice"),
                page.form("/ui/login", Visits.FORM + "=a", Map.of("form", "a", "next", "/ui/jobs"))
                        .header(USER, "alice"))) {
            HttpResponse<String> answer = page.send(login);
            assertThat(answer.statusCode()).isEqualTo(303);
            assertThat(answer.headers().firstValue("Location")).hasValue("/ui/jobs");
            assertThat(sessions(answer)).isEmpty();
        }
        assertThat(page.log).isEmpty();
    }

    @Test
    void no_other_site_and_no_script_begins_a_session() {
        HttpResponse<String> foreign = page.send(request("/ui", "", "alice").header("Sec-Fetch-Site", "cross-site"));
        assertThat(foreign.headers().firstValue("Refresh")).hasValue("0");
        HttpResponse<String> live = page.send(request("/ui", "", "alice").header(Visits.LIVE, "1"));
        assertThat(live.statusCode()).isEqualTo(303);
        assertThat(page.send(request(live.headers().firstValue("Location").orElseThrow(), "", "alice")
                                .header(Visits.LIVE, "1"))
                        .statusCode())
                .as("the script reloads the view then")
                .isEqualTo(200);
        assertThat(page.log).isEmpty();
        String session = begin("alice");
        assertThat(page.send(request("/ui", session, "alice").header(Visits.LIVE, "1"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_session_that_nobody_uses_ends_and_the_next_begins() {
        String session = begin("alice");
        page.pass(Duration.ofMinutes(31));
        assertThat(page.send(request("/ui", session, "alice").header(Visits.LIVE, "1"))
                        .statusCode())
                .isEqualTo(303);
        assertThat(sessions(get("/ui", session, "alice"))).hasSize(1);
    }

    @Test
    void readers_do_nothing_and_administrators_need_the_form_of_their_session() {
        JobId id = new PageJobs(page).schedule(PageJobs.PRINT);
        String cancel = "/ui/jobs/" + id + "/cancel";
        page.userScope = Scope.JOB_ADMIN;
        String admin = begin("bob");
        String form = PageUnderTest.formToken(get(cancel, admin, "bob").body());
        page.userScope = Scope.JOB_READ_ALL;
        assertThat(page.send(page.form(cancel, admin, Map.of("form", form)).header(USER, "bob"))
                        .body())
                .contains("This needs the scope job:admin.");
        page.userScope = Scope.JOB_ADMIN;
        for (HttpRequest.Builder refused : List.of(
                page.form(cancel, "", Map.of("form", form)).header(USER, "bob"),
                page.form(cancel, admin, Map.of("form", "guessed")).header(USER, "bob"),
                page.form(cancel, admin, Map.of("form", form)).header(USER, "alice"),
                page.form(cancel, admin, Map.of("form", form))
                        .header(USER, "bob")
                        .setHeader("Origin", "http://evil.example"))) {
            assertThat(page.send(refused).statusCode()).isEqualTo(403);
        }
        String again = begin("bob"); // the name of alice has ended the session
        String fresh = PageUnderTest.formToken(get(cancel, again, "bob").body());
        assertThat(page.send(page.form(cancel, again, Map.of("form", fresh)).header(USER, "bob"))
                        .statusCode())
                .isEqualTo(303);
        assertThat(page.hands().audit(null, 10).entries())
                .singleElement()
                .satisfies(entry -> assertThat(entry.by().by()).hasToString("bob"));
        assertThat(get("/ui/audit", again, "bob").body()).contains("CANCEL", "<bdi>bob</bdi>");
    }
}
