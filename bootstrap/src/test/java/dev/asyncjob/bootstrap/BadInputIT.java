package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.asyncjob.persistence.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sends every request of {@link BadInput}, byte for byte, to the built server on both databases. */
class BadInputIT {
    private static final String ALL_SCOPES = "composition:read,job:schedule,job:work,job:admin";
    private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"");

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:mem:bad";
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

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class OnDatabase {
        @AutoClose
        private @Nullable ServerProcess started;

        private @Nullable Schema schema;
        private ServerProcess.Credentials all = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials few = all;
        private String waiting = "";
        private String claimed = "";

        private ServerProcess server() {
            return Objects.requireNonNull(started);
        }

        abstract String databaseUrl();

        static Stream<BadInput.Case> all() {
            return BadInput.all();
        }

        @BeforeAll
        void start(@TempDir Path folder) throws IOException {
            Map<String, String> environment = Map.of(
                    "ASYNCJOB_DB_URL",
                    databaseUrl(),
                    "ASYNCJOB_AUTH_CLIENTS_FILE",
                    folder.resolve("clients.json").toString());
            all = ServerProcess.addClient(folder, environment, "clinic-a", ALL_SCOPES);
            few = ServerProcess.addClient(folder, environment, "clinic-b", "composition:read");
            ServerProcess server = ServerProcess.start(folder, "serve", environment);
            started = server;
            String job = "{\"kind\":\"seed.%s\",\"links\":[{\"entity\":\"a\"}]}";
            waiting = id(server.as(all, "POST", "/jobs", job.formatted("a")).body());
            claimed = id(server.as(all, "POST", "/jobs", job.formatted("b")).body());
            server.as(all, "POST", "/jobs/claims", "{\"kinds\":[\"seed.b\"],\"max\":1,\"worker\":\"w\"}");
            schema = errorSchema(server.get("/openapi.yaml").body());
        }

        @ParameterizedTest
        @MethodSource("all")
        void gets_its_answer(BadInput.Case bad) {
            String message = filledIn(bad.message());
            RawSocket.Answer answer = RawSocket.send(
                    URI.create(server().url()).getPort(), message.getBytes(StandardCharsets.ISO_8859_1), bad.hangsUp());
            assertThat(bad.allows(answer.status()))
                    .as(() -> answer.status() + " instead of " + bad + "\n" + answer)
                    .isTrue();
            assertThat(answer.header("x-request-id")).isPresent();
            assertThat(answer.header("X-Evil")).isEmpty();
            assertThat(answer.headers())
                    .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("access-control-"));
            if (bad.hangsUp()) {
                assertThat(answer.closed()).as(() -> "closed after " + bad).isTrue();
            }
            if (answer.status() >= 400) {
                assertOnlyAnError(answer, message);
            } else if (answer.status() == 200 && !answer.body().isEmpty()) {
                assertThat(answer.body()).startsWith("{\"data\":").contains(waiting);
            }
            assertThat(answer.header("Allow").isPresent()).isEqualTo(answer.status() == 405 || answer.status() == 204);
            assertThat(answer.header("WWW-Authenticate").isPresent())
                    .isEqualTo(answer.status() == 401
                            || answer.status() == 403
                            || bad.row().equals("A-03"));
        }

        /** S-06: many requests before the client reads the first response. */
        @Test
        void ten_thousand_requests_at_once_on_one_connection_are_answered_in_their_order() throws IOException {
            int count = 10_000;
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < count; i++) {
                requests.append("GET /health/live HTTP/1.1\r\nHost: a\r\nx-request-id: r")
                        .append(i)
                        .append("\r\n\r\n");
            }
            try (Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), URI.create(server().url()).getPort())) {
                socket.setSoTimeout(15_000);
                CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> send(socket, requests.toString()));
                BufferedReader answers =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                int next = 0;
                while (next < count) {
                    String line = Objects.requireNonNull(answers.readLine(), () -> "closed");
                    if (line.startsWith("x-request-id: ")) {
                        assertThat(line).isEqualTo("x-request-id: r" + next++);
                    }
                }
                sent.join();
            }
        }

        private static void send(Socket socket, String text) {
            try {
                socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void assertOnlyAnError(RawSocket.Answer answer, String message) {
            assertThat(answer.header("Cache-Control")).contains("no-store");
            assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
            if (message.startsWith("HEAD ")) {
                assertThat(answer.body()).isEmpty();
                return;
            }
            assertThat(Objects.requireNonNull(schema).validate(answer.body(), InputFormat.JSON))
                    .isEmpty();
            assertThat(answer.body()).startsWith("{\"meta\":{\"code\":" + answer.status() + ",");
            Leaks.assertNoneIn(answer.body(), "the body");
            assertThat(answer.body().replaceFirst("\"url\":\"[^\"]*\"", ""))
                    .doesNotContain("X-Evil", "evil.example", "<html", "javascript", all.token(), all.apiKey());
        }

        private String filledIn(String text) {
            int before = text.indexOf("\r\n\r\n");
            String body = before < 0 ? "" : text.substring(before);
            String filled = text.replace("$AUTH", "Authorization: Bearer $TOKEN\r\napi-key: $KEY")
                    .replace("$TOKEN", all.token())
                    .replace("$KEY", all.apiKey())
                    .replace("$OTHERTOKEN", few.token())
                    .replace("$OTHERKEY", few.apiKey())
                    .replace("$JOB", waiting)
                    .replace("$KEPT", claimed)
                    .replace("$BIG", waiting.toUpperCase(java.util.Locale.ROOT));
            // A value may have another length than its placeholder.
            return body.contains("$")
                    ? filled.replaceFirst(
                            "Content-Length: \\d+",
                            "Content-Length: " + (filled.length() - filled.indexOf("\r\n\r\n") - 4))
                    : filled;
        }

        private static String id(String body) {
            return ID.matcher(body).results().findFirst().orElseThrow().group(1);
        }

        /** Returns the schema of errors from the server's own OpenAPI document. */
        private static Schema errorSchema(String openApi) {
            String schema =
                    "$schema: https://json-schema.org/draft/2020-12/schema\n$ref: '#/components/schemas/Error'\n"
                            + openApi.substring(openApi.indexOf("\ncomponents:") + 1);
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(schema, InputFormat.YAML);
        }
    }
}
