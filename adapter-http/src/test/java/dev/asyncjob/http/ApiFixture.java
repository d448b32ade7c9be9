package dev.asyncjob.http;

import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Renewal;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Settlement;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A real server on a free port over a handful of jobs; the contract's own examples among them. */
final class ApiFixture implements AutoCloseable {
    static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    static final String DONE_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5a";
    static final String FAILED_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5b";
    static final String FOREIGN_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5c";
    static final String BROKEN_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5d";
    static final String UNREACHABLE_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5e";
    static final String MISSING_ID = "00000000-0000-4000-8000-000000000000";
    static final String PATH = "/patients/composition/job/";
    static final String SECRET_CAUSE = "select-from-somewhere";

    static final Owner CLINIC = new Owner("clinic-a");
    static final Instant CREATED = Instant.parse("2022-10-24T12:35:46.956Z");
    static final Instant ENDED = Instant.parse("2022-10-24T12:35:51.201Z");
    static final Duration RETENTION = Duration.ofDays(30);

    private final Map<String, JobSnapshot> jobs = new ConcurrentHashMap<>();
    private final JobServer server;

    ApiFixture() {
        this(HttpSettings.defaults());
    }

    ApiFixture(HttpSettings settings) {
        AsyncJob.Pending pending = pending(ID, CLINIC);
        ResourceLink result =
                new ResourceLink("eHealth/composition", "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc");
        Failure exists = Failure.coded(1002, "Composition for a given subject already exists");
        put(pending, CREATED);
        put(pending(DONE_ID, CLINIC).complete(ResourceLinks.of(result), ENDED, RETENTION), ENDED);
        put(pending(FAILED_ID, CLINIC).fail(exists, ENDED, RETENTION), ENDED.plusSeconds(60));
        put(pending(FOREIGN_ID, new Owner("clinic-b")), CREATED);
        server = JobServer.start(settings.listeningOn("127.0.0.1", 0), apis(settings), (m, r, s, t) -> {});
    }

    private List<Api> apis(HttpSettings settings) {
        Api jobs = new JobApi(useCases(this::find), ApiFixture::authenticate, settings);
        Api compositions = new CompositionApi((owner, action, id) -> plan(), ApiFixture::authenticate, settings);
        return List.of(jobs, compositions, new ServiceApi(() -> true, settings, List.of(jobs, compositions)));
    }

    private JobSnapshot plan() {
        return new JobSnapshot(pending(ID, CLINIC), CREATED);
    }

    /** The doors of the application, all locked but one. */
    static JobUseCases useCases(GetJobStatus getJobStatus) {
        return new JobUseCases(
                getJobStatus,
                job -> {
                    throw new AssertionError("not asked");
                },
                claim -> List.of(),
                (id, token, extension) -> new Renewal.Unknown(),
                (id, token) -> false,
                (id, token, result) -> {
                    throw new AssertionError("not asked");
                },
                (id, token, failure, retry) -> {
                    throw new AssertionError("not asked");
                },
                (owner, id) -> new Settlement.Unknown(),
                filter -> new JobPage(List.of(), false));
    }

    static AsyncJob.Pending pending(String id, Owner owner) {
        return new AsyncJob.Pending(
                JobId.parse(id),
                owner,
                new JobKind("composition.sign"),
                ResourceLinks.of(ResourceLink.to("eHealth/composition")),
                CREATED,
                Eta.after(CREATED, Duration.ofSeconds(3)));
    }

    private void put(AsyncJob job, Instant asOf) {
        jobs.put(job.id().toString(), new JobSnapshot(job, asOf));
    }

    Optional<JobSnapshot> find(Owner reader, JobId id) {
        if (id.toString().equals(BROKEN_ID)) {
            throw new IllegalStateException(SECRET_CAUSE);
        }
        if (id.toString().equals(UNREACHABLE_ID)) {
            throw new StoreUnavailable(new IOException(SECRET_CAUSE));
        }
        return Optional.ofNullable(jobs.get(id.toString()))
                .filter(snapshot -> snapshot.job().owner().equals(reader));
    }

    /** Tokens and keys are equal to the client's name; clinic-a may do everything, clinic-w nothing of use. */
    static Authenticator.Verdict authenticate(String token, String apiKey) {
        Set<String> all = Set.of("composition:read", "composition:create", "composition:sign", "composition:cancel");
        return switch (token) {
            case "busy" -> new Authenticator.Undecided(Duration.ofSeconds(7));
            case "clinic-a" -> granted("clinic-a", apiKey, all);
            case "clinic-w" ->
                granted(
                        "clinic-w",
                        apiKey,
                        Set.of("composition:readx", "composition", "Composition:Read", "composition:write"));
            default -> new Authenticator.InvalidToken();
        };
    }

    private static Authenticator.Verdict granted(String client, String apiKey, Set<String> scopes) {
        return apiKey.equals(client + "-key")
                ? new Authenticator.Granted(new Access(new Owner(client), scopes))
                : new Authenticator.InvalidApiKey();
    }

    int port() {
        return server.port();
    }

    /** Good credentials and whatever else, sent to a path. */
    RawHttp.Answer request(String method, String target, String... headers) {
        return RawHttp.send(port(), message(method, target, "clinic-a", headers));
    }

    RawHttp.Answer get(String target, String... headers) {
        return request("GET", target, headers);
    }

    /** A request without any credentials of its own. */
    RawHttp.Answer bare(String method, String target, String... headers) {
        return RawHttp.send(port(), head(method, target, headers) + "\r\n");
    }

    /** A request with a body and good credentials. */
    RawHttp.Answer send(String method, String target, byte[] body, String... headers) {
        byte[] head = message(method, target, "clinic-a", headers)
                .replaceFirst("\r\n\r\n$", "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return RawHttp.send(port(), all);
    }

    static String message(String method, String target, String client, String... headers) {
        return head(method, target, headers) + "Authorization: Bearer " + client + "\r\napi-key: " + client
                + "-key\r\n\r\n";
    }

    static String head(String method, String target, String... headers) {
        StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost:8080\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return request.toString();
    }

    @Override
    public void close() {
        server.close();
    }
}
