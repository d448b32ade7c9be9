package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.nimbusds.jose.jwk.JWKSet;
import dev.asyncjob.identity.IdentityProvider;
import dev.asyncjob.identity.Jwts;
import dev.asyncjob.persistence.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** To a client, a job of another client is the same as one that does not exist (contract section 3). */
class OwnershipIT {
    private static final String MISSING = "01a20a7f-0000-7000-8000-000000000000";
    private static final String OTHER_MISSING = "01a20a7f-0000-7000-8000-000000000001";
    private static final String OWN_SCOPES = "composition:read,job:schedule";
    private static final String JOB = "{\"kind\":\"own.print\",\"links\":[{\"entity\":\"shop/invoice\"}]}";

    /** The number of timed requests of each kind, in turn. */
    private static final int TIMED = 250;

    @TempDir
    private Path folder;

    private ServerProcess.Credentials a = new ServerProcess.Credentials("", "");
    private ServerProcess.Credentials b = a;
    private ServerProcess.Credentials worker = a;

    @Test
    void a_foreign_job_is_no_job_at_every_endpoint_on_h2() throws IOException {
        assertForeignIsMissing("h2");
    }

    @Test
    @Tag("soak")
    void a_foreign_job_is_no_job_at_every_endpoint_on_postgresql() throws IOException {
        assertForeignIsMissing("postgresql");
    }

    private void assertForeignIsMissing(String kind) throws IOException {
        try (ServerProcess server = serverOfThreeClients(kind)) {
            Map<String, String> foreign = jobsOfB(server);
            foreign.forEach((state, id) -> assertSameAsMissing(server, state, id));
            foreign.forEach((state, id) -> assertSameAsMissingAmongMany(server, state, id));
            foreign.forEach((state, id) -> assertGuessesTellNothing(server, state, id));
            keysAreNotShared(server);
            listsAreApart(server, foreign.values());
            foreign.forEach((state, id) -> assertThat(statusOf(server, b, id))
                    .as("%s is still its owner's", state)
                    .isEqualTo(200));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    @Tag("soak")
    void a_foreign_job_is_refused_as_fast_as_one_that_does_not_exist(String kind) throws IOException {
        try (ServerProcess server = serverOfThreeClients(kind)) {
            String foreign = Objects.requireNonNull(jobsOfB(server).get("done"));
            assertEquallyFast(foreign, id -> ask(server, a, "GET", "/patients/composition/job/" + id, ""));
            String named = JOB.replaceFirst("}$", ",\"reference\":\"" + foreign + "\"}");
            assertThat(ask(server, b, "POST", "/jobs", named).statusCode()).isEqualTo(202);
            assertEquallyFast(foreign, id -> ask(server, a, "GET", "/jobs?reference=" + id, ""));
            assertEquallyFast(
                    foreign, id -> ask(server, a, "QUERY", "/patients/composition/job", "{\"ids\":[\"" + id + "\"]}"));
        }
    }

    private ServerProcess serverOfThreeClients(String kind) throws IOException {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_DB_URL",
                kind.equals("h2") ? "jdbc:h2:mem:own" : PostgresServer.shared().newDatabase(),
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString());
        a = ServerProcess.addClient(folder, environment, "clinic-a", OWN_SCOPES);
        b = ServerProcess.addClient(folder, environment, "clinic-b", OWN_SCOPES);
        worker = ServerProcess.addClient(folder, environment, "printer", "job:work,job:schedule,job:schedule-for");
        return ServerProcess.start(folder, "serve", environment);
    }

    @Test
    @Tag("soak")
    void a_job_for_another_of_the_same_client_is_no_job_at_every_endpoint() throws IOException {
        Path keys = Files.writeString(folder.resolve("keys.json"), new JWKSet(Jwts.RSA.toPublicJWK()).toString());
        Map<String, String> environment = Map.of(
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:own",
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_AUTH_JWKS_FILE",
                keys.toString(),
                "ASYNCJOB_AUTH_ISSUER",
                IdentityProvider.ISSUER,
                "ASYNCJOB_AUTH_AUDIENCE",
                IdentityProvider.AUDIENCE,
                "ASYNCJOB_AUTH_OWNER_CLAIM",
                "legal_entity");
        String apiKey = ServerProcess.addClient(folder, environment, "clinic-a", OWN_SCOPES)
                .apiKey();
        a = new ServerProcess.Credentials(token("\"here\""), apiKey);
        b = new ServerProcess.Credentials(token("\"there\""), apiKey);
        worker = ServerProcess.addClient(
                folder, environment, "printer", "job:work,job:schedule,job:schedule-for,job:admin");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            Map<String, String> foreign = jobsOfB(server);
            foreign.forEach((state, id) -> assertSameAsMissing(server, state, id));
            keysAreNotShared(server);
            foreign.forEach((state, id) -> assertThat(statusOf(server, b, id)).isEqualTo(200));
            assertThat(ask(server, worker, "GET", "/jobs?owner=clinic-a/there", "")
                            .body())
                    .contains(foreign.values());
            String named =
                    id(ask(server, worker, "POST", "/jobs", JOB.replaceFirst("}$", ",\"owner\":\"clinic-a/here\"}")));
            assertThat(statusOf(server, a, named)).isEqualTo(200);
            assertThat(statusOf(server, b, named)).isEqualTo(404);
            assertThat(ask(server, worker, "GET", "/jobs?owner=clinic-a/here", "")
                            .body())
                    .contains("\"scheduledBy\":\"printer\"");
            for (String other : List.of("clinic-a/there", "clinic-a", "clinic-b")) {
                String job = JOB.replaceFirst("}$", ",\"owner\":\"" + other + "\"}");
                assertThat(ask(server, a, "POST", "/jobs", job).statusCode())
                        .as(other)
                        .isEqualTo(403);
            }
            id(ask(server, a, "POST", "/jobs", JOB.replaceFirst("}$", ",\"owner\":\"clinic-a/here\"}")));
            ServerProcess.Credentials withoutOwner = new ServerProcess.Credentials(token("null"), apiKey);
            assertThat(statusOf(server, withoutOwner, named)).isEqualTo(403);
        }
    }

    /** Returns a token of clinic-a for a legal entity, valid for ten minutes. */
    private static String token(String entity) {
        Map<String, String> claims = Jwts.claimsWith("legal_entity", entity);
        claims.put("scope", "\"" + OWN_SCOPES.replace(',', ' ') + "\"");
        claims.put(
                "exp",
                String.valueOf(Clock.systemUTC().instant().plusSeconds(600).getEpochSecond()));
        return Jwts.sign(Jwts.RSA, claims);
    }

    private static int statusOf(ServerProcess server, ServerProcess.Credentials as, String id) {
        return ask(server, as, "GET", "/patients/composition/job/" + id, "").statusCode();
    }

    /** Schedules jobs of the other client, one in every state, and returns their ids. */
    private Map<String, String> jobsOfB(ServerProcess server) {
        Map<String, String> ids = new HashMap<>();
        for (String state : List.of("done", "failed", "claimed", "cancelled", "waiting")) {
            String id = id(ask(server, b, "POST", "/jobs", JOB));
            ids.put(state, id);
            if (Stream.of("done", "failed", "claimed").anyMatch(state::equals)) {
                String claim = "{\"kinds\":[\"own.print\"],\"max\":1,\"worker\":\"w\"}";
                assertThat(ask(server, worker, "POST", "/jobs/claims", claim).body())
                        .contains(id);
            }
        }
        String result = "{\"token\":1,\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}]}";
        ask(server, worker, "POST", "/jobs/" + ids.get("done") + "/done", result);
        String failure = "{\"token\":1,\"error\":\"no paper\",\"retry\":false}";
        ask(server, worker, "POST", "/jobs/" + ids.get("failed") + "/failed", failure);
        ask(server, b, "DELETE", "/jobs/" + ids.get("cancelled"), "");
        return ids;
    }

    /**
     * Sends every request that names a job for a foreign and a missing one and compares the responses byte for byte.
     */
    private void assertSameAsMissing(ServerProcess server, String state, String foreign) {
        String outcome = "[{\"id\":\"%s\",\"token\":1,\"failed\":{\"error\":\"x\",\"retry\":false}}]";
        List<List<String>> requests = List.of(
                List.of("GET", "/patients/composition/job/%s", ""),
                List.of("HEAD", "/patients/composition/job/%s", ""),
                List.of("GET", "/patients/composition/job/%s", "", "If-None-Match", "*"),
                List.of("GET", "/patients/composition/job/%s", "", "Prefer", "wait=1"),
                List.of("GET", "/patients/composition/job/%s", "", "Prefer", "include=\"progress,result,reference\""),
                List.of("GET", "/patients/composition/job/%s", "", "Accept", "text/event-stream"),
                List.of("GET", "/patients/composition/job/%s", "", "Accept", "application/problem+json"),
                List.of("DELETE", "/jobs/%s", ""),
                List.of("PUT", "/jobs/%s/lease", "{\"token\":1,\"lease\":\"PT30S\"}"),
                List.of("POST", "/jobs/%s/done", "{\"token\":1,\"links\":[{\"entity\":\"a\"}]}"),
                List.of("POST", "/jobs/%s/failed", "{\"token\":1,\"error\":\"x\",\"retry\":false}"),
                List.of("POST", "/jobs/outcomes", outcome),
                List.of("GET", "/jobs?owner=clinic-b", ""),
                List.of("POST", "/jobs/claims", "{\"kinds\":[\"own.print\"],\"max\":1,\"worker\":\"w\"}"));
        for (List<String> request : requests) {
            String[] headers = request.subList(3, request.size()).toArray(String[]::new);
            HttpResponse<String> ofForeign = ask(server, a, request, foreign, headers);
            HttpResponse<String> ofMissing = ask(server, a, request, MISSING, headers);
            assertThat(seen(ofForeign, foreign)).as("%s %s", state, request).isEqualTo(seen(ofMissing, MISSING));
            assertThat(ofForeign.statusCode()).as("%s %s", state, request).isIn(403, 404);
        }
    }

    /** Reads a foreign and a missing job among several; only the tag differs, since the answer names the id. */
    private void assertSameAsMissingAmongMany(ServerProcess server, String state, String foreign) {
        for (String route : List.of("QUERY /patients/composition/job", "POST /patients/composition/job/statuses")) {
            for (String[] headers : new String[][] {{}, {"Prefer", "wait=1"}, {"If-None-Match", "\"x\""}}) {
                List<String> request = List.of(
                        route.split(" ", -1)[0], route.split(" ", -1)[1], "{\"ids\":[\"%s\",\"" + MISSING + "\"]}");
                HttpResponse<String> ofForeign = ask(server, a, request, foreign, headers);
                HttpResponse<String> ofMissing = ask(server, a, request, OTHER_MISSING, headers);
                assertThat(withoutTag(ofForeign, foreign))
                        .as("%s %s", state, route)
                        .isEqualTo(withoutTag(ofMissing, OTHER_MISSING));
                assertThat(ofForeign.body())
                        .isEqualTo("{\"data\":[{\"id\":\"%s\",\"status\":404},{\"id\":\"%s\",\"status\":404}]}"
                                .formatted(foreign, MISSING));
            }
        }
    }

    private static String withoutTag(HttpResponse<String> answer, String id) {
        return seen(answer, id).replaceFirst("etag=\\[[^]]*]", "");
    }

    /**
     * Repeats a foreign job with its content and with other contents, and checks that the responses differ in nothing.
     */
    private void assertGuessesTellNothing(ServerProcess server, String state, String foreign) {
        String repeated = JOB.replaceFirst("^.", "{\"id\":\"" + foreign + "\",");
        String planted = repeated.replaceFirst("}$", ",\"owner\":\"clinic-b\"}");
        assertThat(answersToGuesses(server, a, planted, foreign))
                .as(state)
                .singleElement(STRING)
                .startsWith("403 ");
        for (List<String> seenBy : List.of(
                answersToGuesses(server, a, repeated, foreign),
                answersToGuesses(server, worker, repeated, foreign),
                answersToGuesses(server, worker, planted, foreign))) {
            assertThat(seenBy).as(state).singleElement(STRING).startsWith("409 ");
        }
        assertThat(ask(server, b, "POST", "/jobs", planted).statusCode())
                .as(state)
                .isEqualTo(202);
    }

    private static List<String> answersToGuesses(
            ServerProcess server, ServerProcess.Credentials as, String right, String foreign) {
        return Stream.of(right, right.replace("own.print", "own.other"), right.replaceFirst("}$", ",\"payload\":1}"))
                .map(guess -> seen(ask(server, as, "POST", "/jobs", guess), foreign))
                .distinct()
                .toList();
    }

    private static HttpResponse<String> ask(
            ServerProcess server, ServerProcess.Credentials as, List<String> request, String id, String... headers) {
        return ask(
                server,
                as,
                request.get(0),
                request.get(1).formatted(id),
                request.get(2).formatted(id),
                headers);
    }

    /**
     * Returns status, headers and body, without the date and the requested id, and without the header that says that
     * the body of a refused request had not arrived yet.
     */
    private static String seen(HttpResponse<String> answer, String id) {
        Map<String, List<String>> headers = new TreeMap<>(answer.headers().map());
        headers.remove("date");
        headers.remove("connection");
        return (answer.statusCode() + " " + headers + "\n" + answer.body()).replace(id, "ID");
    }

    /** Checks that each client lists its own jobs only, whatever reference, owner or cursor it names. */
    private void listsAreApart(ServerProcess server, Collection<String> foreign) {
        String named = JOB.replaceFirst("}$", ",\"reference\":\"order 17\"}");
        String ofA = id(ask(server, a, "POST", "/jobs", named));
        String ofB = id(ask(server, b, "POST", "/jobs", named));
        String all = ask(server, a, "GET", "/jobs?limit=100", "").body();
        assertThat(all).contains(ofA).doesNotContain("clinic-b", ofB).doesNotContain(foreign);
        assertThat(ask(server, b, "GET", "/jobs?limit=100", "").body())
                .contains(ofB)
                .contains(foreign)
                .doesNotContain("clinic-a", ofA);
        assertThat(ask(server, a, "GET", "/jobs?reference=order%2017", "").body())
                .contains("\"id\":\"" + ofA)
                .doesNotContain(ofB);
        String next =
                ask(server, b, "GET", "/jobs?limit=1", "").body().replaceFirst("(?s).*\"next\":\"([^\"]+)\".*", "$1");
        assertThat(ask(server, a, "GET", "/jobs?limit=100&cursor=" + next, ""))
                .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(200))
                .satisfies(answer -> assertThat(answer.body())
                        .doesNotContain("clinic-b", ofB)
                        .doesNotContain(foreign));
        List<String> guesses = Stream.of("clinic-b", "nobody")
                .map(owner -> ask(server, a, "GET", "/jobs?owner=" + owner, ""))
                .map(answer -> seen(answer, "-").replaceFirst("\"url\":\"[^\"]*\"", ""))
                .distinct()
                .toList();
        assertThat(guesses).singleElement(STRING).startsWith("403 ");
    }

    /** Checks that equal idempotency keys of two clients are independent. */
    private void keysAreNotShared(ServerProcess server) {
        String other = JOB.replace("own.print", "own.other");
        String[] key = {"Idempotency-Key", "key-1"};
        HttpResponse<String> ofB = ask(server, b, "POST", "/jobs", JOB, key);
        HttpResponse<String> ofA = ask(server, a, "POST", "/jobs", other, key);
        assertThat(ofA.statusCode()).as("another body under a foreign key").isEqualTo(202);
        assertThat(id(ofA)).isNotEqualTo(id(ofB));
        assertThat(ask(server, b, "POST", "/jobs", JOB, key).body()).isEqualTo(ofB.body());
    }

    /**
     * Checks that requests for a foreign and a missing job, in turn, take equally long: the share of pairs in which the
     * foreign one is slower is one half, within six standard errors.
     */
    private static void assertEquallyFast(String foreign, Consumer<String> request) {
        long[] ofForeign = new long[TIMED];
        long[] ofMissing = new long[TIMED];
        for (int i = -100; i < TIMED; i++) {
            long one = nanos(request, i % 2 == 0 ? foreign : MISSING);
            long two = nanos(request, i % 2 == 0 ? MISSING : foreign);
            if (i >= 0) {
                ofForeign[i] = i % 2 == 0 ? one : two;
                ofMissing[i] = i % 2 == 0 ? two : one;
            }
        }
        double slower = Arrays.stream(ofForeign)
                        .mapToDouble(f -> Arrays.stream(ofMissing)
                                .filter(missing -> missing < f)
                                .count())
                        .sum()
                / ((double) TIMED * TIMED);
        assertThat(slower)
                .as("how often a foreign job is slower than a missing one")
                .isBetween(0.37, 0.63);
    }

    private static long nanos(Consumer<String> request, String id) {
        long begin = System.nanoTime();
        request.accept(id);
        return System.nanoTime() - begin;
    }

    private static HttpResponse<String> ask(
            ServerProcess server,
            ServerProcess.Credentials as,
            String method,
            String path,
            String json,
            String... headers) {
        List<String> all = new ArrayList<>(List.of("x-request-id", "same"));
        all.addAll(List.of(headers));
        HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.noBody();
        if (!json.isEmpty()) {
            all.addAll(List.of("Content-Type", "application/json"));
            body = HttpRequest.BodyPublishers.ofString(json);
        }
        return ServerProcess.send(HttpRequest.newBuilder(URI.create(server.url() + path))
                .header("Authorization", "Bearer " + as.token())
                .header("api-key", as.apiKey())
                .headers(all.toArray(String[]::new))
                .method(method, body));
    }

    private static String id(HttpResponse<String> scheduled) {
        assertThat(scheduled.statusCode()).as(scheduled.body()).isEqualTo(202);
        return Pattern.compile("\"id\":\"([0-9a-f-]{36})\"")
                .matcher(scheduled.body())
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }
}
