package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Operators retry jobs that failed, through the built server. */
class RetryIT {
    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }

        @Test
        void a_poison_job_is_retried_after_the_fix_unless_its_payload_is_not_kept() {
            try (ServerProcess server = serve()) {
                String job = poisoned(server);
                lost = 1;
                assertThat(retry(server, job).body())
                        .contains("\"rule\":\"payload_kept\"", "work.failed-payload", "\"status\":\"FAILED\"");
                assertThat(server.as(operator, "GET", "/jobs/" + job + "/explain", "")
                                .body())
                        .contains("It cannot be retried, since its payload is not kept (work.failed-payload).");
                assertThat(run(server, "retry", job).exitCode()).isEqualTo(4);
            }
            environment.put("ASYNCJOB_WORK_FAILED_PAYLOAD", "1h");
            try (ServerProcess server = serve()) {
                retriesAfterTheFix(server, server);
                changesManyAtOnce(server, server);
            }
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        private final String url = PostgresServer.shared().newDatabase();

        @Override
        String databaseUrl() {
            return url;
        }

        @Test
        void a_poison_job_of_one_node_is_retried_after_the_fix_on_another() {
            environment.put("ASYNCJOB_WORK_FAILED_PAYLOAD", "1h");
            try (ServerProcess one = serve();
                    ServerProcess other = serve()) {
                retriesAfterTheFix(one, other);
                changesManyAtOnce(one, other);
            }
        }
    }

    abstract static class OnDatabase extends ServerOnDatabase {
        private static final int FAILED = 3;
        private static final String PAYLOAD = "{\"patient\":\"planted-7\"}";

        /** Jobs that failed before payloads were kept. */
        int lost;

        ServerProcess.Credentials operator = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials owner = operator;
        private ServerProcess.Credentials worker = operator;

        @BeforeEach
        void addClients() {
            owner = addClient("shop", "job:schedule");
            worker = addClient("worker", "job:work");
            operator = addClient("ops", "job:admin");
        }

        /** Returns the id of a job that has failed. */
        String poisoned(ServerProcess server) {
            String job = idIn(server.as(
                            owner,
                            "POST",
                            "/jobs",
                            "{\"kind\":\"mail\",\"links\":[{\"entity\":\"shop/mail\"}],\"maxAttempts\":2,"
                                    + "\"reference\":\"order-17\",\"payload\":" + PAYLOAD + "}")
                    .body());
            assertThat(claim(server)).contains(job, PAYLOAD);
            String failed = "{\"token\":1,\"error\":\"no such printer\",\"retry\":false}";
            assertThat(server.as(worker, "POST", "/jobs/" + job + "/failed", failed)
                            .body())
                    .contains("\"status\":\"FAILED\"");
            return job;
        }

        void retriesAfterTheFix(ServerProcess one, ServerProcess other) {
            String job = poisoned(one);
            String before = read(one, owner, job);
            assertThat(other.as(operator, "GET", "/jobs/" + job + "/explain", "")
                            .body())
                    .contains(": no such printer. It can be retried until ", "\"retryUntil\":\"20");

            HttpResponse<String> first = retry(other, job, "Idempotency-Key", "after-the-fix");
            assertThat(first.statusCode()).as(first.body()).isEqualTo(202);
            String retried = idIn(first.body());
            assertThat(retry(one, job, "Idempotency-Key", "after-the-fix").body())
                    .isEqualTo(first.body());
            assertThat(read(other, owner, retried))
                    .contains("\"status\":\"PENDING\"", "\"reference\":\"order-17\"", "\"maxAttempts\":2")
                    .doesNotContain("planted-7", "retryOf", "ops");
            assertThat(read(other, operator, retried))
                    .contains("\"scheduledBy\":\"ops\"", "\"retryOf\":\"" + job + "\"")
                    .doesNotContain("planted-7");
            assertThat(claim(one)).contains(retried, PAYLOAD, "\"attempt\":1");
            String done = "{\"token\":1,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/1\"}]}";
            assertThat(one.as(worker, "POST", "/jobs/" + retried + "/done", done)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(read(other, owner, job)).isEqualTo(before);

            ServerProcess.Ended again = run(other, "retry", job);
            assertThat(again.exitCode()).as(again.errors()).isZero();
            String second = found("id: ([0-9a-f-]{36})", again.output());
            assertThat(second).isNotIn(job, retried);
            assertThat(again.output()).contains("status: PENDING\n");
            assertThat(one.as(operator, "GET", "/audit", "").body())
                    .containsSubsequence(
                            "\"by\":\"ops\",\"action\":\"RETRY\",\"subject\":\"" + job + "\",\"detail\":\"" + second
                                    + "\",\"count\":1",
                            "\"detail\":\"" + retried + "\",\"count\":1")
                    .doesNotContain("planted-7");
            assertThat(claim(one)).contains(second);
            assertThat(retry(other, second).body()).contains("\"rule\":\"failed\"");
            assertThat(one.log() + one.output() + other.log() + other.output()).doesNotContain("planted-7");
        }

        /** Follows the other part, after which a worker has one job, and one that failed was retried. */
        void changesManyAtOnce(ServerProcess one, ServerProcess other) {
            for (int i = 0; i < FAILED; i++) {
                poisoned(one);
            }
            String mine = "{\"kind\":\"mail\",\"owner\":\"shop\"";

            assertThat(bulk(other, "/jobs/retries", mine + ",\"dryRun\":true}"))
                    .isEqualTo(
                            "{\"data\":{\"matching\":3,\"alreadyRetried\":1,\"notKept\":" + lost + ",\"more\":false}}");
            List<CompletableFuture<String>> operators = Stream.of(one, other, one, other)
                    .map(server ->
                            CompletableFuture.supplyAsync(() -> bulk(server, "/jobs/retries", mine + ",\"max\":2}")))
                    .toList();
            assertThat(operators.stream()
                            .mapToInt(answer -> Integer.parseInt(found("\"retried\":([0-9]+)", answer.join())))
                            .sum())
                    .isEqualTo(FAILED);
            assertThat(list(other, "?status=PENDING&kind=mail").split("\"retryOf\"", -1))
                    .hasSize(FAILED + 2);
            assertThat(run(one, "retry-jobs", "--kind", "mail", "--yes"))
                    .satisfies(ended ->
                            assertThat(ended.exitCode()).as(ended.errors()).isZero())
                    .satisfies(ended -> assertThat(ended.output()).startsWith("retried: 0\n"));

            assertThat(run(other, "cancel-jobs", "--owner", "shop").output())
                    .isEqualTo("matching: 4\nnothing is changed without --yes\n");
            ServerProcess.Ended part = run(other, "cancel-jobs", "--owner", "shop", "--max", "2", "--yes");
            assertThat(part.output()).isEqualTo("cancelled: 2\nmore match: run it again\n");
            assertThat(part.exitCode()).isEqualTo(1);
            assertThat(run(other, "cancel-jobs", "--all", "--yes").output()).isEqualTo("cancelled: 2\n");
            assertThat(run(other, "cancel-jobs", "--yes").exitCode()).isEqualTo(2);
            assertThat(list(one, "?status=PENDING&kind=mail")).contains("\"data\":[]");
            assertThat(one.as(operator, "GET", "/audit", "").body())
                    .containsSubsequence(
                            "\"action\":\"BULK_CANCEL\",\"subject\":\"all=true\",\"count\":2",
                            "\"action\":\"BULK_CANCEL\",\"subject\":\"owner=shop\",\"count\":2",
                            "\"action\":\"BULK_RETRY\",\"subject\":\"kind=mail\",\"count\":0",
                            "\"action\":\"BULK_RETRY\",\"subject\":\"kind=mail&owner=shop\",\"count\":");
        }

        private String bulk(ServerProcess server, String path, String body) {
            HttpResponse<String> answer = server.as(operator, "POST", path, body);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.body();
        }

        private String list(ServerProcess server, String query) {
            return server.as(operator, "GET", "/jobs" + query, "").body();
        }

        HttpResponse<String> retry(ServerProcess server, String job, String... headers) {
            return server.as(operator, "POST", "/jobs/" + job + "/retry", "", headers);
        }

        ServerProcess.Ended run(ServerProcess server, String... command) {
            Map<String, String> variables = new HashMap<>(environment);
            variables.put("ASYNCJOB_URL", server.url());
            variables.put("ASYNCJOB_TOKEN", operator.token());
            variables.put("ASYNCJOB_API_KEY", operator.apiKey());
            return ServerProcess.run(folder, variables, command);
        }

        private static String read(ServerProcess server, ServerProcess.Credentials client, String job) {
            return server.as(client, "GET", "/jobs/" + job, "").body();
        }

        private String claim(ServerProcess server) {
            return server.as(
                            worker,
                            "POST",
                            "/jobs/claims",
                            "{\"kinds\":[\"mail\"],\"max\":1,\"worker\":\"w-1\",\"lease\":\"PT60S\"}")
                    .body();
        }
    }
}
