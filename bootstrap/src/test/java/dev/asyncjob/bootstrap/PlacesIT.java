package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the built jar listens, and what it says about that. */
class PlacesIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void a_server_for_the_network_warns_once_and_keeps_its_management_port_on_this_machine() {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of("ASYNCJOB_HTTP_HOST", "0.0.0.0"))) {
            URI management = URI.create(server.managementUrl());
            assertThat(management.getHost()).isEqualTo("127.0.0.1");
            assertThat(server.metrics()).contains("process_uptime_seconds");
            assertThat(listens("127.0.0.2", management.getPort())).isFalse();
            assertThat(server.logWith("http.host", "plaintext"))
                    .containsOnlyOnce("http.host is 0.0.0.0: ")
                    .containsOnlyOnce("plaintext");
        }
    }

    @Test
    @Tag("soak")
    void a_server_behind_tls_does_not_warn_and_its_management_port_listens_where_it_should() {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_HTTP_HOST", "0.0.0.0",
                "ASYNCJOB_HTTP_BEHIND_TLS", "true",
                "ASYNCJOB_HTTP_WORK_API", "management",
                "ASYNCJOB_MANAGEMENT_HOST", "127.0.0.2");
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            URI management = URI.create(server.managementUrl());
            assertThat(management.getHost()).isEqualTo("127.0.0.2");
            assertThat(server.metrics()).contains("process_uptime_seconds");
            assertThat(listens("127.0.0.1", management.getPort())).isFalse();
            assertThat(server.log()).doesNotContain("plaintext");

            String claim = "{\"kinds\":[\"none\"],\"max\":1,\"worker\":\"w\"}";
            assertThat(server.post("/jobs/claims", claim).statusCode()).isEqualTo(404);
            assertThat(server.get("/jobs").body()).isEqualTo("{\"data\":[],\"paging\":{}}");
            assertThat(server.post("/jobs", "{\"kind\":\"k\",\"links\":[{\"entity\":\"shop/report\"}]}")
                            .statusCode())
                    .isEqualTo(202);
            assertThat(ServerProcess.send(onManagement(server, "/jobs").GET()).body())
                    .contains("\"kind\":\"k\"");
            HttpRequest.Builder claims = onManagement(server, "/jobs/claims").POST(BodyPublishers.ofString(claim));
            assertThat(ServerProcess.send(claims).body()).isEqualTo("{\"data\":[]}");
            assertThat(ServerProcess.send(claims.setHeader("api-key", "guessed"))
                            .statusCode())
                    .isEqualTo(401);
            assertThat(server.metrics()).contains("route=\"/jobs/claims\",status=\"200\"");

            var held = HTTP.sendAsync(
                    onManagement(server, "/jobs/claims")
                            .header("Prefer", "wait=50")
                            .POST(BodyPublishers.ofString(claim))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(server.stop()).isZero();
            assertThat(held)
                    .succeedsWithin(Duration.ofSeconds(10))
                    .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(200));
        }
    }

    private static HttpRequest.Builder onManagement(ServerProcess server, String path) {
        return HttpRequest.newBuilder(URI.create(server.managementUrl() + path))
                .header("Authorization", "Bearer " + ServerProcess.TOKEN)
                .header("api-key", ServerProcess.API_KEY)
                .header("Content-Type", "application/json");
    }

    private static boolean listens(String host, int port) {
        try (Socket socket = new Socket(host, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
