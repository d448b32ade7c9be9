package dev.asyncjob.bootstrap;

import static dev.asyncjob.bootstrap.PageRequests.SESSION;
import static dev.asyncjob.bootstrap.PageRequests.cookie;
import static dev.asyncjob.bootstrap.PageRequests.login;
import static dev.asyncjob.bootstrap.PageRequests.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.PrometheusRules.Scrape;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.identity.IdentityProvider;
import dev.asyncjob.identity.Jwts;
import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The five nights of {@code docs/operating.md}, with two nodes of the built server: an alert finds each, the
 * explanation and the page say what it is, and an operator mends it.
 */
@Tag("soak")
class NightIT extends ServerOnDatabase {
    /** Workers count for a minute, and gauges are 15 s old. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String DONE = "{\"token\":%s,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/1\"}]}";

    private final String url = PostgresServer.shared().newDatabase();
    private ServerProcess.Credentials shop = new ServerProcess.Credentials("", "");
    private ServerProcess.Credentials ops = shop;
    private ServerProcess.Credentials worker = shop;

    @Override
    String databaseUrl() {
        return url;
    }

    @BeforeEach
    void addClients() {
        environment.put("ASYNCJOB_WORK_FAILED_PAYLOAD", "3d");
        shop = addClient("shop", "job:schedule");
        worker = addClient("worker", "job:work");
        ops = addClient("ops", "job:admin");
    }

    @Test
    void all_workers_of_a_kind_are_dead() throws Exception {
        try (ServerProcess one = serve();
                ServerProcess other = serve()) {
            String first = schedule(one, "sign", "");
            assertThat(claim(one, "sign")).contains(first);
            done(one, first, 1);
            Scrape before = scrape(one, other, "asyncjob_workers{kind=\"sign\"} 1.0");
            String job = schedule(other, "sign", "");
            Eventually.answer(PATIENCE, one::metrics, text -> text.contains("asyncjob_workers{kind=\"sign\"} 0.0"));
            Scrape after = scrape(one, other, "asyncjob_jobs{kind=\"sign\",state=\"waiting\"} 1.0");

            PrometheusRules.assertFires(folder, "AsyncjobNoWorker", "kind=\"sign\"", before, after);
            String sentence = "No worker has asked for the kind sign since ";
            assertThat(explained(other, job)).contains("\"reason\":\"no_worker\"", sentence);
            assertThat(shown(one, "/ui/jobs/" + job)).contains(sentence);
            assertThat(shown(one, "/ui")).contains("sign", "no worker");

            change(one, "PUT", "/kinds/sign/pause", "{\"reason\":\"the workers are being mended\"}");
            assertThat(claim(other, "sign")).isEqualTo("{\"data\":[]}");
            assertThat(explained(one, job)).contains("by ops: the workers are being mended.");
            change(other, "DELETE", "/kinds/sign/pause", "");
            assertThat(claim(one, "sign")).contains(job);
            done(other, job, 1);
        }
    }

    @Test
    void one_job_fails_for_ever() throws Exception {
        try (ServerProcess one = serve();
                ServerProcess other = serve()) {
            Scrape before = Scrape.of(one, other);
            String job = schedule(one, "mail", ",\"maxAttempts\":2,\"payload\":{\"patient\":\"planted-7\"}");
            assertThat(claim(one, "mail")).contains(job);
            failed(one, job, 1);
            String sentence = " after attempt 1, which failed: java.io.IOException: no such printer.";
            assertThat(explained(other, job)).contains("\"reason\":\"resting\"", sentence);
            assertThat(shown(one, "/ui/jobs/" + job)).contains(sentence);
            Eventually.answer(PATIENCE, () -> claim(other, "mail"), answer -> answer.contains(job));
            failed(other, job, 2);
            Scrape after = Scrape.of(one, other);

            PrometheusRules.assertFires(folder, "AsyncjobAttemptsFail", "kind=\"mail\"", before, after);
            PrometheusRules.assertFires(folder, "AsyncjobFailedShare", "kind=\"mail\"", before, after);
            assertThat(explained(one, job))
                    .contains("It ended as FAILED", ": no such printer.", "It can be retried until ");
            assertThat(shown(other, "/ui/jobs?kind=mail&status=FAILED")).contains("/ui/jobs/" + job);

            change(one, "PUT", "/kinds/mail/pause", "{\"reason\":\"no such printer\"}");
            HttpResponse<String> retried = other.as(ops, "POST", "/jobs/" + job + "/retry", "");
            assertThat(retried.statusCode()).as(retried.body()).isEqualTo(202);
            String again = idIn(retried.body());
            assertThat(claim(one, "mail")).isEqualTo("{\"data\":[]}");
            change(other, "DELETE", "/kinds/mail/pause", "");
            assertThat(claim(one, "mail")).contains(again, "planted-7");
            done(one, again, 1);
        }
    }

    @Test
    void a_transaction_of_another_application_holds_a_row() throws Exception {
        try (ServerProcess one = serve();
                ServerProcess other = serve();
                Connection rogue = DriverManager.getConnection(url);
                Statement statement = rogue.createStatement()) {
            assertThat(claim(one, "parcel")).isEqualTo("{\"data\":[]}");
            Scrape before = Scrape.of(one, other);
            rogue.setAutoCommit(false);
            String held = schedule(one, "parcel", "");
            String late = schedule(one, "parcel", "");
            statement.execute(
                    "select 1 from asyncjob.work where job_id in ('%s', '%s') for update".formatted(held, late));
            assertThat(claim(other, "parcel")).isEqualTo("{\"data\":[]}");
            Scrape after = Eventually.answer(
                    PATIENCE,
                    () -> Scrape.of(one, other),
                    scrape -> Pattern.compile("asyncjob_oldest_waiting_seconds\\{kind=\"parcel\"} [1-9]")
                            .matcher(scrape.one())
                            .find());

            PrometheusRules.assertFires(folder, "AsyncjobOldestWaiting", "kind=\"parcel\"", before, after);
            assertThat(claim(other, "parcel")).isEqualTo("{\"data\":[]}");
            String explained = explained(other, held);
            String sentence = "another transaction has locked the job; it is open since ";
            assertThat(explained).contains("\"reason\":\"locked\"", sentence);
            assertThat(shown(one, "/ui/jobs/" + held)).contains(sentence);

            end(found("\"lockedSince\":\"([^\"]+)\"", explained));
            HttpResponse<String> cancelled = Eventually.answer(
                    PATIENCE, () -> one.as(ops, "DELETE", "/jobs/" + late, ""), answer -> answer.statusCode() == 200);
            assertThat(cancelled.body()).contains("\"status\":\"FAILED\"");
            assertThat(claim(other, "parcel")).contains(held);
            done(one, held, 1);
        }
    }

    /** Ends the sessions whose transaction began then, as the runbook says. */
    private void end(String began) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                    + " and date_trunc('milliseconds', xact_start) = date_trunc('milliseconds', timestamptz '" + began
                    + "')");
        }
    }

    @Test
    void the_provider_of_identities_is_down() throws Exception {
        try (IdentityProvider provider = new IdentityProvider()) {
            environment.put(
                    "ASYNCJOB_AUTH_INTROSPECTION_URL", provider.url("/ask").toString());
            environment.put("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID", "asyncjob");
            environment.put("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET", "s3cret");
            String apiKey = ServerProcess.run(
                            folder, environment, "client", "add", "clinic-a", "--scopes", "job:work", "--no-token")
                    .output()
                    .strip()
                    .substring("api-key: ".length());
            worker = new ServerProcess.Credentials("a-token-of-the-provider", apiKey);
            try (ServerProcess one = serve();
                    ServerProcess other = serve()) {
                provider.verdict = active(Duration.ofSeconds(5));
                String lost = schedule(one, "sign", ",\"maxAttempts\":1");
                assertThat(claim(one, "sign")).contains(lost);
                Scrape before = Scrape.of(one, other);
                provider.verdict = IdentityProvider.html(502);
                Eventually.answer(
                        PATIENCE,
                        () -> claim(one, "sign"),
                        answer -> answer.contains("\"type\":\"service_unavailable\""));
                String waiting = schedule(other, "sign", "");
                Eventually.answer(PATIENCE, () -> explained(other, waiting), text -> text.contains("no_worker"));
                String ended = Eventually.answer(
                        PATIENCE, () -> explained(other, lost), text -> text.contains("\"reason\":\"ended\""));
                Scrape after = Scrape.of(one, other);

                PrometheusRules.assertFires(folder, "AsyncjobCredentialsUndecided", "", before, after);
                assertThat(ended).contains("attempts spent", "LEASE_RAN_OUT");
                assertThat(shown(one, "/ui/jobs/" + waiting)).contains("No worker has asked for the kind sign since ");

                provider.verdict = active(Duration.ofMinutes(10));
                String again =
                        idIn(one.as(ops, "POST", "/jobs/" + lost + "/retry", "").body());
                String both =
                        Eventually.answer(PATIENCE, () -> claim(one, "sign"), answer -> answer.contains("\"token\""))
                                + claim(other, "sign");
                assertThat(both).contains(waiting, again);
                done(one, waiting, 1);
                done(other, again, 1);
            }
        }
    }

    private static IdentityProvider.Answer active(Duration lasts) {
        Map<String, String> claims = new HashMap<>(Jwts.claimsWith("scope", "\"job:work\""));
        claims.put("exp", String.valueOf(Clock.systemUTC().instant().plus(lasts).getEpochSecond()));
        claims.put("active", "true");
        return IdentityProvider.json(200, Jwts.json(claims));
    }

    @Test
    void ten_times_the_usual_load_comes() throws Exception {
        try (ServerProcess one = serve();
                ServerProcess other = serve()) {
            for (int i = 0; i < 10; i++) {
                done(one, schedule(one, "report", ""), claim(one, "report"));
            }
            Scrape before = scrape(one, other, "asyncjob_eta_kept_ratio{kind=\"report\"} 1.0");
            for (int i = 0; i < 100; i++) {
                schedule(other, "report", "");
            }
            String last = schedule(other, "report", "");
            Eventually.answer(
                    PATIENCE,
                    () -> one.as(ops, "GET", "/jobs?kind=report&overdue=true&limit=100", "")
                            .body(),
                    list -> idsIn(list).size() == 100);
            List<String> claimed = idsIn(claims(one, "\"report\"", 50));
            claimed.forEach(job -> done(one, job, 1));
            Scrape after = Scrape.of(one, other);

            PrometheusRules.assertFires(folder, "AsyncjobEtaNotKept", "kind=\"report\"", before, after);
            String sentence = "50 jobs of its kind are before it; ";
            assertThat(explained(other, last)).contains("\"reason\":\"waiting\"", sentence);
            assertThat(shown(one, "/ui/jobs/" + last)).contains(sentence);

            String urgent = schedule(one, "sign", "");
            change(other, "PUT", "/kinds/report/limit", "{\"running\":2}");
            String both = claims(one, "\"report\",\"sign\"", 50);
            assertThat(both).contains(urgent);
            assertThat(idsIn(both + claims(one, "\"report\",\"sign\"", 50))).hasSize(3);
            done(other, urgent, 1);
            assertThat(explained(one, last))
                    .contains("\"reason\":\"limit_reached\"", "2 jobs of the kind report are running");
            change(one, "DELETE", "/kinds/report/limit", "");
            assertThat(idsIn(claims(other, "\"report\"", 100))).hasSize(49).contains(last);
        }
    }

    /** Returns metrics of both nodes, once the first has these. */
    private static Scrape scrape(ServerProcess one, ServerProcess other, String expected) {
        return Eventually.answer(
                PATIENCE, () -> Scrape.of(one, other), scrape -> scrape.one().contains(expected));
    }

    private String schedule(ServerProcess server, String kind, String fields) {
        HttpResponse<String> answer = server.as(
                shop,
                "POST",
                "/jobs",
                "{\"kind\":\"" + kind + "\",\"links\":[{\"entity\":\"shop/mail\"}]" + fields + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return idIn(answer.body());
    }

    private String claim(ServerProcess server, String kind) {
        return claims(server, "\"" + kind + "\"", 1);
    }

    private String claims(ServerProcess server, String kinds, int max) {
        return server.as(
                        worker,
                        "POST",
                        "/jobs/claims",
                        "{\"kinds\":[%s],\"max\":%s,\"worker\":\"w-1\",\"lease\":\"PT10S\"}".formatted(kinds, max))
                .body();
    }

    private void done(ServerProcess server, String job, int token) {
        HttpResponse<String> answer = server.as(worker, "POST", "/jobs/" + job + "/done", DONE.formatted(token));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private void done(ServerProcess server, String job, String claimed) {
        assertThat(claimed).contains(job);
        done(server, job, 1);
    }

    private void failed(ServerProcess server, String job, int token) {
        String body =
                "{\"token\":%s,\"error\":\"no such printer\",\"retry\":true,\"detail\":\"java.io.IOException: no such"
                        + " printer\"}";
        assertThat(server.as(worker, "POST", "/jobs/" + job + "/failed", body.formatted(token))
                        .statusCode())
                .isEqualTo(200);
    }

    private void change(ServerProcess server, String method, String path, String body) {
        HttpResponse<String> answer = server.as(ops, method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private String explained(ServerProcess server, String job) {
        return server.as(ops, "GET", "/jobs/" + job + "/explain", "").body();
    }

    private String shown(ServerProcess server, String path) {
        return page(server, path, cookie(login(server, ops), SESSION).orElseThrow())
                .body();
    }

    private static List<String> idsIn(String answer) {
        return new ArrayList<>(Pattern.compile("\"id\":\"([0-9a-f-]{36})\"")
                .matcher(answer)
                .results()
                .map((MatchResult found) -> found.group(1))
                .distinct()
                .toList());
    }
}
