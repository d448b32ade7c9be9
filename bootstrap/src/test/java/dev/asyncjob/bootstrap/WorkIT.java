package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.JobState;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteHandler;
import dev.asyncjob.client.RemoteWorker;
import dev.asyncjob.client.RemoteWorkerSettings;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Producers and workers over HTTP, against the built jar: one node or two, real databases, killed processes. */
class WorkIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger TESTS = new AtomicInteger();
    private static final String RESULT = "\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}]";

    /** Two nodes on one PostgreSQL and one on H2, with the default settings, for tests that change none. */
    private static final Map<String, ServerProcess> NODES = new HashMap<>();

    private static String postgres = "";

    @TempDir
    private static Path folderOfNodes;

    @TempDir
    private Path folder;

    /** Keeps the jobs of each test apart. */
    private final String jobKind = "e2e.print" + TESTS.incrementAndGet();

    private final String newJob = "{\"kind\":\"%s\",\"links\":[{\"entity\":\"shop/invoice\"}]}".formatted(jobKind);

    /** The id of the job that all readers read; empty at the end. */
    private volatile String current = "";

    /** Returns the URL of an empty database that outlives its server. */
    private String database(String kind) {
        return kind.equals("h2")
                ? "jdbc:h2:file:" + folder.resolve("jobs")
                : PostgresServer.shared().newDatabase();
    }

    private ServerProcess node(String url, String... settings) {
        Map<String, String> environment = new HashMap<>(Map.of("ASYNCJOB_DB_URL", url));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return ServerProcess.start(folder, "sandbox", environment);
    }

    /** Returns a node that tests share: "h2", or "a" or "b" on PostgreSQL. */
    private static synchronized ServerProcess shared(String name) {
        return NODES.computeIfAbsent(
                name,
                first -> ServerProcess.start(
                        folderOfNodes,
                        "sandbox",
                        Map.of(
                                "ASYNCJOB_DB_URL",
                                first.equals("h2") ? "jdbc:h2:file:" + folderOfNodes.resolve("jobs") : postgres())));
    }

    private static String postgres() {
        if (postgres.isEmpty()) {
            postgres = PostgresServer.shared().newDatabase();
        }
        return postgres;
    }

    @AfterAll
    static void stop() {
        NODES.values().forEach(ServerProcess::close);
        NODES.clear();
    }

    private static String id(HttpResponse<String> scheduled) {
        assertThat(scheduled.statusCode()).as(scheduled.body()).isEqualTo(202);
        return found("\"id\":\"([0-9a-f-]{36})\"", scheduled.body());
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }

    private String claim(String worker, int seconds, String... more) {
        return "{\"kinds\":[\"%s\"],\"max\":1,\"lease\":\"PT%dS\",\"worker\":\"%s\"%s}"
                .formatted(jobKind, seconds, worker, String.join("", more));
    }

    private static long token(HttpResponse<String> claimed) {
        return Long.parseLong(found("\"token\":([0-9]+)", claimed.body()));
    }

    private HttpResponse<String> awaitClaim(ServerProcess server, String worker) {
        return Eventually.answer(
                PATIENCE,
                () -> server.post("/jobs/claims", claim(worker, 30)),
                answer -> answer.body().contains("\"token\""));
    }

    private static HttpResponse<String> done(ServerProcess server, String id, long token) {
        return server.post("/jobs/" + id + "/done", "{\"token\":" + token + "," + RESULT + "}");
    }

    private static <T> List<T> together(int count, Callable<T> task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        CountDownLatch ready = new CountDownLatch(count);
        try {
            List<Future<T>> futures = IntStream.range(0, count)
                    .mapToObj(n -> threads.submit(() -> {
                        ready.countDown();
                        ready.await();
                        return task.call();
                    }))
                    .toList();
            List<T> answers = new ArrayList<>();
            for (Future<T> future : futures) {
                answers.add(future.get(60, TimeUnit.SECONDS));
            }
            return answers;
        } finally {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void a_job_is_scheduled_claimed_renewed_and_done(String kind) throws SQLException {
        ServerProcess server = shared(kind.equals("h2") ? "h2" : "a");
        HttpResponse<String> scheduled =
                server.post("/jobs", newJob.replace("}]}", "}],\"payload\":{\"copies\":2,\"price\":0.10}}"));
        String id = id(scheduled);
        assertThat(scheduled.headers().firstValue("location")).contains("/patients/composition/job/" + id);
        assertThat(scheduled.headers().firstValue("retry-after")).isPresent();
        // A job that is not yet due cannot become overdue on a busy machine, so its bytes do not change.
        HttpResponse<String> later = server.post(
                "/jobs",
                newJob.replace("}]}", "}],\"notBefore\":\"2099-01-01T00:00:00Z\"}")
                        .replace("e2e.", "later."));
        assertThat(server.status(id(later)).body()).isEqualTo(later.body());

        HttpResponse<String> claimed = server.post("/jobs/claims", claim("printer", 30));
        assertThat(claimed.body())
                .startsWith("{\"data\":[{\"id\":\"" + id + "\",\"kind\":\"" + jobKind + "\","
                        + "\"payload\":{\"copies\":2,\"price\":0.10},\"attempt\":1,"
                        + "\"links\":[{\"entity\":\"shop/invoice\"}],\"lease\":{\"token\":");
        long token = token(claimed);
        String end = "2102-10-24T12:35:49.956Z";
        assertThat(server.send("PUT", "/jobs/" + id + "/lease", "{\"token\":" + token + ",\"lease\":\"PT60S\"}")
                        .body())
                .startsWith("{\"data\":{\"token\":" + token + ",\"expiresAt\":\"");
        assertThat(server.send(
                                "PUT",
                                "/jobs/" + id + "/lease",
                                "{\"token\":" + token + ",\"progress\":40,\"eta\":\"2027-01-01T00:00:00Z\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.status(id).body()).contains("\"eta\":\"2027-01-01T00:00:00.000Z\"");
        assertThat(server.get("/jobs?status=PENDING").body())
                .contains("\"progress\":40", "\"worker\":\"printer\"", "\"attempt\":1", "\"owner\":\"sandbox\"")
                .doesNotContain("copies", end);

        HttpResponse<String> done = done(server, id, token);
        assertThat(done.body()).contains("\"href\":\"invoice/7\"}],\"status\":\"DONE\"");
        assertThat(done(server, id, token).body()).isEqualTo(done.body());
        assertThat(server.status(id).body()).isEqualTo(done.body());
        HttpResponse<String> late =
                server.post("/jobs/" + id + "/failed", "{\"token\":" + token + ",\"error\":\"no\",\"retry\":false}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("\"type\":\"request_conflict\"", "\"status\":\"DONE\"");
    }

    @Test
    void one_key_sent_to_two_nodes_at_once_keeps_one_job_and_gets_equal_answers() throws Exception {
        ServerProcess a = shared("a");
        ServerProcess b = shared("b");
        List<ServerProcess> nodes = List.of(a, b);
        List<String> answers = together(64, () -> {
            ServerProcess node = nodes.get((int) (Thread.currentThread().getId() % 2));
            HttpResponse<String> answer = node.post("/jobs", newJob, "Idempotency-Key", "invoice-7");
            return answer.statusCode() + answer.headers().firstValue("location").orElse("") + answer.body();
        });

        assertThat(answers).containsOnly(answers.get(0)).hasSize(64);
        assertThat(a.post("/jobs", newJob.replace("print", "scan"), "Idempotency-Key", "invoice-7")
                        .statusCode())
                .isEqualTo(422);
        assertThat(found(
                        "\"data\":(\\[.*\\]),\"paging\"",
                        b.get("/jobs?kind=" + jobKind).body()))
                .containsOnlyOnce("\"status\"");
    }

    /** Other clients read the same jobs all the time, so that the server batches and caches reads. */
    @Test
    @Tag("soak")
    void a_read_that_begins_after_an_acknowledged_outcome_never_answers_pending_on_any_node() throws Exception {
        ServerProcess a = shared("a");
        ServerProcess b = shared("b");
        ExecutorService readers = Executors.newFixedThreadPool(8);
        try {
            current = id(a.post("/jobs", newJob));
            for (ServerProcess node : List.of(a, a, a, a, b, b, b, b)) {
                readers.execute(() -> {
                    while (!current.isEmpty()) {
                        node.status(current);
                    }
                });
            }
            for (int round = 0; round < Integer.getInteger("fresh.rounds", 20); round++) {
                String id = current;
                long token = token(awaitClaim(a, "fresh"));
                ServerProcess settling = round % 2 == 0 ? a : b;
                assertThat(done(settling, id, token).statusCode()).isEqualTo(200);
                assertThat(a.status(id).body()).contains("\"status\":\"DONE\"");
                assertThat(b.status(id).body())
                        .contains("\"status\":\"DONE\"")
                        .isEqualTo(a.status(id).body());
                current = id(b.post("/jobs", newJob));
            }
            current = "";
            readers.shutdown();
            assertThat(readers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            current = "";
            readers.shutdownNow();
        }
    }

    @Test
    void of_64_claims_at_once_on_two_nodes_one_gets_the_job() throws Exception {
        ServerProcess a = shared("a");
        ServerProcess b = shared("b");
        List<ServerProcess> nodes = List.of(a, b);
        id(a.post("/jobs", newJob));

        List<String> answers = together(
                64,
                () -> nodes.get((int) (Thread.currentThread().getId() % 2))
                        .post("/jobs/claims", claim("one-of-many", 30))
                        .body());

        assertThat(answers).filteredOn(answer -> answer.contains("\"token\"")).hasSize(1);
        assertThat(answers).filteredOn("{\"data\":[]}"::equals).hasSize(63);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void a_lost_lease_is_claimable_within_a_second_and_its_worker_gets_409(String kind) throws SQLException {
        ServerProcess server = shared(kind.equals("h2") ? "h2" : "a");
        String id = id(server.post("/jobs", newJob));
        HttpResponse<String> first = server.post("/jobs/claims", claim("sleeper", 2));
        long claimedAt = System.nanoTime();

        HttpResponse<String> second = awaitClaim(server, "waker");
        assertThat(Duration.ofNanos(System.nanoTime() - claimedAt))
                .isBetween(Duration.ofMillis(1500), Duration.ofSeconds(3));
        assertThat(token(second)).isGreaterThan(token(first));
        HttpResponse<String> done = done(server, id, token(second));
        assertThat(done.statusCode()).isEqualTo(200);

        HttpResponse<String> late = server.post(
                "/jobs/" + id + "/failed", "{\"token\":" + token(first) + ",\"error\":\"x\",\"retry\":true}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(late.body()).contains("lease_lost", "invoice/7");
        assertThat(server.send("PUT", "/jobs/" + id + "/lease", "{\"token\":" + token(first) + "}")
                        .statusCode())
                .isEqualTo(409);
        assertThat(server.status(id).body()).isEqualTo(done.body());
    }

    @Test
    void what_a_killed_server_acknowledged_is_known_to_the_next_on_h2() throws SQLException {
        assertKnownAfterKill("h2");
    }

    @Test
    @Tag("soak")
    void what_a_killed_server_acknowledged_is_known_to_the_next_on_postgresql() throws SQLException {
        assertKnownAfterKill("postgresql");
    }

    private void assertKnownAfterKill(String kind) throws SQLException {
        String url = database(kind);
        String scheduled;
        String claimed;
        try (ServerProcess server = node(url)) {
            scheduled = server.post("/jobs", newJob, "Idempotency-Key", "k").body();
            claimed = server.post("/jobs/claims", claim("w", 60, ",\"claimId\":\"c1\""))
                    .body();
            server.kill();
        }
        try (ServerProcess again = node(url)) {
            assertThat(again.post("/jobs", newJob, "Idempotency-Key", "k").body())
                    .isEqualTo(scheduled);
            assertThat(again.post("/jobs/claims", claim("w", 60, ",\"claimId\":\"c1\""))
                            .body())
                    .isEqualTo(claimed)
                    .contains("\"token\"");
        }
    }

    @Test
    void a_cancelled_job_has_failed_and_its_worker_gets_the_error_at_its_renewal() throws SQLException {
        ServerProcess server = shared("h2");
        String id = id(server.post("/jobs", newJob));
        long token = token(server.post("/jobs/claims", claim("w", 30)));

        HttpResponse<String> cancelled = server.send("DELETE", "/jobs/" + id, "");
        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(cancelled.body()).contains("\"error\":\"cancelled\"", "\"status\":\"FAILED\"");
        HttpResponse<String> renewal = server.send("PUT", "/jobs/" + id + "/lease", "{\"token\":" + token + "}");
        assertThat(renewal.statusCode()).isEqualTo(409);
        assertThat(renewal.body()).contains("\"error\":\"cancelled\"");
        assertThat(server.status(id).body()).isEqualTo(cancelled.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "a"})
    void the_example_of_a_remote_worker_works(String node) throws Exception {
        URI url = URI.create(shared(node).url());
        String apiKey = ServerProcess.API_KEY;
        Supplier<String> tokens = () -> ServerProcess.TOKEN;
        // README: remote worker
        JobClient client = new JobClient(ClientSettings.of(url, tokens, apiKey)); // tokens: a Supplier<String>
        RemoteHandler mail = job -> {
            job.progress(50, "half of the letters are sent");
            return Outcome.completed("shop/invoice", "invoice/7").withResult("{\"letters\":12}");
        };
        RemoteWorker worker =
                new RemoteWorker(client, Map.of("invoice.mail", mail), RemoteWorkerSettings.named("mailer"));
        worker.start();
        // end
        CompletableFuture<JobState> end = client.schedule(JobRequest.of("invoice.mail", "shop/invoice"))
                .thenCompose(job -> client.await(job.id()));
        JobState done = end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(done.links()).containsExactly(new JobState.Link("shop/invoice", "invoice/7", null));
        ClientSettings all = ClientSettings.of(url, tokens, apiKey).withExtras("progress", "result");
        assertThat(new JobClient(all)
                        .await(done.id())
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .extras())
                .isEqualTo(new JobState.Extras(50.0, "half of the letters are sent", "{\"letters\":12}", null, null));
        worker.close();
    }

    @Test
    void a_batch_of_outcomes_has_a_verdict_for_each() throws SQLException {
        ServerProcess server = shared("h2");
        String one = id(server.post("/jobs", newJob));
        long token = token(server.post("/jobs/claims", claim("w", 30)));

        HttpResponse<String> verdicts = server.post(
                "/jobs/outcomes",
                "[{\"id\":\"%s\",\"token\":%d,\"done\":{%s}},{\"id\":\"%s\",\"token\":0,\"done\":{%s}},{\"id\":\"%s\",\"token\":1,\"failed\":{\"error\":\"no\",\"retry\":false}}]"
                        .formatted(one, token, RESULT, one, RESULT, "00000000-0000-4000-8000-000000000000"));

        assertThat(verdicts.statusCode()).isEqualTo(200);
        assertThat(verdicts.body()).containsSubsequence("\"code\":200", "DONE", "\"code\":422", "\"code\":404");
    }

    @Test
    void a_waiting_claim_gets_a_new_job_and_nothing_when_the_server_stops() throws Exception {
        try (ServerProcess server = node(database("h2"), "ASYNCJOB_HTTP_MAX_WAIT", "20s")) {
            ExecutorService worker = Executors.newSingleThreadExecutor();
            try {
                Future<HttpResponse<String>> waiting =
                        worker.submit(() -> server.post("/jobs/claims", claim("w", 30), "Prefer", "wait=99"));
                awaitInFlight(server);
                String id = id(server.post("/jobs", newJob));
                HttpResponse<String> given = waiting.get(5, TimeUnit.SECONDS);
                assertThat(given.body()).contains(id);
                assertThat(given.headers().firstValue("preference-applied")).contains("wait=20");

                Future<HttpResponse<String>> idle =
                        worker.submit(() -> server.post("/jobs/claims", claim("w", 30), "Prefer", "wait=20"));
                awaitInFlight(server);
                Instant stopping = java.time.Clock.systemUTC().instant();
                assertThat(server.stop()).isZero();
                assertThat(idle.get(5, TimeUnit.SECONDS).body()).isEqualTo("{\"data\":[]}");
                assertThat(java.time.Clock.systemUTC().instant()).isBefore(stopping.plusSeconds(8));
            } finally {
                worker.shutdownNow();
            }
        }
    }

    /**
     * Sends two requests, since the server does not always read requests of two connections in the order of sending.
     */
    private static void awaitInFlight(ServerProcess server) {
        for (int i = 0; i < 2; i++) {
            assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void settings_of_work_are_in_effect() throws IOException, SQLException {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_DB_URL",
                database("h2"),
                "ASYNCJOB_WORK_LEASE_DEFAULT",
                "1s",
                "ASYNCJOB_WORK_RETENTION",
                "2s",
                "ASYNCJOB_WORK_MAX_ATTEMPTS",
                "1",
                "ASYNCJOB_WORK_EXPECTED_DURATION",
                "1h",
                "ASYNCJOB_WORK_MAX_PENDING",
                "2",
                "ASYNCJOB_WORK_MAX_PENDING_PAYLOADS",
                "1KiB");
        ServerProcess.Credentials client =
                ServerProcess.addClient(folder, environment, "shop", "job:schedule,job:work,composition:read");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String large = newJob.replace("}]}", "}],\"payload\":\"" + "x".repeat(2_000) + "\"}");
            assertThat(server.as(client, "POST", "/jobs", large).statusCode()).isEqualTo(429);
            HttpResponse<String> scheduled = server.as(client, "POST", "/jobs", newJob);
            String id = id(scheduled);
            assertThat(scheduled.headers().firstValueAsLong("retry-after").orElseThrow())
                    .isGreaterThan(3_000);
            id(server.as(client, "POST", "/jobs", newJob.replace("print", "scan")));
            assertThat(server.as(client, "POST", "/jobs", newJob).statusCode()).isEqualTo(429);

            assertThat(server.as(client, "POST", "/jobs/claims", claim("w", 30).replace("\"lease\":\"PT30S\",", ""))
                            .body())
                    .contains(id);
            HttpResponse<String> ended = Eventually.answer(
                    Duration.ofSeconds(4),
                    () -> server.as(client, "GET", "/patients/composition/job/" + id, ""),
                    answer -> !answer.body().contains("PENDING"));
            assertThat(ended.body()).contains("\"error\":\"attempts spent\"");
            assertThat(ended.headers().firstValue("cache-control"))
                    .get()
                    .asString()
                    .containsPattern("max-age=[01],");
            Eventually.answer(
                    Duration.ofSeconds(4),
                    () -> server.as(client, "GET", "/patients/composition/job/" + id, ""),
                    answer -> answer.statusCode() == 404);
        }
    }

    @Test
    void scopes_and_owners_keep_clients_apart() throws IOException, SQLException {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_DB_URL",
                database("h2"));
        ServerProcess.Credentials producer =
                ServerProcess.addClient(folder, environment, "clinic-a", "job:schedule,composition:read");
        ServerProcess.Credentials other =
                ServerProcess.addClient(folder, environment, "clinic-b", "job:schedule,composition:read");
        ServerProcess.Credentials worker = ServerProcess.addClient(folder, environment, "printer", "job:work");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = id(server.as(producer, "POST", "/jobs", newJob));
            String path = "/patients/composition/job/" + id;

            assertThat(server.as(producer, "GET", path, "").statusCode()).isEqualTo(200);
            assertThat(server.as(other, "GET", path, "").statusCode()).isEqualTo(404);
            assertThat(server.as(other, "DELETE", "/jobs/" + id, "").statusCode())
                    .isEqualTo(404);
            assertThat(server.as(worker, "DELETE", "/jobs/" + id, "").statusCode())
                    .isEqualTo(403);
            assertThat(server.as(worker, "POST", "/jobs", newJob).statusCode()).isEqualTo(403);
            assertThat(server.as(producer, "POST", "/jobs/claims", claim("w", 30))
                            .statusCode())
                    .isEqualTo(403);
            assertThat(server.as(producer, "GET", "/jobs", "").body()).contains(id);
            assertThat(server.as(other, "GET", "/jobs", "").body()).isEqualTo("{\"data\":[],\"paging\":{}}");
            assertThat(server.as(worker, "GET", "/jobs", "").statusCode()).isEqualTo(403);
            assertThat(server.as(worker, "POST", "/jobs/claims", claim("w", 30)).body())
                    .contains(id);
            assertThat(server.as(producer, "DELETE", "/jobs/" + id, "").body()).contains("cancelled");
        }
    }
}
