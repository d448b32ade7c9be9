package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators pause and limit kinds through the built server, and claims of every node obey. */
class KindsIT {
    /** A second, and some time of a busy machine. */
    private static final Duration PROMPT = Duration.ofSeconds(2);

    private static final String NOTHING = "{\"data\":[]}";

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl(Path folder) {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }

        @Test
        void a_kind_is_paused_and_limited_on_the_only_node() throws Exception {
            try (ServerProcess server = start()) {
                pausesAndLimits(server, server);
                obeysTheCommandLine(server);
            }
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
        void a_kind_that_one_node_pauses_and_limits_is_so_on_the_other() throws Exception {
            try (ServerProcess one = start();
                    ServerProcess other = start()) {
                pausesAndLimits(one, other);
            }
        }
    }

    abstract static class OnDatabase {
        @TempDir
        private Path folder;

        private Map<String, String> environment = Map.of();
        private ServerProcess.Credentials owner = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials operator = owner;
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
            worker = ServerProcess.addClient(folder, environment, "worker", "job:work");
            operator = ServerProcess.addClient(folder, environment, "ops", "job:admin");
        }

        ServerProcess start() {
            return ServerProcess.start(folder, "serve", environment);
        }

        void pausesAndLimits(ServerProcess one, ServerProcess other) throws Exception {
            assertThat(change(one, "PUT", "/kinds/mail/pause", "{\"reason\":\"no paper\"}"))
                    .contains(
                            "{\"data\":{\"kind\":\"mail\",\"pause\":{\"since\":\"20",
                            ",\"by\":\"ops\",\"reason\":\"no paper\"}}}");
            String job = schedule(one);
            String next = schedule(other);
            assertThat(claim(other, 1).body()).isEqualTo(NOTHING);
            assertThat(explained(other, job))
                    .contains("\"reason\":\"kind_paused\"", " by ops: no paper.\"", "\"pausedBy\":\"ops\"");

            CompletableFuture<HttpResponse<String>> waiting = waitingClaim(other);
            assertThat(claim(other, 1).body()).as("a second later").isEqualTo(NOTHING);
            assertThat(waiting).isNotDone();
            long resumed = System.nanoTime();
            assertThat(change(one, "DELETE", "/kinds/mail/pause", "")).contains("{\"data\":{\"kind\":\"mail\"");
            assertThat(waiting.get(30, TimeUnit.SECONDS).body()).contains(job);
            assertPrompt("resumed", resumed);

            assertThat(change(other, "PUT", "/kinds/mail/limit", "{\"running\":1}"))
                    .contains("\"limit\":1");
            assertThat(explained(one, next))
                    .contains(
                            "\"reason\":\"limit_reached\",\"text\":\"1 job of the kind mail is running, and no more may");
            waiting = waitingClaim(one);
            assertThat(claim(other, 1).body()).isEqualTo(NOTHING);
            assertThat(waiting).isNotDone();
            long freed = System.nanoTime();
            String done = "{\"token\":1,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/1\"}]}";
            assertThat(other.as(worker, "POST", "/jobs/" + job + "/done", done).statusCode())
                    .isEqualTo(200);
            assertThat(waiting.get(30, TimeUnit.SECONDS).body()).contains(next);
            assertPrompt("freed", freed);

            assertThat(change(other, "DELETE", "/kinds/mail/limit", "")).doesNotContain("limit");
            assertThat(one.as(operator, "DELETE", "/jobs/" + next, "").statusCode())
                    .isEqualTo(200);
            HttpResponse<String> audit = other.as(operator, "GET", "/audit", "");
            assertThat(audit.body())
                    .containsSubsequence(
                            "\"action\":\"CANCEL\",\"subject\":\"" + next + "\",\"count\":1",
                            "\"action\":\"UNLIMIT\",\"subject\":\"mail\",\"count\":1",
                            "\"action\":\"LIMIT\",\"subject\":\"mail\",\"detail\":\"1\",\"count\":1",
                            "\"action\":\"RESUME\",\"subject\":\"mail\",\"count\":1",
                            "\"action\":\"PAUSE\",\"subject\":\"mail\",\"detail\":\"no paper\",\"count\":1")
                    .contains("\"by\":\"ops\"");
        }

        void obeysTheCommandLine(ServerProcess server) {
            assertThat(run(server, "pause", "mail", "--reason", "no ink"))
                    .matches("mail, paused since 20[^ ]+Z by ops: no ink, last asked for at 20[^ ]+Z\n");
            assertThat(run(server, "limit", "parcel", "7")).isEqualTo("parcel, limit 7, not asked for\n");
            assertThat(run(server, "kinds")).containsSubsequence("mail, paused since ", "parcel, limit 7");
            assertThat(run(server, "limit", "parcel", "none")).isEqualTo("parcel, not asked for\n");
            assertThat(run(server, "resume", "mail")).matches("mail, last asked for at 20[^ ]+Z\n");
        }

        private String run(ServerProcess server, String... command) {
            Map<String, String> variables = new HashMap<>(environment);
            variables.put("ASYNCJOB_URL", server.url());
            variables.put("ASYNCJOB_TOKEN", operator.token());
            variables.put("ASYNCJOB_API_KEY", operator.apiKey());
            ServerProcess.Ended ended = ServerProcess.run(folder, variables, command);
            assertThat(ended.exitCode()).as(ended.errors()).isZero();
            return ended.output();
        }

        private static void assertPrompt(String what, long since) {
            Duration took = Duration.ofNanos(System.nanoTime() - since);
            System.out.println(
                    "KindsIT: a claim that waits has the job " + took.toMillis() + " ms after it was " + what);
            assertThat(took).as(what).isLessThan(PROMPT);
        }

        private String change(ServerProcess server, String method, String path, String body) {
            HttpResponse<String> answer = server.as(operator, method, path, body);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.body();
        }

        private String schedule(ServerProcess server) {
            HttpResponse<String> answer =
                    server.as(owner, "POST", "/jobs", "{\"kind\":\"mail\",\"links\":[{\"entity\":\"shop/mail\"}]}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
            Matcher id = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"").matcher(answer.body());
            assertThat(id.find()).isTrue();
            return id.group(1);
        }

        private HttpResponse<String> claim(ServerProcess server, int wait) {
            return server.as(
                    worker,
                    "POST",
                    "/jobs/claims",
                    "{\"kinds\":[\"mail\"],\"max\":1,\"worker\":\"w-1\",\"lease\":\"PT60S\"}",
                    "Prefer",
                    "wait=" + wait);
        }

        private CompletableFuture<HttpResponse<String>> waitingClaim(ServerProcess server) {
            return CompletableFuture.supplyAsync(() -> claim(server, 20));
        }

        private String explained(ServerProcess server, String job) {
            return server.as(operator, "GET", "/jobs/" + job + "/explain", "").body();
        }
    }
}
