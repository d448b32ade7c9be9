package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import dev.asyncjob.bootstrap.ServerProcess.Credentials;
import dev.asyncjob.identity.Confidant;
import dev.asyncjob.identity.IdentityProvider;
import dev.asyncjob.identity.Jwts;
import dev.asyncjob.persistence.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** The built server connects to and resolves no other hosts than those of its settings. */
@EnabledForJreRange(max = JRE.JAVA_23) // security managers, which see calls, are gone from later ones
class CallsIT {
    private static final List<String> RECORDING_CALLS = List.of(
            "-Xbootclasspath/a:"
                    + Confidant.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .getPath(),
            "-Djava.security.manager=" + Confidant.class.getName());
    private static final String SCOPES = "composition:read,job:schedule,job:work,job:admin";

    @TempDir
    private Path folder;

    private Set<String> called(Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put(
                "ASYNCJOB_AUTH_CLIENTS_FILE", folder.resolve("clients.json").toString());
        Credentials client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
        try (ServerProcess server = ServerProcess.start(folder, RECORDING_CALLS, "serve", environment)) {
            String job = "{\"kind\":\"a.b\",\"links\":[{\"entity\":\"a\",\"href\":\"https://elsewhere.example/x\"}]}";
            String claim = "{\"kinds\":[\"a.b\"],\"max\":1,\"worker\":\"w\"}";
            assertThat(server.as(client, "POST", "/jobs", job).statusCode()).isEqualTo(202);
            assertThat(server.as(client, "POST", "/jobs/claims", claim).statusCode())
                    .isEqualTo(200);
            for (String path : List.of("/jobs", "/docs", "/openapi.yaml", "/health/ready")) {
                assertThat(server.as(client, "GET", path, "").statusCode()).isEqualTo(200);
            }
            server.as(new Credentials("opaque", client.apiKey()), "GET", "/jobs", "");
            assertThat(server.metrics()).isNotEmpty();
            server.stop();
            Set<String> called = new TreeSet<>();
            server.log()
                    .lines()
                    .filter(line -> line.startsWith(Confidant.CALLS))
                    .forEach(line -> called.add(line.substring(Confidant.CALLS.length())));
            return called;
        }
    }

    @Test
    @Tag("soak")
    void with_h2_and_a_clients_file_no_host_is_called() throws IOException {
        assertThat(called(Map.of("ASYNCJOB_DB_URL", "jdbc:h2:mem:calls")))
                .containsOnly("127.0.0.1:-1"); // resolved, to listen on it
    }

    @Test
    @Tag("soak")
    void the_database_and_the_identity_provider_are_called() throws IOException {
        try (IdentityProvider provider = new IdentityProvider()) {
            provider.publish(new JWKSet(Jwts.RSA));
            Set<String> called = called(Map.of(
                    "ASYNCJOB_DB_URL",
                    PostgresServer.shared().newDatabase(),
                    "ASYNCJOB_AUTH_JWKS_URL",
                    provider.url("/keys").toString(),
                    "ASYNCJOB_AUTH_ISSUER",
                    IdentityProvider.ISSUER,
                    "ASYNCJOB_AUTH_AUDIENCE",
                    IdentityProvider.AUDIENCE,
                    "ASYNCJOB_AUTH_INTROSPECTION_URL",
                    provider.url("/ask").toString(),
                    "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID",
                    "asyncjob",
                    "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET",
                    "s3cret"));
            assertThat(called)
                    .contains(
                            "127.0.0.1:" + PostgresServer.shared().port(),
                            "127.0.0.1:" + provider.url("/").getPort())
                    .allMatch(peer -> peer.matches("(127\\.0\\.0\\.1|localhost):(-1|%d|%d)"
                            .formatted(
                                    PostgresServer.shared().port(),
                                    provider.url("/").getPort())));
        }
    }
}
