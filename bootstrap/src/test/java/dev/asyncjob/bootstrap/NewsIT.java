package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.JobState;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.JavaProcess;
import dev.asyncjob.persistence.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that wait for changes of their jobs, against the built jar: one node or two, and killed processes. */
class NewsIT {
    private static final String LONG_WAIT = "Prefer: wait=600";
    private static final String KIND = "e2e.news";
    private static final Pattern TOKEN = Pattern.compile("\"token\":([0-9]+)");
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    @TempDir
    private Path folder;

    /** Connects to a database that no node uses, whose statements and connections do not count. */
    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(PostgresServer.shared().url("postgres"));
    }

    private static void execute(String sql, String url) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, name(url));
            statement.execute();
        }
    }

    private static long number(String sql, String url) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, name(url));
            try (ResultSet rs = statement.executeQuery()) {
                rs.next();
                return rs.getLong(1);
            }
        }
    }

    /** Returns the name of the database of a URL. */
    private static String name(String url) {
        return url.replaceFirst(".*/(\\w+)\\?.*", "$1");
    }

    private ServerProcess node(String url, String... settings) {
        Map<String, String> environment = new HashMap<>(Map.of("ASYNCJOB_DB_URL", url));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return ServerProcess.start(folder, "sandbox", environment);
    }

    private static JobClient client(ServerProcess node) {
        return new JobClient(ClientSettings.of(URI.create(node.url()), ServerProcess.TOKEN, ServerProcess.API_KEY));
    }

    private static UUID scheduled(JobClient client) throws Exception {
        return client.schedule(JobRequest.of(KIND, "shop/invoice"))
                .get(30, TimeUnit.SECONDS)
                .id();
    }

    private static long claimed(ServerProcess node) {
        String body = node.post(
                        "/jobs/claims",
                        "{\"kinds\":[\"%s\"],\"max\":1,\"lease\":\"PT60S\",\"worker\":\"w\"}".formatted(KIND))
                .body();
        Matcher token = TOKEN.matcher(body);
        assertThat(token.find()).as(body).isTrue();
        return Long.parseLong(token.group(1));
    }

    private static void done(ServerProcess node, UUID id, long token) {
        String result =
                "{\"token\":%d,\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}]}".formatted(token);
        assertThat(node.post("/jobs/" + id + "/done", result).statusCode()).isEqualTo(200);
    }

    private static void assertDone(CompletableFuture<JobState> end) throws Exception {
        assertThat(end.get(30, TimeUnit.SECONDS).status()).isEqualTo(JobState.Status.DONE);
    }

    @Test
    void a_change_on_one_node_is_known_on_another() throws Exception {
        String database = PostgresServer.shared().newDatabase();
        try (ServerProcess a = node(database);
                ServerProcess b = node(database)) {
            print("one node, waiting", delays(10, a, a));
            print("two nodes, waiting", delays(10, a, b));
            print("two nodes, events", delaysOfEvents(10, a, b));
        }
    }

    @Test
    @Tag("soak")
    void hundreds_of_changes() throws Exception {
        String database = PostgresServer.shared().newDatabase();
        try (ServerProcess a = node(database);
                ServerProcess b = node(database)) {
            delays(200, a, b); // warm
            delaysOfEvents(200, a, b);
            print("one node, waiting", delays(300, a, a));
            print("two nodes, waiting", delays(300, a, b));
            print("one node, events", delaysOfEvents(300, a, a));
            print("two nodes, events", delaysOfEvents(300, a, b));
        }
    }

    /**
     * Measures from the response to the outcome to the response to the waiting client; a negative delay counts as 0.
     */
    private static long[] delays(int count, ServerProcess worker, ServerProcess reader) throws Exception {
        JobClient producer = client(worker);
        JobClient waiting = client(reader);
        long[] delays = new long[count];
        for (int i = 0; i < count; i++) {
            UUID id = scheduled(producer);
            AtomicLong known = new AtomicLong();
            CompletableFuture<JobState> end = waiting.await(id).whenComplete((s, e) -> known.set(System.nanoTime()));
            long token = claimed(worker);
            awaitIdle();
            done(worker, id, token);
            long settled = System.nanoTime();
            assertDone(end);
            delays[i] = Math.max(0, known.get() - settled);
        }
        return delays;
    }

    /**
     * Lets the request begin to wait, so that no race of two requests is measured; the response is correct either way.
     */
    private static void awaitIdle() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(3);
    }

    private static long[] delaysOfEvents(int count, ServerProcess worker, ServerProcess reader) throws Exception {
        JobClient producer = client(worker);
        long[] delays = new long[count];
        for (int i = 0; i < count; i++) {
            UUID id = scheduled(producer);
            try (Socket socket = open(reader, id, "Accept: text/event-stream")) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                awaitData(in, "PENDING");
                CompletableFuture<Long> known = CompletableFuture.supplyAsync(() -> {
                    awaitData(in, "DONE");
                    return System.nanoTime();
                });
                long token = claimed(worker);
                done(worker, id, token);
                long settled = System.nanoTime();
                delays[i] = Math.max(0, known.get(30, TimeUnit.SECONDS) - settled);
            }
        }
        return delays;
    }

    private static void awaitData(BufferedReader in, String status) {
        try {
            String line = in.readLine();
            while (!line.startsWith("data: ") || !line.contains(status)) {
                line = in.readLine();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Socket open(ServerProcess node, UUID id, String... headers) throws IOException {
        URI url = URI.create(node.url());
        Socket socket = new Socket(url.getHost(), url.getPort());
        socket.setSoTimeout(60_000);
        String request =
                "GET /patients/composition/job/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\napi-key: %s\r\n%s\r\n\r\n"
                        .formatted(id, ServerProcess.TOKEN, ServerProcess.API_KEY, String.join("\r\n", headers));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static void print(String what, long[] delays) {
        Arrays.sort(delays);
        System.out.printf(
                "NewsIT: %s: acknowledged to known p50 %.1f, p99 %.1f, slowest %.1f ms (%d jobs)%n",
                what,
                delays[delays.length / 2] / 1e6,
                delays[delays.length * 99 / 100] / 1e6,
                delays[delays.length - 1] / 1e6,
                delays.length);
        assertThat(Duration.ofNanos(delays[delays.length / 2]))
                .as("with signals; without them a client knows at the next tick")
                .isLessThan(Duration.ofSeconds(1));
        assertThat(Duration.ofNanos(delays[delays.length - 1])).isLessThan(Duration.ofSeconds(6));
    }

    @Test
    @Tag("soak")
    void after_closed_database_connections_every_response_is_correct() throws Exception {
        String database = PostgresServer.shared().newDatabase();
        try (ServerProcess a = node(database);
                ServerProcess b = node(database)) {
            UUID id = scheduled(client(a));
            long token = claimed(a);
            CompletableFuture<JobState> end = client(b).await(id);
            try (Socket events = open(b, id, "Accept: text/event-stream")) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(events.getInputStream(), StandardCharsets.UTF_8));
                awaitData(in, "PENDING");
                // A later wait has ended, so the earlier ones are registered; a new one may get 503 or an early end.
                assertThat(b.status(id.toString(), "Prefer", "wait=1").body()).contains("PENDING");
                execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = ?", database);
                Eventually.answer(
                        Duration.ofSeconds(30),
                        () -> a.post("/jobs/" + id + "/done", result(token)),
                        answer -> answer.statusCode() == 200);
                assertDone(end);
                awaitData(in, "DONE");
            }
        }
    }

    @Test
    @Tag("soak")
    void after_a_restart_of_the_database_every_response_is_correct() throws Exception {
        try (PostgresServer postgres = PostgresServer.start()) {
            String database = postgres.newDatabase();
            try (ServerProcess a = node(database);
                    ServerProcess b = node(database)) {
                UUID id = scheduled(client(a));
                long token = claimed(a);
                CompletableFuture<JobState> end = client(b).await(id);
                try (Socket waiting = open(b, id, "Prefer: wait=50", "Connection: close")) {
                    // A later wait has ended, so the earlier ones are registered; a new one may get 503 or an early
                    // end.
                    assertThat(b.status(id.toString(), "Prefer", "wait=1").body())
                            .contains("PENDING");
                    postgres.stop();
                    assertThat(b.status(id.toString()).statusCode()).isEqualTo(503);
                    postgres.restart();
                    Eventually.answer(
                            Duration.ofSeconds(30),
                            () -> a.post("/jobs/" + id + "/done", result(token)),
                            answer -> answer.statusCode() == 200);
                    assertDone(end);
                    assertThat(new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .startsWith("HTTP/1.1 200")
                            .contains("DONE");
                }
            }
        }
    }

    private static String result(long token) {
        return "{\"token\":%d,\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}]}".formatted(token);
    }

    @Test
    @Tag("soak")
    void the_client_repeats_its_request_when_a_killed_node_is_back() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        String database = PostgresServer.shared().newDatabase();
        try (ServerProcess a = node(database)) {
            ServerProcess b = node(database, "ASYNCJOB_HTTP_PORT", Integer.toString(port));
            UUID id = scheduled(client(a));
            CompletableFuture<JobState> end = client(b).await(id);
            List<String> statuses = new ArrayList<>();
            CompletableFuture<JobState> watched =
                    client(b).watch(id, state -> statuses.add(state.status().name()));
            Eventually.answer(Duration.ofSeconds(30), () -> statuses, some -> !some.isEmpty());
            b.kill();
            b.close();
            done(a, id, claimed(a));

            try (ServerProcess again = node(database, "ASYNCJOB_HTTP_PORT", Integer.toString(port))) {
                assertDone(end);
                assertDone(watched);
                assertThat(statuses).startsWith("PENDING").endsWith("DONE");
                assertThat(statuses.subList(1, statuses.size() - 1)) // an eta that passes is a change, too
                        .allMatch("PENDING"::equals);
                assertThat(again.url()).isEqualTo(b.url());
            }
        }
    }

    @Test
    void a_stopping_node_answers_all_waiting_requests() throws Exception {
        try (ServerProcess node = node("jdbc:h2:file:" + folder.resolve("jobs"))) {
            UUID id = scheduled(client(node));
            try (Socket waiting = open(node, id, "Prefer: wait=50", "Connection: close");
                    Socket events = open(node, id, "Accept: text/event-stream")) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(events.getInputStream(), StandardCharsets.UTF_8));
                awaitData(in, "PENDING");

                assertThat(node.stop()).isZero();

                assertThat(new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 200")
                        .contains("PENDING");
            }
        }
    }

    @Test
    @Tag("soak")
    void the_exit_code_of_a_command_shows_its_result() throws Exception {
        try (ServerProcess node = node("jdbc:h2:mem:")) {
            Map<String, String> environment = Map.of(
                    "ASYNCJOB_URL",
                    node.url(),
                    "ASYNCJOB_TOKEN",
                    ServerProcess.TOKEN,
                    "ASYNCJOB_API_KEY",
                    ServerProcess.API_KEY);
            UUID id = scheduled(client(node));
            assertThat(command(environment, 1, "status", id.toString())).contains("status: PENDING", "expected: ");
            JavaProcess watching = ServerProcess.command(folder, environment, "watch", id.toString())
                    .start();
            assertThat(watching.nextLine()).startsWith("PENDING, expected at ");
            done(node, id, claimed(node));
            assertThat(watching.waitFor(Duration.ofMinutes(1))).isZero();
            assertThat(command(environment, 0, "status", id.toString()))
                    .contains("status: DONE", "link: shop/invoice invoice/7");

            UUID cancelled = scheduled(client(node));
            assertThat(node.send("DELETE", "/jobs/" + cancelled, "").statusCode())
                    .isEqualTo(200);
            assertThat(command(environment, 2, "watch", cancelled.toString()))
                    .contains("status: FAILED", "error: cancelled");
            assertThat(command(environment, 3, "status", UUID.randomUUID().toString()))
                    .isEmpty();
            assertThat(command(Map.of("ASYNCJOB_URL", node.url()), 4, "status", id.toString()))
                    .isEmpty();
        }
    }

    private String command(Map<String, String> environment, int exitCode, String... arguments) {
        ServerProcess.Ended ended = ServerProcess.run(folder, environment, arguments);
        assertThat(ended.exitCode()).isEqualTo(exitCode);
        return ended.output();
    }

    @Test
    @Tag("soak")
    void five_thousand_requests_wait_on_one_node() throws Exception {
        int count = 5_000;
        String database = PostgresServer.shared().newDatabase();
        List<Socket> sockets = new ArrayList<>();
        try (ServerProcess node = node(
                database,
                "ASYNCJOB_HTTP_MAX_WAIT",
                "10m",
                "ASYNCJOB_HTTP_HELD_READS",
                "5000",
                "ASYNCJOB_HTTP_MAX_CONNECTIONS",
                "20000")) {
            double idle = transactionsPerSecond(database);
            JobClient client = client(node);
            List<UUID> ids = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ids.add(scheduled(client));
            }
            for (UUID id : ids.subList(0, 200)) { // warm: the first fill pools of buffers
                sockets.add(open(node, id, LONG_WAIT));
            }
            long heapBefore = heapKiB(node);
            long residentBefore = residentKiB(node);
            for (UUID id : ids.subList(200, count)) {
                sockets.add(open(node, id, LONG_WAIT));
            }
            double waiting = Eventually.answer(
                    Duration.ofMinutes(2), () -> transactionsPerSecond(database), now -> now - idle < 5);
            long threads =
                    node.threads().lines().filter(line -> line.startsWith("\"")).count();
            double more = count - 200;
            long[] reads = new long[500];
            for (int i = 0; i < reads.length; i++) {
                long start = System.nanoTime();
                assertThat(node.status(ids.get(i).toString()).statusCode()).isEqualTo(200);
                reads[i] = System.nanoTime() - start;
            }
            Arrays.sort(reads);
            System.out.printf(
                    "NewsIT: %d waits: %d threads in all, %.1f KiB of heap and %.1f KiB resident each, %.1f transactions/s"
                            + " (%.1f without waits), reads p50 %.1f, p99 %.1f ms%n",
                    count,
                    threads,
                    (heapKiB(node) - heapBefore) / more,
                    (residentKiB(node) - residentBefore) / more,
                    waiting,
                    idle,
                    reads[250] / 1e6,
                    reads[495] / 1e6);
            assertThat(threads).as("250 of Jetty and those of the server").isLessThan(320);
            assertThat(waiting - idle).isLessThan(5);
            long finishing = System.nanoTime();
            for (UUID id : ids) {
                assertThat(node.send("DELETE", "/jobs/" + id, "").statusCode()).isEqualTo(200);
            }
            for (Socket socket : sockets) {
                BufferedReader answer =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                assertThat(answer.readLine()).as(node::log).isEqualTo("HTTP/1.1 200 OK");
                while (!answer.readLine().isEmpty()) {}
                char[] body = new char[200];
                assertThat(new String(body, 0, answer.read(body))).contains("\"doneAt\"");
            }
            System.out.printf("NewsIT: all cancelled and answered in %.1f s%n", (System.nanoTime() - finishing) / 1e9);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Measures ten seconds without requests; PostgreSQL counts what a connection did up to ten seconds late. */
    private static double transactionsPerSecond(String database) {
        String transactions = "select xact_commit from pg_stat_database where datname = ?";
        try {
            TimeUnit.SECONDS.sleep(12);
            long before = number(transactions, database);
            TimeUnit.SECONDS.sleep(10);
            return (number(transactions, database) - before) / 10.0;
        } catch (InterruptedException | SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the used heap after a collection. */
    private static long heapKiB(ServerProcess node) throws IOException {
        node.jcmd("GC.run");
        Matcher used = Pattern.compile("used (\\d+)K").matcher(node.jcmd("GC.heap_info"));
        assertThat(used.find()).isTrue();
        return Long.parseLong(used.group(1));
    }

    private static long residentKiB(ServerProcess node) throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc/" + node.pid() + "/status")));
        assertThat(resident.find()).isTrue();
        return Long.parseLong(resident.group(1));
    }
}
