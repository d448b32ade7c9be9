package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built server explains why jobs are as they are, to operators and to owners. */
class ExplainIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl(Path folder) {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        private final String url = PostgresServer.shared().newDatabase();

        @Override
        String databaseUrl(Path folder) {
            return url;
        }

        @Test
        void a_transaction_that_holds_a_row_is_found() throws SQLException {
            try (ServerProcess server = start();
                    Connection rogue = DriverManager.getConnection(url);
                    Statement statement = rogue.createStatement()) {
                rogue.setAutoCommit(false);
                String waiting = schedule(server, "\"kind\":\"held\"");
                statement.execute("select 1 from asyncjob.work where job_id = '" + waiting + "' for update");
                assertThat(claim(server, "held", "PT30S").body()).isEqualTo("{\"data\":[]}");
                assertThat(explained(server, operator, waiting))
                        .contains("\"reason\":\"locked\"", "another transaction has locked the job; it is open since ")
                        .containsPattern("\"lockedSince\":\"20[0-9T:.-]+Z\"");
                assertThat(explained(server, owner, waiting))
                        .contains("\"reason\":\"waiting\",\"text\":\"It waits for its turn.\"}}");

                rogue.rollback();
                String last = schedule(server, "\"kind\":\"spent\",\"maxAttempts\":1");
                assertThat(claim(server, "spent", "PT1S").body()).contains(last);
                statement.execute("select 1 from asyncjob.work where job_id = '" + last + "' for update");
                assertThat(until(server, last, "attempts_spent"))
                        .contains("\"attempt\":1,\"leaseEndedAt\":\"20", "\"housekeepingRanAt\":\"20");
                rogue.rollback();
                assertThat(until(server, last, "ended"))
                        .contains("\"error\":\"attempts spent\"", "\"outcome\":\"LEASE_RAN_OUT\"");
            }
        }
    }

    abstract static class OnDatabase {
        @TempDir
        private Path folder;

        private Map<String, String> environment = Map.of();
        ServerProcess.Credentials owner = new ServerProcess.Credentials("", "");
        ServerProcess.Credentials operator = owner;
        private ServerProcess.Credentials worker = owner;

        abstract String databaseUrl(Path folder);

        @BeforeEach
        void addClients() {
            environment = Map.of(
                    "ASYNCJOB_DB_URL",
                    databaseUrl(folder),
                    "ASYNCJOB_AUTH_CLIENTS_FILE",
                    folder.resolve("clients.json").toString());
            owner = ServerProcess.addClient(folder, environment, "shop", "job:schedule");
            worker = ServerProcess.addClient(folder, environment, "worker", "job:work,job:list");
            operator = ServerProcess.addClient(folder, environment, "auditor", "job:read-all");
        }

        ServerProcess start() {
            return ServerProcess.start(folder, "serve", environment);
        }

        @Test
        void each_reason_is_given_through_the_front_door() {
            try (ServerProcess server = start()) {
                String job = schedule(server, "\"kind\":\"mail\"");
                assertThat(explained(server, operator, job))
                        .contains(
                                "\"reason\":\"no_worker\",\"text\":\"No worker is known to have asked for the kind mail.\"");

                assertThat(claim(server, "mail", "PT30S").body()).contains(job);
                assertThat(explained(server, operator, job))
                        .contains("\"reason\":\"running\",\"text\":\"Worker w-1 is running attempt 1; it began on ")
                        .contains("\"worker\":\"w-1\"", "\"attempts\":[]");

                report(
                        server,
                        job,
                        "failed",
                        "\"error\":\"no\",\"retry\":true,\"detail\":\"java.io.IOException: full\"");
                assertThat(explained(server, operator, job))
                        .contains(
                                "\"reason\":\"resting\"", " after attempt 1, which failed: java.io.IOException: full.");
                assertThat(read(server, operator, job).body())
                        .contains("\"lastError\":\"java.io.IOException: full\"", "\"nextAttemptAt\":\"20")
                        .contains("\"outcome\":\"FAILED\",\"error\":\"java.io.IOException: full\"");

                String done = schedule(server, "\"kind\":\"mail\"");
                assertThat(claim(server, "mail", "PT30S").body()).contains(done);
                report(server, done, "done", "\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/1\"}]");
                assertThat(explained(server, operator, done))
                        .contains("\"reason\":\"ended\"", "\"text\":\"It ended as DONE on ", "\"outcome\":\"DONE\"");

                String before = schedule(server, "\"kind\":\"mail\"");
                String waiting = schedule(server, "\"kind\":\"mail\"");
                assertThat(explained(server, operator, waiting))
                        .containsPattern(
                                "\"reason\":\"waiting\",\"text\":\"[12] jobs? of its kind (is|are) before it; 1 ends"
                                        + " in a minute, so its turn comes in about [23] minutes.\",\"before\":[12],");
                assertThat(explained(server, operator, before)).contains("\"reason\":\"waiting\"");

                String planned = schedule(server, "\"kind\":\"mail\",\"notBefore\":\"2099-11-03T04:05:06Z\"");
                assertThat(explained(server, operator, planned))
                        .contains(
                                "\"reason\":\"planned\",\"text\":\"It is not due before 3 November 2099, 04:05:06 UTC");

                String lost = schedule(server, "\"kind\":\"lost\"");
                assertThat(claim(server, "lost", "PT1S").body()).contains(lost);
                assertThat(until(server, lost, "lease_ran_out"))
                        .contains("\"text\":\"The lease of attempt 1 by worker w-1 ran out on ");
                assertThat(claim(server, "lost", "PT30S").body()).contains(lost);
                assertThat(explained(server, operator, lost))
                        .contains("\"reason\":\"running\"", "\"attempt\":2", "\"outcome\":\"LEASE_RAN_OUT\"");
            }
        }

        @Test
        void an_owner_reads_nothing_of_others_and_others_nothing_of_its_jobs() {
            try (ServerProcess server = start()) {
                String job = schedule(server, "\"kind\":\"mail\"");
                assertThat(claim(server, "mail", "PT30S").body()).contains(job);

                String running = explained(server, owner, job);
                assertThat(running)
                        .contains("\"reason\":\"running\",\"text\":\"Attempt 1 is running; it began on ")
                        .doesNotContain("w-1", "attempts\"");
                assertThat(read(server, owner, job).body())
                        .contains("\"owner\":\"shop\"", "\"attempt\":1,\"maxAttempts\":5}}")
                        .doesNotContain("w-1", "lease");
                for (String what : List.of("", "/explain")) {
                    String path = "/jobs/" + job + what;
                    String missing = "/jobs/00000000-0000-4000-8000-000000000000" + what;
                    HttpResponse<String> foreign = server.as(worker, "GET", path, "", "x-request-id", "same");
                    assertThat(foreign.statusCode()).isEqualTo(404);
                    assertThat(foreign.body().replace(path, missing))
                            .isEqualTo(server.as(worker, "GET", missing, "", "x-request-id", "same")
                                    .body());
                }
                assertThat(server.as(operator, "DELETE", "/jobs/" + job, "").statusCode())
                        .isEqualTo(403);
                assertThat(server.as(operator, "GET", "/jobs", "").body()).contains(job, "\"worker\":\"w-1\"");

                HttpResponse<String> ukrainian =
                        server.as(owner, "GET", "/jobs/" + job + "/explain", "", "Accept-Language", "uk");
                assertThat(ukrainian.body()).contains("\"text\":\"Виконується спроба 1; вона почалася ", " року, ");
                assertThat(ukrainian.headers().firstValue("Content-Language")).contains("uk");
                printsOnTheCommandLine(server, job);
            }
        }

        private void printsOnTheCommandLine(ServerProcess server, String job) {
            report(server, job, "failed", "\"error\":\"no\",\"retry\":false,\"detail\":\"E: full\"");
            Map<String, String> variables = new HashMap<>(environment);
            variables.put("ASYNCJOB_URL", server.url());
            variables.put("ASYNCJOB_TOKEN", operator.token());
            variables.put("ASYNCJOB_API_KEY", operator.apiKey());

            ServerProcess.Ended explained = ServerProcess.run(folder, variables, "explain", job, "--language", "uk");
            assertThat(explained.output()).as(explained.errors()).startsWith("Завершено зі статусом FAILED ");
            assertThat(explained.output())
                    .containsPattern("\nattempt 1: FAILED, worker w-1, 20[^ ]+Z to 20[^ ]+Z: E: full\n");
            assertThat(explained.exitCode()).isZero();
            assertThat(ServerProcess.run(folder, variables, "explain", "00000000-0000-4000-8000-000000000000")
                            .exitCode())
                    .isEqualTo(3);
        }

        String schedule(ServerProcess server, String fields) {
            HttpResponse<String> answer =
                    server.as(owner, "POST", "/jobs", "{" + fields + ",\"links\":[{\"entity\":\"shop/mail\"}]}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
            Matcher id = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"").matcher(answer.body());
            assertThat(id.find()).isTrue();
            return id.group(1);
        }

        HttpResponse<String> claim(ServerProcess server, String kind, String lease) {
            return server.as(
                    worker,
                    "POST",
                    "/jobs/claims",
                    "{\"kinds\":[\"%s\"],\"max\":1,\"worker\":\"w-1\",\"lease\":\"%s\"}".formatted(kind, lease));
        }

        private void report(ServerProcess server, String job, String what, String fields) {
            assertThat(server.as(worker, "POST", "/jobs/" + job + "/" + what, "{\"token\":1," + fields + "}")
                            .statusCode())
                    .isEqualTo(200);
        }

        private static HttpResponse<String> read(ServerProcess server, ServerProcess.Credentials as, String job) {
            return server.as(as, "GET", "/jobs/" + job, "");
        }

        String explained(ServerProcess server, ServerProcess.Credentials as, String job) {
            HttpResponse<String> answer = server.as(as, "GET", "/jobs/" + job + "/explain", "");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.body();
        }

        /** Asks until the reason is this one. */
        String until(ServerProcess server, String job, String reason) {
            long end = System.nanoTime() + PATIENCE.toNanos();
            String last = explained(server, operator, job);
            while (!last.contains("\"reason\":\"" + reason + "\"") && System.nanoTime() - end < 0) {
                last = explained(server, operator, job);
            }
            assertThat(last).contains("\"reason\":\"" + reason + "\"");
            return last;
        }
    }
}
