package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The built server with an executor of the client's own: jobs that are born leased, named, listed and erased. */
class ExecutorIT {
    /** What a machine of two busy cores adds to the second of contract section 3, promise 5. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private static final String JOB = "{\"kind\":\"mail.send\",\"links\":[{\"entity\":\"shop/mail\"}],"
            + "\"reference\":\"№ 17\",\"lease\":{\"worker\":\"consumer-1\",\"for\":\"PT%dS\"}}";
    private static final String CLAIM = "{\"kinds\":[\"mail.send\"],\"max\":5,\"worker\":\"other\"}";
    private static final String DONE = "{\"token\":%s,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/17\"}]}";

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        @Override
        String databaseUrl() {
            return PostgresServer.shared().newDatabase();
        }
    }

    abstract static class OnDatabase extends ServerOnDatabase {
        private ServerProcess.Credentials executor = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials worker = executor;
        private ServerProcess.Credentials operator = executor;

        @BeforeEach
        void addClients() {
            executor = addClient("shop", "composition:read,job:schedule,job:work");
            worker = addClient("worker", "job:work");
            operator = addClient("operator", "job:admin");
        }

        @Test
        void a_job_that_was_born_leased_is_claimed_when_its_executor_and_the_server_die_before_the_first_renewal() {
            String key = "order-17";
            String born;
            try (ServerProcess server = serve()) {
                born = accepted(schedule(server, 4, key));
                server.kill();
            }
            String id = idIn(born);
            Instant end = Instant.parse(found("\"expiresAt\":\"([^\"]+)\"", born));
            try (ServerProcess server = serve()) {
                assertThat(accepted(schedule(server, 4, key))).isEqualTo(born);
                Instant asked = Clock.systemUTC().instant();
                HttpResponse<String> claimed = server.as(worker, "POST", "/jobs/claims", CLAIM, "Prefer", "wait=20");
                Instant given = Clock.systemUTC().instant();
                assertThat(claimed.body())
                        .contains(id, "\"attempt\":2", "\"lease\":{\"token\":2,", "\"reference\":\"№ 17\"}");
                assertThat(given).isAfter(end);
                assertThat(Duration.between(end.isAfter(asked) ? end : asked, given))
                        .isLessThan(Duration.ofSeconds(1).plus(SLACK));

                assertThat(accepted(schedule(server, 4, key))).isEqualTo(born);
                String renewal = "{\"token\":1,\"lease\":\"PT1M\"}";
                assertThat(server.as(executor, "PUT", "/jobs/" + id + "/lease", renewal)
                                .statusCode())
                        .isEqualTo(409);
                assertThat(done(server, executor, id, "1").statusCode()).isEqualTo(409);
                assertThat(done(server, worker, id, "2").statusCode()).isEqualTo(200);
                listsAndErases(server, id);
            }
        }

        @Test
        void its_executor_settles_it_and_with_one_attempt_a_dead_executors_job_fails() {
            try (ServerProcess server = serve()) {
                String born = accepted(schedule(server, 60, "settled"));
                String id = idIn(born);
                assertThat(server.as(worker, "POST", "/jobs/claims", CLAIM).body())
                        .isEqualTo("{\"data\":[]}");
                assertThat(done(server, executor, id, "1").body()).contains("\"status\":\"DONE\"");

                String once = JOB.formatted(1).replace("\"lease\"", "\"maxAttempts\":1,\"lease\"");
                String lost = idIn(accepted(server.as(executor, "POST", "/jobs", once)));
                String status = "/patients/composition/job/" + lost;
                assertThat(server.as(executor, "GET", status, "", "Prefer", "wait=20")
                                .body())
                        .contains("\"error\":\"attempts spent\"}],\"status\":\"FAILED\"");
            }
        }

        private void listsAndErases(ServerProcess server, String id) {
            String own = server.as(executor, "GET", "/jobs?reference=%E2%84%96%2017", "")
                    .body();
            assertThat(own)
                    .contains("\"id\":\"" + id, "\"status\":\"DONE\"", "\"reference\":\"№ 17\"")
                    .doesNotContain("consumer-1", "scheduledBy");
            assertThat(server.as(executor, "GET", "/jobs?owner=worker", "").statusCode())
                    .isEqualTo(403);
            String pending = idIn(accepted(server.as(executor, "POST", "/jobs", JOB.formatted(60))));
            HttpResponse<String> refused = server.as(operator, "DELETE", "/jobs?owner=shop", "");
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("\"params\":[\"1\"]");
            server.as(executor, "DELETE", "/jobs/" + pending, "");
            assertThat(server.as(executor, "DELETE", "/jobs?owner=shop", "").statusCode())
                    .isEqualTo(403);
            assertThat(server.as(operator, "DELETE", "/jobs?owner=shop", "").body())
                    .isEqualTo("{\"data\":{\"forgotten\":2}}");
            assertThat(server.as(executor, "GET", "/patients/composition/job/" + id, "")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(server.as(executor, "GET", "/jobs", "").body()).isEqualTo("{\"data\":[],\"paging\":{}}");
            assertThat(server.logWith("\"forgotten\":2"))
                    .contains("\"owner\":\"shop\",\"forgotten\":2,\"pending\":0}")
                    .doesNotContain("№ 17", "consumer-1");
        }

        private HttpResponse<String> schedule(ServerProcess server, int seconds, String key) {
            return server.as(executor, "POST", "/jobs", JOB.formatted(seconds), "Idempotency-Key", key);
        }

        private static HttpResponse<String> done(
                ServerProcess server, ServerProcess.Credentials as, String id, String token) {
            return server.as(as, "POST", "/jobs/" + id + "/done", DONE.formatted(token));
        }

        private static String accepted(HttpResponse<String> answer) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
            assertThat(answer.body()).contains("\"status\":\"PENDING\",\"lease\":{\"token\":1,");
            return answer.body();
        }
    }
}
