package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobState;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.JavaProcess;
import dev.asyncjob.persistence.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The built jar in other processes, with real databases, requests and kills. */
class EndToEndIT {
    private static final String COMPOSITION = "0daaad78-6cfb-11ea-9cd6-afab698838bc";
    private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private static Map<String, String> environment(String... pairs) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            environment.put(pairs[i], pairs[i + 1]);
        }
        return environment;
    }

    /** Returns the URL of an empty database that outlives its server. */
    private String database(String kind) {
        return kind.equals("h2")
                ? "jdbc:h2:file:" + folder.resolve("jobs")
                : PostgresServer.shared().newDatabase();
    }

    private ServerProcess sandbox(String... environment) {
        return ServerProcess.start(folder, "sandbox", environment(environment));
    }

    private static String id(HttpResponse<String> planned) {
        assertThat(planned.statusCode()).isEqualTo(200);
        Matcher matcher = ID.matcher(planned.body());
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static HttpResponse<String> awaitEnd(ServerProcess server, String id) {
        return Eventually.answer(
                PATIENCE, () -> server.status(id), answer -> !answer.body().contains("PENDING"));
    }

    @Test
    void a_signed_composition_is_pending_and_then_done() throws Exception {
        try (ServerProcess server = sandbox("ASYNCJOB_SANDBOX_DURATION", "1s")) {
            assertThat(server.output()).contains("(h2)");
            HttpResponse<String> planned = server.sign(COMPOSITION);
            assertThat(planned.body())
                    .contains("\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"");

            List<UUID> all = IntStream.range(0, 3)
                    .mapToObj(i -> UUID.fromString(id(server.sign(COMPOSITION))))
                    .toList();
            CompletableFuture<Map<UUID, JobState>> end = client(server).awaitAll(all);

            HttpResponse<String> done = awaitEnd(server, id(planned));
            assertThat(done.body())
                    .contains("\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/" + COMPOSITION
                            + "\"}],\"status\":\"DONE\"");
            assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).keySet()).containsExactlyElementsOf(all);
            assertThat(server.stop()).isZero();
        }
    }

    @Test
    void one_request_at_the_eta_is_enough() {
        try (ServerProcess server = sandbox("ASYNCJOB_SANDBOX_DURATION", "1s..2s")) {
            HttpResponse<String> planned = server.sign(COMPOSITION);
            Matcher eta = Pattern.compile("\"eta\":\"([^\"]+)\"").matcher(planned.body());
            assertThat(eta.find()).isTrue();
            Instant due = Instant.parse(eta.group(1));
            Eventually.answer(
                    PATIENCE, () -> java.time.Clock.systemUTC().instant(), now -> now.isAfter(due.plusMillis(500)));
            assertThat(server.status(id(planned)).body()).contains("\"status\":\"DONE\"");
        }
    }

    @Test
    void a_failing_sandbox_answers_with_documented_errors() {
        try (ServerProcess server = sandbox("ASYNCJOB_SANDBOX_DURATION", "0s", "ASYNCJOB_SANDBOX_FAILURE_RATE", "1")) {
            HttpResponse<String> failed = awaitEnd(server, id(server.sign(COMPOSITION)));
            assertThat(failed.body()).contains("\"status\":\"FAILED\"").containsPattern("\"error\":\"100[0-6]: [A-Z]");
        }
    }

    @ParameterizedTest
    @Tag("soak")
    @ValueSource(strings = {"h2", "postgresql"})
    void a_job_survives_the_kill_of_its_server_and_ends(String kind) throws SQLException {
        String url = database(kind);
        String id;
        try (ServerProcess server = sandbox("ASYNCJOB_DB_URL", url, "ASYNCJOB_SANDBOX_DURATION", "4s")) {
            assertThat(server.output()).contains("(" + kind + ")");
            id = id(server.sign(COMPOSITION));
            server.kill();
        }
        try (ServerProcess again = sandbox("ASYNCJOB_DB_URL", url)) {
            assertThat(awaitEnd(again, id).body()).contains("\"status\":\"DONE\"");
        }
    }

    @Test
    @Tag("soak")
    void two_nodes_on_one_postgresql_answer_the_same_bytes() throws Exception {
        String url = database("postgresql");
        try (ServerProcess a = sandbox("ASYNCJOB_DB_URL", url, "ASYNCJOB_SANDBOX_DURATION", "1s");
                ServerProcess b = sandbox("ASYNCJOB_DB_URL", url)) {
            String id = id(a.sign(COMPOSITION));
            assertThat(b.status(id).statusCode()).isEqualTo(200);
            JobState seen = client(b)
                    .awaitAll(List.of(UUID.fromString(id)))
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .get(UUID.fromString(id));
            assertThat(seen).extracting(JobState::statusText).isEqualTo("DONE");
            HttpResponse<String> onA = awaitEnd(a, id);
            HttpResponse<String> onB = b.status(id);
            assertThat(onB.body()).isEqualTo(onA.body());
            String tag = onA.headers().firstValue("etag").orElseThrow();
            assertThat(onB.headers().firstValue("etag")).contains(tag);
            assertThat(b.status(id, "If-None-Match", tag).statusCode()).isEqualTo(304);
        }
    }

    @Test
    @Tag("soak")
    void several_nodes_start_at_once_on_an_empty_postgresql() throws SQLException {
        String url = database("postgresql");
        List<JavaProcess> nodes = IntStream.range(0, 3)
                .mapToObj(i -> ServerProcess.command(folder, environment("ASYNCJOB_DB_URL", url), "migrate")
                        .start())
                .toList();
        for (JavaProcess node : nodes) {
            assertThat(node.waitFor(Duration.ofMinutes(1))).isZero();
        }
    }

    @Test
    void the_contracts_examples_are_answered_byte_for_byte_on_h2() throws Exception {
        assertContractsExamples("h2");
    }

    @Test
    @Tag("soak")
    void the_contracts_examples_are_answered_byte_for_byte_on_postgresql() throws Exception {
        assertContractsExamples("postgresql");
    }

    private void assertContractsExamples(String kind) throws Exception {
        String url = database(kind);
        Map<String, String> environment = environment("ASYNCJOB_DB_URL", url);
        assertThat(ServerProcess.run(folder, environment, "migrate").exitCode()).isZero();
        String pending = UUID.randomUUID().toString();
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            insert(
                    statement,
                    "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59",
                    "DONE",
                    "'composition/" + COMPOSITION + "'",
                    "null");
            insert(
                    statement,
                    "89678f60-4cdc-4fe3-ae83-e8b3ebd35c60",
                    "FAILED",
                    "null",
                    "'1002: Composition for a given subject already exists'");
            insert(statement, pending, "PENDING", "null", "null");
        }
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            assertThat(server.status("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59").body())
                    .isEqualTo(
                            "{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/0daaad78-6cfb-11ea-9cd6-afab698838bc\"}],\"status\":\"DONE\"}}");
            assertThat(server.status("89678f60-4cdc-4fe3-ae83-e8b3ebd35c60").body())
                    .isEqualTo(
                            "{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c60\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"error\":\"1002: Composition for a given subject already exists\"}],\"status\":\"FAILED\"}}");
            assertThat(server.status(pending).body())
                    .isEqualTo("{\"data\":{\"eta\":\"2102-10-24T12:35:49.956Z\",\"id\":\"" + pending
                            + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}");
            assertManyAreAnsweredTogether(
                    server,
                    List.of(
                            "89678f60-4cdc-4fe3-ae83-e8b3ebd35c60",
                            UUID.randomUUID().toString(),
                            pending,
                            "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59"));
        }
    }

    private static long retryAfter(HttpResponse<String> answer) {
        return Long.parseLong(answer.headers().firstValue("retry-after").orElseThrow());
    }

    /** A failed job, one that does not exist, a pending one and a done one. */
    private void assertManyAreAnsweredTogether(ServerProcess server, List<String> ids) throws Exception {
        String body = ids.stream().collect(Collectors.joining("\",\"", "{\"ids\":[\"", "\"]}"));
        HttpResponse<String> answer = server.send("QUERY", "/patients/composition/job", body);
        List<String> entries = new ArrayList<>();
        for (String id : ids) {
            HttpResponse<String> one = server.status(id);
            entries.add(
                    one.statusCode() == 404
                            ? "{\"id\":\"" + id + "\",\"status\":404}"
                            : one.body().replaceFirst("^\\{\"data\":", "").replaceFirst("}$", ""));
        }
        assertThat(answer.body()).isEqualTo("{\"data\":[" + String.join(",", entries) + "]}");
        long alone = retryAfter(server.status(ids.get(2)));
        assertThat(retryAfter(answer)).as("asked some requests before").isBetween(alone, alone + 30);
        String tag = answer.headers().firstValue("etag").orElseThrow();
        assertThat(server.post("/patients/composition/job/statuses", body).body())
                .isEqualTo(answer.body());
        assertThat(server.post("/patients/composition/job/statuses", body, "If-None-Match", tag)
                        .statusCode())
                .isEqualTo(304);

        Map<UUID, JobState> found = client(server)
                .statuses(ids.stream().map(UUID::fromString).toList())
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(found.values().stream().map(JobState::statusText)).containsExactly("FAILED", "PENDING", "DONE");
        Map<String, String> environment = environment(
                "ASYNCJOB_URL",
                server.url(),
                "ASYNCJOB_TOKEN",
                ServerProcess.TOKEN,
                "ASYNCJOB_API_KEY",
                ServerProcess.API_KEY);
        List<String> words = new ArrayList<>(List.of("status"));
        words.addAll(ids);
        ServerProcess.Ended printed = ServerProcess.run(folder, environment, words.toArray(String[]::new));
        assertThat(printed.output())
                .isEqualTo("%s FAILED\n%s not found\n%s PENDING\n%s DONE\n".formatted(ids.toArray()));
        assertThat(printed.errors()).isEmpty();
        assertThat(printed.exitCode()).isEqualTo(3);
    }

    private static JobClient client(ServerProcess server) {
        return new JobClient(ClientSettings.of(URI.create(server.url()), ServerProcess.TOKEN, ServerProcess.API_KEY));
    }

    private static void insert(Statement statement, String id, String status, String href, String failure)
            throws SQLException {
        boolean ended = !status.equals("PENDING");
        statement.execute("""
                insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from, planned_at,
                  ended_at, kept_until, failure, fingerprint)
                values ('%s', 'sandbox', 'composition.sign', '%s', array['eHealth/composition'],
                  cast(array[%s] as varchar array), timestamp with time zone '2022-10-24 12:35:46.956+00:00',
                  timestamp with time zone '2102-10-24 12:35:46.956+00:00',
                  timestamp with time zone '2102-10-24 12:35:49.956+00:00', %s, %s, %s, '')
                """.formatted(
                        id,
                        status,
                        href,
                        ended ? "timestamp with time zone '2022-10-24 12:35:51.201+00:00'" : "null",
                        ended ? "timestamp with time zone '2102-10-24 12:35:51.201+00:00'" : "null",
                        failure));
    }

    @Test
    void a_lost_database_is_reported_quickly_and_a_restarted_one_is_used_at_once() throws Exception {
        try (PostgresServer postgres = PostgresServer.start();
                ServerProcess server = sandbox("ASYNCJOB_DB_URL", postgres.newDatabase())) {
            String id = id(server.sign(COMPOSITION));
            String ids = "{\"ids\":[\"" + id + "\"]}";
            assertThat(server.send("QUERY", "/patients/composition/job", ids).body())
                    .contains(id, "\"status\":\"");
            postgres.stop();

            assertThat(server.send("QUERY", "/patients/composition/job", ids).statusCode())
                    .isEqualTo(503);
            for (int i = 0; i < 5; i++) {
                long asked = System.nanoTime();
                HttpResponse<String> answer = server.status(id);
                Duration took = Duration.ofNanos(System.nanoTime() - asked);
                assertThat(answer.statusCode()).isEqualTo(503);
                assertThat(answer.headers().firstValue("retry-after")).isPresent();
                assertThat(took).isLessThan(Duration.ofSeconds(3));
            }
            Eventually.answer(
                    Duration.ofSeconds(4), () -> server.get("/health/ready"), answer -> answer.statusCode() == 503);
            assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
            Eventually.answer(
                    Duration.ofSeconds(5),
                    server::log,
                    log -> log.contains("\"route\":\"GET /health/ready\",\"status\":503"));

            postgres.restart();
            Eventually.answer(Duration.ofSeconds(2), () -> server.status(id), answer -> answer.statusCode() == 200);
            // The server checks the store once a second for all readiness requests.
            Eventually.answer(
                    Duration.ofSeconds(2), () -> server.get("/health/ready"), answer -> answer.statusCode() == 200);
            assertThat(awaitEnd(server, id).body()).contains("\"status\":\"DONE\"");
            assertThat(server.log()).as("probes that succeed").doesNotContain("/health/live");
        }
    }

    @Test
    void without_credentials_it_refuses_to_serve() throws IOException {
        ServerProcess.Ended ended = ServerProcess.run(folder, Map.of(), "serve");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.errors())
                .contains("ASYNCJOB_AUTH_CLIENTS_FILE", "client add")
                .hasLineCount(1);
    }

    @Test
    void a_client_added_by_the_command_line_has_access_until_it_is_revoked() throws IOException {
        Path clients = folder.resolve("clients.json");
        Map<String, String> environment = environment(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                clients.toString(),
                "ASYNCJOB_DB_URL",
                "jdbc:h2:file:" + folder.resolve("jobs"));
        String printed = ServerProcess.run(
                        folder, environment, "client", "add", "clinic-a", "--scopes", "composition:read")
                .output();
        assertThat(printed).matches("api-key: ajk_[A-Za-z0-9]{49}\ntoken: ajt_[A-Za-z0-9]{49}\n");
        assertThat(Files.readString(clients)).doesNotContain("ajk_", "ajt_");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(clients)))
                .isEqualTo("rw-------");

        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            HttpRequest.Builder asked = HttpRequest.newBuilder(
                            URI.create(server.url() + "/patients/composition/job/" + UUID.randomUUID()))
                    .header("api-key", printed.lines().toList().get(0).substring("api-key: ".length()))
                    .header(
                            "Authorization",
                            "Bearer " + printed.lines().toList().get(1).substring("token: ".length()));
            assertThat(ServerProcess.send(asked).statusCode()).isEqualTo(404);
            assertThat(server.status(UUID.randomUUID().toString()).statusCode()).isEqualTo(401);

            assertThat(server.get("/openapi.yaml").body())
                    .contains("\n  /patients/composition/job/{asyncJobId}:\n")
                    .doesNotContain("/sign:");

            ServerProcess.Ended doctor = ServerProcess.run(folder, environment, "doctor");
            assertThat(doctor.output()).contains("open in another process").doesNotContain("warning ", "fault ");
            assertThat(doctor.exitCode()).isZero();

            assertThat(ServerProcess.run(folder, environment, "client", "revoke", "clinic-a")
                            .exitCode())
                    .isZero();
            Eventually.answer(Duration.ofSeconds(5), () -> ServerProcess.send(asked), r -> r.statusCode() == 401);
            assertThat(server.stop()).isZero();
        }
    }

    @Test
    void the_printed_tour_can_be_pasted_into_a_shell() throws Exception {
        try (ServerProcess server = sandbox("ASYNCJOB_SANDBOX_DURATION", "1s")) {
            String tour = Eventually.answer(
                    Duration.ofSeconds(5), server::output, printed -> printed.contains("Page for operators: "));
            assertThat(tour)
                    .contains("\ntoken: " + ServerProcess.TOKEN + "\napi-key: " + ServerProcess.API_KEY + "\n")
                    .contains("\nexport API=%s TOKEN=%s API_KEY=%s\n"
                            .formatted(server.url(), ServerProcess.TOKEN, ServerProcess.API_KEY));
            String commands = tour.lines()
                    .filter(line -> line.matches("(export|JOB=|curl).*"))
                    .map(line -> line.startsWith("curl") ? line + "; echo" : line)
                    .collect(Collectors.joining("\n"));
            Process shell = new ProcessBuilder("sh", "-e", "-c", commands).start();
            List<String> answers = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            assertThat(shell.waitFor()).isZero();
            assertThat(answers).hasSize(2).allMatch(answer -> answer.contains("\"status\":\"DONE\""));
            assertThat(answers.get(0)).contains("{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}");
            assertThat(answers.get(1)).contains("{\"entity\":\"eHealth/composition\",\"href\":\"composition/");
        }
    }

    @Test
    void metrics_are_on_the_management_port_only() {
        try (ServerProcess server = sandbox()) {
            server.status(UUID.randomUUID().toString());
            String counted =
                    "http_server_requests_seconds_count{method=\"GET\",route=\"/patients/composition/job/{asyncJobId}\",status=\"404\"} 1";
            // The server counts a request after its response.
            Eventually.answer(Duration.ofSeconds(5), server::metrics, metrics -> metrics.contains(counted));
            assertThat(server.get("/metrics").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void a_stopping_server_is_not_ready_and_still_answers() {
        try (ServerProcess server = sandbox("ASYNCJOB_SANDBOX_DURATION", "0s")) {
            String id = id(server.sign(COMPOSITION));
            server.terminate();
            Eventually.answer(Duration.ofSeconds(1), () -> server.get("/health/ready"), r -> r.statusCode() == 503);
            assertThat(server.status(id).statusCode()).isEqualTo(200);
            assertThat(server.stop()).isZero();
        }
    }

    @Test
    void a_folder_that_cannot_be_written_is_reported_in_one_line() throws IOException {
        ServerProcess.Ended ended =
                ServerProcess.run(folder, environment("ASYNCJOB_DB_URL", "jdbc:h2:file:/proc/nowhere/jobs"), "migrate");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.output()).isEmpty();
        assertThat(ended.errors()).startsWith("asyncjob: ").hasLineCount(1).doesNotContain("\tat ");
    }

    @Test
    void wrong_settings_are_all_reported_at_once() throws IOException {
        ServerProcess.Ended ended = ServerProcess.run(
                folder,
                environment("ASYNCJOB_HTTP_PROT", "1", "ASYNCJOB_DB_POOL_SIZE", "many", "ASYNCJOB_HTTP_PORT", "70000"),
                "serve");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.errors())
                .contains(
                        "ASYNCJOB_HTTP_PROT",
                        "ASYNCJOB_HTTP_PORT",
                        "ASYNCJOB_DB_POOL_SIZE",
                        "ASYNCJOB_AUTH_CLIENTS_FILE")
                .hasLineCount(4);
    }
}
