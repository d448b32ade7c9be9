package dev.asyncjob.bootstrap;

import static dev.asyncjob.bootstrap.PageRequests.SESSION;
import static dev.asyncjob.bootstrap.PageRequests.cookie;
import static dev.asyncjob.bootstrap.PageRequests.form;
import static dev.asyncjob.bootstrap.PageRequests.login;
import static dev.asyncjob.bootstrap.PageRequests.page;
import static dev.asyncjob.bootstrap.PageRequests.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Eventually;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of the built server. */
class PageIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String JOB =
            "{\"kind\":\"mail.send\",\"links\":[{\"entity\":\"shop/mail\"}]," + "\"payload\":\"payload-of-a-patient\"}";

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>(Map.of("ASYNCJOB_HTTP_FAILED_LOGINS", "5"));

    private ServerProcess.Credentials client(String name, String scopes) {
        environment.put(
                "ASYNCJOB_AUTH_CLIENTS_FILE", folder.resolve("clients.json").toString());
        return ServerProcess.addClient(folder, environment, name, scopes);
    }

    @Test
    void operators_log_in_with_the_credentials_of_a_client_and_out_again() {
        ServerProcess.Credentials watch = client("watch", "job:read-all");
        ServerProcess.Credentials shop = client("shop", "job:schedule");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = server.as(shop, "POST", "/jobs", JOB).body().replaceAll("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
            assertThat(page(server, "/ui", "").statusCode()).isEqualTo(303);
            assertThat(server.get("/ui").statusCode()).as("the public port").isEqualTo(404);

            String session = cookie(login(server, watch), SESSION).orElseThrow();
            HttpResponse<String> now = page(server, "/ui", session);
            assertThat(now.body()).contains("mail.send", "no worker", "<bdi>watch</bdi>");
            assertThat(now.headers().firstValue("Content-Security-Policy")).isPresent();
            assertThat(now.headers().firstValue("x-request-id")).isPresent();
            assertThat(now.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(page(server, "/ui/jobs?kind=mail.send", session).body()).contains("/ui/jobs/" + id);
            assertThat(page(server, "/ui/jobs/" + id, session).body())
                    .contains("No worker is known to have asked for the kind mail.send.")
                    .contains("&quot;status&quot;:&quot;PENDING&quot;")
                    .doesNotContain("payload-of-a-patient");
            assertThat(server.metrics()).contains("route=\"/ui/jobs/{id}\",status=\"200\"");
            assertThat(page(server, "/ui/none", session).statusCode()).isEqualTo(404);

            ServerProcess.send(form(server, "/ui/logout", session, Map.of("form", token(now.body()))));
            assertThat(page(server, "/ui", session).statusCode()).isEqualTo(303);
            assertThat(server.logWith("\"event\":\"logged-out\"", "\"route\":\"GET /ui/jobs/{id}\"")
                            .lines())
                    .anyMatch(line -> line.contains("\"client\":\"watch\",\"job\":\"" + id
                            + "\",\"route\":\"GET /ui/jobs/{id}\",\"status\":200"));
            assertThat(server.log())
                    .contains("\"event\":\"logged-in\",\"address\":\"127.0.0.1\"")
                    .contains("\"event\":\"logged-out\"")
                    .contains("\"client\":\"watch\",\"key\":\"api-key 20")
                    .doesNotContain(watch.token(), watch.apiKey());
        }
    }

    @Test
    void the_view_of_a_pending_job_leads_to_the_trace_of_its_request() {
        environment.put("ASYNCJOB_UI_TRACE_LINK", "https://traces.example/{traceId}");
        ServerProcess.Credentials ops = client("ops", "job:schedule,job:read-all");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String trace = "0af7651916cd43dd8448eb211c80319c";
            HttpResponse<String> job =
                    server.as(ops, "POST", "/jobs", JOB, "traceparent", "00-" + trace + "-b7ad6b7169203331-01");
            String id = job.body().replaceAll("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
            String session = cookie(login(server, ops), SESSION).orElseThrow();
            assertThat(page(server, "/ui/jobs/" + id, session).body())
                    .contains("<a href=\"https://traces.example/" + trace + "\"><code>" + trace + "</code></a>");
        }
    }

    @Test
    void what_operators_do_with_the_page_is_in_the_audit_with_the_id_of_its_request() {
        environment.put("ASYNCJOB_UI_ACTIONS", "true");
        ServerProcess.Credentials ops = client("ops", "job:admin");
        ServerProcess.Credentials shop = client("shop", "job:schedule");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = server.as(shop, "POST", "/jobs", JOB).body().replaceAll("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
            String session = cookie(login(server, ops), SESSION).orElseThrow();
            String token =
                    token(page(server, "/ui/kinds/mail.send/pause", session).body());
            HttpResponse<String> paused = ServerProcess.send(
                    form(server, "/ui/kinds/mail.send/pause", session, Map.of("form", token, "reason", "no stamps")));
            assertThat(paused.statusCode()).isEqualTo(303);
            assertThat(server.as(ops, "GET", "/kinds", "").body())
                    .contains("\"kind\":\"mail.send\"", "\"by\":\"ops\"", "\"reason\":\"no stamps\"");
            String request = paused.headers().firstValue("x-request-id").orElseThrow();
            assertThat(server.as(ops, "GET", "/audit", "").body())
                    .contains("\"action\":\"PAUSE\"", "\"by\":\"ops\"", "\"requestId\":\"" + request + "\"");
            assertThat(page(server, "/ui/kinds", session).body()).contains("<bdi>no stamps</bdi>");

            String cancel = "/ui/jobs/" + id + "/cancel";
            assertThat(ServerProcess.send(form(server, cancel, session, Map.of("form", "guessed")))
                            .statusCode())
                    .isEqualTo(403);
            assertThat(ServerProcess.send(form(server, cancel, session, Map.of("form", token)))
                            .statusCode())
                    .isEqualTo(303);
            assertThat(page(server, "/ui/audit", session).body())
                    .contains("CANCEL", "PAUSE", "<bdi>" + request + "</bdi>", "/ui/jobs/" + id);
            assertThat(server.logWith("\"route\":\"POST /ui/jobs/{id}/cancel\",\"status\":303")
                            .lines())
                    .anyMatch(line -> line.contains("\"client\":\"ops\",\"job\":\"" + id
                            + "\",\"route\":\"POST /ui/jobs/{id}/cancel\",\"status\":303"));
        }
    }

    @Test
    void a_kind_of_which_a_job_has_ended_is_shown_although_none_is_pending() {
        ServerProcess.Credentials shop = client("shop", "job:schedule,job:read-all");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = server.as(shop, "POST", "/jobs", JOB).body().replaceAll("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
            assertThat(server.as(shop, "DELETE", "/jobs/" + id, "").statusCode())
                    .isEqualTo(200);
            String session = cookie(login(server, shop), SESSION).orElseThrow();
            var unused = Eventually.answer(
                    PATIENCE,
                    () -> page(server, "/ui", session).body(),
                    now -> now.contains("mail.send") && now.contains("nothing waits"));
        }
    }

    @Test
    void a_trusted_proxy_names_the_user_who_acts_and_a_server_that_trusts_nobody_does_not_start() {
        ServerProcess.Credentials shop = client("shop", "job:schedule,job:admin");
        environment.putAll(Map.of(
                "ASYNCJOB_UI_ACTIONS", "true",
                "ASYNCJOB_UI_PROXY_HEADER", "X-Forwarded-User",
                "ASYNCJOB_UI_PROXY_SCOPE", "job:admin"));
        ServerProcess.Ended refused = ServerProcess.run(folder, environment, "serve");
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.errors()).contains("ASYNCJOB_UI_PROXY_FROM: must be set, too");

        environment.put("ASYNCJOB_UI_PROXY_FROM", "127.0.0.1");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = server.as(shop, "POST", "/jobs", JOB).body().replaceAll("(?s).*?\"id\":\"([^\"]*)\".*", "$1");
            HttpRequest.Builder now = HttpRequest.newBuilder(URI.create(server.managementUrl() + "/ui"));
            HttpResponse<String> first = ServerProcess.send(now.header("X-Forwarded-User", "alice@clinic.example"));
            assertThat(first.body()).contains("mail.send", "<bdi>alice@clinic.example</bdi>");
            String session = cookie(first, SESSION).orElseThrow();
            String cancel = "/ui/jobs/" + id + "/cancel";
            HttpRequest.Builder asked = HttpRequest.newBuilder(URI.create(server.managementUrl() + cancel));
            String token = token(ServerProcess.send(asked.header("X-Forwarded-User", "alice@clinic.example")
                            .header("Cookie", session))
                    .body());
            assertThat(ServerProcess.send(form(server, cancel, session, Map.of("form", token))
                                    .header("X-Forwarded-User", "alice@clinic.example"))
                            .statusCode())
                    .isEqualTo(303);
            assertThat(server.as(shop, "GET", "/audit", "").body())
                    .contains("\"action\":\"CANCEL\"", "\"by\":\"alice@clinic.example\"");
            assertThat(page(server, "/ui", session).statusCode())
                    .as("no header")
                    .isEqualTo(303);
            assertThat(server.logWith("\"event\":\"logged-out\"", "\"route\":\"POST /ui/jobs/"))
                    .contains("\"event\":\"logged-in\",\"address\":\"127.0.0.1\"")
                    .contains("\"client\":\"alice@clinic.example\",\"key\":\"proxy\"")
                    .contains("\"client\":\"alice@clinic.example\",\"job\":\"" + id + "\",\"route\":\"POST /ui/jobs/")
                    .contains("\"event\":\"logged-out\"");
        }
    }

    @Test
    void logins_that_fail_are_logged_and_limited_with_those_of_the_api_and_a_revoked_client_is_out() {
        ServerProcess.Credentials watch = client("watch", "job:admin");
        ServerProcess.Credentials shop = client("shop", "job:schedule");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String session = cookie(login(server, watch), SESSION).orElseThrow();
            assertThat(page(server, "/ui", session).statusCode()).isEqualTo(200);
            HttpResponse<String> forbidden = login(server, shop);
            assertThat(forbidden.statusCode()).isEqualTo(403);
            assertThat(forbidden.body()).contains("neither the scope");
            assertThat(cookie(forbidden, SESSION)).isEmpty();

            var wrong = new ServerProcess.Credentials("guessed", watch.apiKey());
            assertThat(login(server, wrong).statusCode()).isEqualTo(401);
            HttpResponse<String> limited =
                    Eventually.answer(PATIENCE, () -> login(server, wrong), answer -> answer.statusCode() == 429);
            assertThat(limited.body()).contains("Too many failed logins.");
            assertThat(limited.headers().firstValue("Retry-After")).isPresent();
            assertThat(server.as(wrong, "GET", "/jobs", "").statusCode())
                    .as("of the same count")
                    .isEqualTo(429);
            assertThat(cookie(login(server, watch), SESSION))
                    .as("valid credentials")
                    .isPresent();
            assertThat(server.logWith("\"reason\":\"unknown-token\"", "\"reason\":\"missing-scope\""))
                    .contains("\"status\":401,\"reason\":\"unknown-token\",\"client\":\"watch\"")
                    .contains("\"status\":403,\"reason\":\"missing-scope\",\"client\":\"shop\"");

            ServerProcess.run(folder, environment, "client", "revoke", "watch");
            var unused = Eventually.answer(
                    PATIENCE, () -> page(server, "/ui", session), answer -> answer.statusCode() == 303);
        }
    }

    @Test
    void the_link_that_the_sandbox_prints_begins_one_session_of_an_administrator() {
        try (ServerProcess server =
                ServerProcess.start(folder, "sandbox", Map.of("ASYNCJOB_MANAGEMENT_HOST", "0.0.0.0"))) {
            String printed = Eventually.answer(PATIENCE, server::output, output -> output.contains("?once="));
            String link = printed.replaceFirst("(?s).* (http://127.0.0.1:[0-9]+/ui/login\\?once=\\S+).*", "$1");
            HttpResponse<String> opened = ServerProcess.send(HttpRequest.newBuilder(URI.create(link)));
            assertThat(opened.statusCode()).isEqualTo(303);
            assertThat(opened.headers().firstValue("Location")).hasValue("/ui");
            String session = cookie(opened, SESSION).orElseThrow();
            assertThat(page(server, "/ui/audit", session).body()).contains("<bdi>sandbox</bdi>", "Nothing was done.");
            HttpResponse<String> again = ServerProcess.send(HttpRequest.newBuilder(URI.create(link)));
            assertThat(again.body()).contains("This link was used", "name=\"api-key\"");
            assertThat(cookie(again, SESSION)).isEmpty();
            assertThat(server.logWith("\"route\":\"GET /ui/login\",\"status\":303"))
                    .contains("\"route\":\"GET /ui/login\",\"status\":303")
                    .contains("\"event\":\"logged-in\"")
                    .doesNotContain("once=", link.replaceFirst(".*once=", ""));
        }
        ServerProcess.Credentials watch = client("watch", "job:read-all");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            assertThat(page(server, "/ui/login?once=" + watch.token(), "").body())
                    .doesNotContain("This link");
            assertThat(server.output()).doesNotContain("once=");
        }
    }

    @Test
    void the_page_can_be_switched_off() {
        Map<String, String> off = Map.of("ASYNCJOB_UI_ENABLED", "false", "ASYNCJOB_MANAGEMENT_HOST", "0.0.0.0");
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", off)) {
            assertThat(page(server, "/ui", "").statusCode()).isEqualTo(404);
            assertThat(server.metrics()).contains("process_uptime_seconds");
            assertThat(server.output()).doesNotContain("Page for operators");
            assertThat(server.log()).doesNotContain("plaintext");
        }
    }

    @Test
    @Tag("soak")
    void a_page_that_the_network_reaches_in_plaintext_gives_a_warning() {
        Map<String, String> open = Map.of("ASYNCJOB_MANAGEMENT_HOST", "0.0.0.0");
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", open)) {
            assertThat(server.logWith("management.host", "plaintext"))
                    .containsOnlyOnce("management.host is 0.0.0.0: ")
                    .containsOnlyOnce("plaintext");
        }
    }
}
