package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the built server writes, in both formats, and what its first pages say. */
class LogFormatIT {
    private static final String STATUS = "/patients/composition/job/";
    private static final String TEXT =
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z (ERROR|WARN |INFO ) \\[[^]]+] [\\w.]+ - .*";
    private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path folder;

    @Test
    void every_line_is_an_object_and_requests_name_their_job() throws Exception {
        Map<String, String> environment = Map.of("ASYNCJOB_LOG_FORMAT", "json", "ASYNCJOB_LOG_PROBES", "true");
        String job = UUID.randomUUID().toString();
        try (ServerProcess server = start(environment)) {
            workAllRoutes(server, job);
            assertThat(server.stop()).isZero();
            List<JsonNode> lines = objects(server);
            assertThat(lines).allSatisfy(LogFormatIT::isWhole);
            assertThat(lines.stream().filter(line -> line.path("job").asText().equals(job)))
                    .extracting(line -> line.path("route").asText())
                    .contains(
                            "POST /jobs",
                            "GET /jobs/{id}",
                            "GET /jobs/{id}/explain",
                            "PUT /jobs/{id}/lease",
                            "POST /jobs/{id}/done",
                            "POST /jobs/{id}/failed",
                            "DELETE /jobs/{id}")
                    .filteredOn(route -> route.equals("GET " + STATUS + "{asyncJobId}"))
                    .hasSize(3); // plain, held and as events
            assertThat(lines)
                    .extracting(line -> line.path("route").asText())
                    .contains("GET /health/live", "GET /health/ready", "GET /metrics");
            assertThat(lines)
                    .anyMatch(line -> line.path("event").asText().equals("refused"))
                    .anyMatch(line -> line.path("trace_id").asText().equals(TRACE.substring(3, 35)))
                    .anyMatch(
                            line -> line.path("message").asText().endsWith("(trace_id=" + TRACE.substring(3, 35) + ")")
                                    && line.path("exception").asText().contains("InvalidValueException: ")
                                    && line.path("exception").asText().contains("\n\tat "))
                    .anyMatch(line -> line.path("message").asText().startsWith("asyncjob ready http://0.0.0.0:"))
                    .anyMatch(line -> line.path("message").asText().contains("http.host is 0.0.0.0"));
        }
    }

    @Test
    @Tag("soak")
    void the_text_has_one_line_for_each_event_and_no_probes() throws Exception {
        String job = UUID.randomUUID().toString();
        try (ServerProcess server = start(Map.of())) {
            workAllRoutes(server, job);
            assertThat(server.stop()).isZero();
            assertThat(server.log().lines()).allSatisfy(line -> {
                if (line.startsWith("{")) {
                    assertThat(JSON.readTree(line).path("time").asText()).isNotEmpty();
                } else {
                    assertThat(line).matches(TEXT);
                }
            });
            assertThat(server.log())
                    .contains("\"route\":\"GET /jobs/{id}\"", "\"event\":\"refused\"", "InvalidValueException: ")
                    .doesNotContain("/health/", "/metrics");
        }
    }

    @Test
    @Tag("soak")
    void an_error_at_the_start_is_an_object_too() throws Exception {
        ServerProcess.Ended ended = ServerProcess.run(
                folder, Map.of("ASYNCJOB_LOG_FORMAT", "json", "ASYNCJOB_HTTP_PORT", "none"), "sandbox");
        assertThat(ended.exitCode()).isEqualTo(2);
        JsonNode line = JSON.readTree(ended.errors());
        assertThat(line.path("level").asText()).isEqualTo("ERROR");
        assertThat(line.path("message").asText()).startsWith("asyncjob: ASYNCJOB_HTTP_PORT: ");
        assertThat(ended.errors().lines()).hasSize(1);
    }

    private ServerProcess start(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("ASYNCJOB_HTTP_HOST", "0.0.0.0"); // it warns of that
        environment.put("ASYNCJOB_HTTP_BASE_PATH", "");
        return ServerProcess.start(folder, "sandbox", environment);
    }

    /** Sends a request to each route of a job, one with wrong credentials, and probes. */
    private static void workAllRoutes(ServerProcess server, String job) {
        ServerProcess.Credentials wrong = new ServerProcess.Credentials("wrong", "wrong");
        String more = "{\"id\":\"" + job + "\",\"kind\":\"a\",\"links\":[{\"entity\":\"a/b\"}]}";
        assertThat(server.post("/jobs", more).statusCode()).isEqualTo(202);
        assertThat(server.post("/jobs/claims", "{\"kinds\":[\"a\"],\"max\":1,\"worker\":\"w\"}")
                        .body())
                .contains(job);
        server.status(job);
        server.status(job, "Prefer", "wait=1");
        server.get("/jobs/" + job);
        server.get("/jobs/" + job + "/explain");
        server.send("PUT", "/jobs/" + job + "/lease", "{\"token\":1,\"lease\":\"PT30S\"}");
        server.post("/jobs/" + job + "/failed", "{\"token\":9,\"error\":\"e\",\"retry\":false}");
        server.post("/jobs/" + job + "/done", "{\"token\":1,\"links\":[{\"entity\":\"a/b\",\"href\":\"b\"}]}");
        server.status(job, "Accept", "text/event-stream");
        server.send("DELETE", "/jobs/" + job, "");
        server.as(wrong, "GET", STATUS + job, "");
        failInHandler(server);
        server.get("/health/live");
        server.get("/health/ready");
        server.metrics();
        HttpResponse<String> first = server.get("/");
        assertThat(first.body())
                .isEqualTo(
                        "{\"data\":{\"service\":\"asyncjob\",\"links\":{\"docs\":\"/docs\",\"live\":\"/health/live\","
                                + "\"openapi\":\"/openapi.yaml\",\"ready\":\"/health/ready\"}}}");
        assertThat(ServerProcess.send(HttpRequest.newBuilder(URI.create(server.managementUrl() + "/")))
                        .body())
                .isEqualTo(
                        "{\"data\":{\"service\":\"asyncjob\",\"links\":{\"metrics\":\"/metrics\",\"page\":\"/ui\"}}}");
    }

    /** Has the embedded worker of the sandbox make a link of what is none. */
    private static void failInHandler(ServerProcess server) {
        String id = UUID.randomUUID().toString();
        String body = "{\"id\":\"" + id + "\",\"kind\":\"composition.sign\",\"links\":[{\"entity\":\"a/b\"}],"
                + "\"payload\":{\"no link\":1},\"maxAttempts\":1}";
        assertThat(server.post("/jobs", body, "traceparent", TRACE).statusCode())
                .isEqualTo(202);
        assertThat(server.status(id, "Prefer", "wait=30").body()).contains("FAILED");
    }

    private static List<JsonNode> objects(ServerProcess server) {
        return Stream.of(server.output(), server.log())
                .flatMap(String::lines)
                .map(LogFormatIT::object)
                .toList();
    }

    private static JsonNode object(String line) {
        try {
            JsonNode object = JSON.readTree(line);
            assertThat(object.isObject()).as(line).isTrue();
            return object;
        } catch (java.io.IOException e) {
            throw new AssertionError("no JSON: " + line, e);
        }
    }

    private static void isWhole(JsonNode line) {
        assertThat(line.path("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");
        assertThat(line.path("level").asText()).matches("INFO|WARN");
        assertThat(line.path("logger").asText()).isNotEmpty();
    }
}
