package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.identity.IdentityProvider;
import dev.asyncjob.identity.Jwts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with an identity provider. */
@Tag("soak")
class IdentityIT {
    private static final String STATUS = "/patients/composition/job/" + new UUID(1, 2);

    /** The status of a request for a job that does not exist, from a client with access. */
    private static final int WITH_ACCESS = 404;

    @TempDir
    private static Path folder;

    @AutoClose
    private static IdentityProvider provider;

    @AutoClose
    private static ServerProcess server;

    private static String keyOfA;
    private static String keyOfB;

    @BeforeAll
    static void start() throws IOException {
        provider = new IdentityProvider();
        provider.publish(new JWKSet(Jwts.RSA));
        Map<String, String> environment = Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:identity",
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
                "s3cret");
        keyOfA = added("clinic-a", environment);
        keyOfB = added("clinic-b", environment);
        server = ServerProcess.start(folder, "serve", environment);
    }

    private static String added(String name, Map<String, String> environment) {
        String printed = ServerProcess.run(
                        folder,
                        environment,
                        "client",
                        "add",
                        name,
                        "--scopes",
                        "composition:read,job:schedule",
                        "--no-token")
                .output();
        assertThat(printed).matches("api-key: ajk_\\w{49}\n");
        return printed.strip().substring("api-key: ".length());
    }

    /** Returns claims of clinic-a, valid for ten minutes. */
    private static Map<String, String> claims(String scope) {
        Map<String, String> claims = new HashMap<>(Jwts.claimsWith("scope", "\"" + scope + "\""));
        claims.put(
                "exp",
                String.valueOf(Clock.systemUTC().instant().plusSeconds(600).getEpochSecond()));
        return claims;
    }

    private static HttpResponse<String> ask(String token, String apiKey) {
        return server.as(new ServerProcess.Credentials(token, apiKey), "GET", STATUS, "");
    }

    private static void answerTrue(String scope) {
        Map<String, String> claims = claims(scope);
        claims.put("active", "true");
        provider.verdict = IdentityProvider.json(200, Jwts.json(claims));
    }

    @Test
    void a_job_is_scheduled_and_read_with_a_jwt() {
        var client = new ServerProcess.Credentials(
                Jwts.sign(Jwts.RSA, claims("composition:read job:schedule job:admin")), keyOfA);
        HttpResponse<String> scheduled = server.as(
                client, "POST", "/jobs", "{\"kind\":\"sign\",\"links\":[{\"entity\":\"eHealth/composition\"}]}");
        assertThat(scheduled.statusCode()).isEqualTo(202);
        String location = scheduled.headers().firstValue("location").orElseThrow();
        HttpResponse<String> read = server.as(client, "GET", location, "");
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.body()).contains("\"status\":\"PENDING\"");
    }

    @Test
    void the_key_of_another_client_is_refused() {
        HttpResponse<String> refused = ask(Jwts.sign(Jwts.RSA, claims("composition:read")), keyOfB);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("www-authenticate")).isPresent();
        assertThat(refused.body()).contains("Invalid api key");
    }

    @Test
    void a_token_without_the_scope_is_forbidden() {
        HttpResponse<String> refused = ask(Jwts.sign(Jwts.RSA, claims("job:schedule")), keyOfA);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("Missing allowances: composition:read");
    }

    @Test
    void a_forged_token_is_refused() {
        Map<String, String> claims = claims("composition:read");
        String forged = Jwts.sign(Jwts.rsa("rsa", 2048), claims);
        assertThat(ask(forged, keyOfA).statusCode()).isEqualTo(401);
        assertThat(ask(Jwts.sign(Jwts.RSA, claims), keyOfA).statusCode()).isEqualTo(WITH_ACCESS);
    }

    @Test
    void a_client_whose_token_has_expired_gets_another_and_goes_on() throws Exception {
        Map<String, String> expired = claims("composition:read");
        expired.put("exp", "1700000000");
        Queue<String> tokens = new ConcurrentLinkedQueue<>(
                List.of(Jwts.sign(Jwts.RSA, expired), Jwts.sign(Jwts.RSA, claims("composition:read"))));
        JobClient client = new JobClient(ClientSettings.of(URI.create(server.url()), tokens::remove, keyOfA));
        assertThat(client.status(new UUID(1, 2)).get()).isEmpty();
        assertThat(tokens).isEmpty();
    }

    @Test
    void a_client_that_its_provider_has_barred_is_forbidden() {
        provider.verdict = IdentityProvider.json(403, "{\"error\":\"blocked\"}");
        HttpResponse<String> barred = ask("barred-token", keyOfA);
        assertThat(barred.statusCode()).isEqualTo(403);
        assertThat(barred.body()).contains("\"forbidden\"");
    }

    @Test
    void an_error_of_the_provider_is_answered_with_503_and_without_a_challenge() {
        provider.verdict = IdentityProvider.html(502);
        HttpResponse<String> undecided = ask("token-in-trouble", keyOfA);
        assertThat(undecided.statusCode()).isEqualTo(503);
        assertThat(undecided.headers().firstValue("retry-after")).contains("5");
        assertThat(undecided.headers().firstValue("www-authenticate")).isEmpty();
        assertThat(ask("token-in-trouble", "no-such-key").statusCode()).isEqualTo(401);
        answerTrue("composition:read");
        assertThat(ask("token-in-trouble", keyOfA).statusCode()).isEqualTo(WITH_ACCESS);
    }

    @Test
    void a_thousand_parallel_calls_with_one_new_token_are_one_introspection() throws Exception {
        answerTrue("composition:read");
        int before = provider.questions.get();
        ExecutorService threads = Executors.newFixedThreadPool(100);
        try {
            List<Future<Integer>> answers = threads.invokeAll(
                    Collections.nCopies(1000, () -> ask("fresh-token", keyOfA).statusCode()));
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(WITH_ACCESS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(provider.questions.get() - before).isEqualTo(1);
    }

    @Test
    void a_server_starts_while_its_provider_is_down() throws IOException {
        IdentityProvider down = new IdentityProvider();
        down.goDown();
        Map<String, String> environment = Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:identity",
                "ASYNCJOB_AUTH_JWKS_URL",
                down.url("/keys").toString(),
                "ASYNCJOB_AUTH_ISSUER",
                IdentityProvider.ISSUER,
                "ASYNCJOB_AUTH_AUDIENCE",
                IdentityProvider.AUDIENCE);
        try (ServerProcess early = ServerProcess.start(folder, "serve", environment)) {
            var client = new ServerProcess.Credentials(Jwts.sign(Jwts.RSA, claims("composition:read")), keyOfA);
            HttpResponse<String> undecided = early.as(client, "GET", STATUS, "");
            assertThat(undecided.statusCode()).isEqualTo(503);
            assertThat(undecided.headers().firstValue("retry-after")).contains("5");
            assertThat(undecided.headers().firstValue("www-authenticate")).isEmpty();
        }
        down.close();
    }
}
