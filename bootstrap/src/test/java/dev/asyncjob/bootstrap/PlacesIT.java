package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the built jar listens, and what it says about that. */
class PlacesIT {
    @TempDir
    private Path folder;

    @Test
    void a_server_for_the_network_warns_once_and_keeps_its_management_port_on_this_machine() {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of("ASYNCJOB_HTTP_HOST", "0.0.0.0"))) {
            URI management = URI.create(server.managementUrl());
            assertThat(management.getHost()).isEqualTo("127.0.0.1");
            assertThat(server.metrics()).contains("process_uptime_seconds");
            assertThat(listens("127.0.0.2", management.getPort())).isFalse();
            assertThat(server.log()).containsOnlyOnce("http.host is 0.0.0.0: ").containsOnlyOnce("plaintext");
        }
    }

    @Test
    void a_server_behind_tls_does_not_warn_and_its_management_port_listens_where_it_should() {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_HTTP_HOST", "0.0.0.0",
                "ASYNCJOB_HTTP_BEHIND_TLS", "true",
                "ASYNCJOB_MANAGEMENT_HOST", "127.0.0.2");
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            URI management = URI.create(server.managementUrl());
            assertThat(management.getHost()).isEqualTo("127.0.0.2");
            assertThat(server.metrics()).contains("process_uptime_seconds");
            assertThat(listens("127.0.0.1", management.getPort())).isFalse();
            assertThat(server.log()).doesNotContain("plaintext");
        }
    }

    private static boolean listens(String host, int port) {
        try (Socket socket = new Socket(host, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
