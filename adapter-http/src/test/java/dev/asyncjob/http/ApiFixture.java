package dev.asyncjob.http;

import static dev.asyncjob.http.SlowRequest.Method.PATCH;
import static dev.asyncjob.http.SlowRequest.Method.POST;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.CallbackEndpoints;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.internal.work.WaitingClients;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A server on a free port with a few jobs, the contract's examples among them. Declare it with {@code @AutoClose}. */
public final class ApiFixture implements AutoCloseable {
    public static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    public static final String DONE_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5a";
    public static final String FAILED_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5b";
    public static final String FOREIGN_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5c";
    public static final String BROKEN_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5d";
    public static final String UNREACHABLE_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5e";
    static final String ENDED_ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c5f";
    public static final String MISSING_ID = "00000000-0000-4000-8000-000000000000";
    public static final String PATH = "/patients/composition/job/";
    public static final String SECRET_CAUSE = "select-from-somewhere";

    /** The kind of jobs with which no claim can be answered. */
    public static final JobKind UNANSWERABLE = new JobKind("unanswerable");

    public static final Owner CLINIC = new Owner("clinic-a");
    public static final Instant CREATED = Instant.parse("2022-10-24T12:35:46.956Z");
    static final Instant ENDED = Instant.parse("2022-10-24T12:35:51.201Z");
    static final Duration RETENTION = Duration.ofDays(30);

    private final Map<String, JobSnapshot> jobs = new ConcurrentHashMap<>();
    private final SettableClock clock = new SettableClock(CREATED);
    private final JobStore store = new InMemoryJobStore(
            WorkPolicy.defaults().withFailedPayload(Duration.ofDays(1)), clock, new LocalJobSignals());
    private final AtomicInteger calls = new AtomicInteger();
    private final WaitingClients waiting = new WaitingClients(store);
    private final Endpoints endpoints = new Endpoints();
    private final JobServer server;

    /** Endpoints by client, at first none. */
    public static final class Endpoints implements CallbackEndpoints {
        private final Map<Owner, Endpoint> byClient = new ConcurrentHashMap<>();

        @Override
        public Optional<Endpoint> of(Owner client) {
            return Optional.ofNullable(byClient.get(client));
        }

        @Override
        public void disable(Owner client, Endpoint disabled) {
            byClient.remove(client, disabled);
        }

        /** Registers an endpoint for the ends of jobs of these kinds, or of all kinds. */
        public void register(String client, JobKind... kinds) {
            byClient.put(
                    new Owner(client),
                    new Endpoint(
                            URI.create("https://callback.example"),
                            Set.of(kinds),
                            List.of("whsec_" + "QUJD".repeat(8))));
        }

        /** Removes all. */
        public void clear() {
            byClient.clear();
        }
    }

    public ApiFixture() {
        this(HttpSettings.defaults());
    }

    public ApiFixture(HttpSettings settings) {
        this(settings, WorkApi.Part.ALL);
    }

    public ApiFixture(HttpSettings settings, WorkApi.Part part) {
        AsyncJob.Pending pending = pending(ID, CLINIC);
        ResourceLink result =
                new ResourceLink("eHealth/composition", "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc");
        Failure exists = Failure.coded(1002, "Composition for a given subject already exists");
        put(pending, CREATED);
        put(pending(DONE_ID, CLINIC).complete(ResourceLinks.of(result), ENDED, RETENTION), ENDED);
        put(pending(FAILED_ID, CLINIC).fail(exists, ENDED, RETENTION), ENDED.plusSeconds(60));
        put(pending(FOREIGN_ID, new Owner("clinic-b")), CREATED);
        server = JobServer.start(settings.listeningOn("127.0.0.1", 0), apis(settings, part), request -> {});
    }

    private List<Api> apis(HttpSettings settings, WorkApi.Part part) {
        Api jobs = new JobApi(this::find, changesOf(this::find), ApiFixture::authenticate, settings);
        Api compositions = new SlowRequestApi(slowRequests(), ApiFixture::authenticate, settings);
        Api work = new WorkApi(
                JobUseCases.over(failingByName(store), WorkPolicy.defaults()),
                waiting,
                Jobs::newId,
                WorkPolicy.defaults().lease(),
                ApiFixture::authenticate,
                settings,
                part,
                endpoints::take);
        List<Api> all = List.of(jobs, compositions, work);
        Api index = new IndexApi(settings.basePath(), Map.of("docs", "/docs"));
        return Stream.concat(all.stream(), Stream.of(new ServiceApi(() -> true, settings, all), index))
                .toList();
    }

    /** The store of the routes for producers, workers and operators; the status method does not use it. */
    public JobStore store() {
        return store;
    }

    /** Where callbacks go. */
    public Endpoints endpoints() {
        return endpoints;
    }

    /** The store's clock, which advances only when it is set. */
    public SettableClock clock() {
        return clock;
    }

    /** The same store, but the calls of workers are counted, and fail for certain ids and kinds. */
    private JobStore failingByName(JobStore real) {
        return new ForwardingJobStore(real) {
            @Override
            public List<ClaimedJob> claim(Claim claim) {
                WaitingClients.failByName(claim);
                List<ClaimedJob> claimed = super.claim(claim);
                return claim.kinds().contains(UNANSWERABLE) ? readableOnce(claimed) : claimed;
            }

            /** The second reader, which makes the answer, finds no memory. */
            private static List<ClaimedJob> readableOnce(List<ClaimedJob> jobs) {
                AtomicInteger reads = new AtomicInteger();
                return new AbstractList<>() {
                    @Override
                    public ClaimedJob get(int index) {
                        if (reads.getAndIncrement() >= jobs.size()) {
                            throw new OutOfMemoryError("on purpose");
                        }
                        return jobs.get(index);
                    }

                    @Override
                    public int size() {
                        return jobs.size();
                    }
                };
            }

            @Override
            public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
                failByName(id);
                return super.renew(id, token, extension);
            }

            @Override
            public SettleResult settle(OutcomeReport report) {
                failByName(report.id());
                return super.settle(report);
            }

            /** A batch with an id that must fail is settled one by one. */
            @Override
            public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
                if (reports.stream()
                        .anyMatch(report -> List.of(BROKEN_ID, UNREACHABLE_ID)
                                .contains(report.id().toString()))) {
                    return Collections.nCopies(reports.size(), Optional.empty());
                }
                calls.addAndGet(reports.size());
                return super.settleBatch(reports);
            }
        };
    }

    private void failByName(JobId id) {
        calls.incrementAndGet();
        if (id.toString().equals(BROKEN_ID)) {
            throw new IllegalStateException(SECRET_CAUSE);
        }
        if (id.toString().equals(UNREACHABLE_ID)) {
            throw new StoreUnavailable(new IOException(SECRET_CAUSE));
        }
    }

    /** The number of calls of workers for one job each. */
    public int calls() {
        return calls.get();
    }

    /** The workers that wait for jobs. */
    public WaitingClients waiting() {
        return waiting;
    }

    /** The slow requests of the sandbox, in small: each is answered with the pending job {@link #ID}. */
    static List<SlowRequest> slowRequests() {
        String root = "/patients/composition";
        String one = root + "/{compositionId}";
        SlowRequest.Planner planner = (owner, ids, body) -> new JobSnapshot(pending(ID, CLINIC), CREATED);
        SlowRequest.Planner signer = (owner, ids, body) -> {
            if (!(body.get("data") instanceof String data) || !data.matches("[A-Za-z0-9+/]+=*") || body.size() > 1) {
                throw new InvalidPropertyException("$.data", "format", "data must be base64 text");
            }
            return planner.plan(owner, ids, body);
        };
        return List.of(
                SlowRequest.of(POST, root, Scope.COMPOSITION_CREATE, planner),
                SlowRequest.of(PATCH, one + "/sign", Scope.COMPOSITION_SIGN, signer),
                SlowRequest.of(PATCH, one + "/cancel", Scope.COMPOSITION_CANCEL, planner)
                        .withOptionalBody(),
                SlowRequest.of(PATCH, one + "/erln", Scope.COMPOSITION_CREATE, planner)
                        .withOptionalBody());
    }

    /** Answers a wait at once if its condition holds, and otherwise only when it is cancelled. */
    public static AwaitJobStatus changesOf(GetJobStatus getJobStatus) {
        return (job, isAwaited, wait) -> {
            CompletableFuture<Optional<JobSnapshot>> answer = new CompletableFuture<>();
            Optional<JobSnapshot> found = getJobStatus.status(job.owner(), job.id());
            if (found.map(isAwaited::test).orElse(true)) {
                answer.complete(found);
            }
            return new AwaitJobStatus.Waiting(answer, () -> answer.complete(found));
        };
    }

    public static AsyncJob.Pending pending(String id, Owner owner) {
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

    /**
     * Tokens and keys are equal to the client's name; clinic-a may do everything, clinic-w nothing; producer,
     * producer-b, lister, worker, operator and auditor have one scope each; executor schedules and works; scheduler and
     * scheduler-b may schedule for others; the client of for-user schedules on behalf of a user.
     */
    public static Authenticator.Verdict authenticate(String token, String apiKey) {
        Set<Scope> all = Set.of(Scope.values());
        return switch (token) {
            case "busy" -> new Authenticator.Undecided(Duration.ofSeconds(7));
            case "error" -> throw new StackOverflowError("on purpose");
            case "error-of-provider" ->
                new Authenticator.AskProvider(
                        CLINIC,
                        false,
                        () -> CompletableFuture.supplyAsync(() -> {
                            throw new StackOverflowError("on purpose");
                        }));
            case "clinic-a" -> granted("clinic-a", apiKey, all);
            case "clinic-w" -> granted("clinic-w", apiKey, Set.of());
            case "producer", "producer-b" -> granted(token, apiKey, Set.of(Scope.JOB_SCHEDULE));
            case "scheduler", "scheduler-b" ->
                granted(token, apiKey, Set.of(Scope.JOB_SCHEDULE, Scope.JOB_SCHEDULE_FOR));
            case "for-user" -> grantedForUser(apiKey);
            case "worker" -> granted(token, apiKey, Set.of(Scope.JOB_WORK));
            case "lister" -> granted(token, apiKey, Set.of(Scope.JOB_LIST));
            case "executor" -> granted(token, apiKey, Set.of(Scope.JOB_SCHEDULE, Scope.JOB_WORK));
            case "operator" -> granted(token, apiKey, Set.of(Scope.JOB_ADMIN));
            case "auditor" -> granted(token, apiKey, Set.of(Scope.JOB_READ_ALL));
            default -> new Authenticator.InvalidToken(Authenticator.Cause.of("unknown-token"));
        };
    }

    private static Authenticator.Verdict granted(String client, String apiKey, Set<Scope> scopes) {
        return apiKey.equals(client + "-key")
                ? new Authenticator.Granted(new Access(new Owner(client), scopes))
                : new Authenticator.InvalidApiKey(Authenticator.Cause.of("unknown-api-key"));
    }

    private static Authenticator.Verdict grantedForUser(String apiKey) {
        Owner client = new Owner("for-user");
        return apiKey.equals("for-user-key")
                ? new Authenticator.Granted(new Access(client, new Owner("for-user/here"), Set.of(Scope.JOB_SCHEDULE)))
                : new Authenticator.InvalidApiKey(Authenticator.Cause.of("unknown-api-key"));
    }

    public int port() {
        return server.port();
    }

    /** Sends a request without a body and with valid credentials. */
    public RawHttp.Answer request(String method, String target, String... headers) {
        return RawHttp.send(port(), message(method, target, "clinic-a", headers));
    }

    public RawHttp.Answer get(String target, String... headers) {
        return request("GET", target, headers);
    }

    /** Sends a request without credentials. */
    public RawHttp.Answer bare(String method, String target, String... headers) {
        return RawHttp.send(port(), head(method, target, headers) + "\r\n");
    }

    /** Sends a request with a body and valid credentials. */
    public RawHttp.Answer send(String method, String target, byte[] body, String... headers) {
        return sendAs("clinic-a", method, target, body, headers);
    }

    /** Sends a request without a body from one of the clients. */
    public RawHttp.Answer requestAs(String client, String method, String target, String... headers) {
        return RawHttp.send(port(), message(method, target, client, headers));
    }

    /** Sends a request with a body from one of the clients. */
    public RawHttp.Answer sendAs(String client, String method, String target, byte[] body, String... headers) {
        byte[] head = message(method, target, client, headers)
                .replaceFirst("\r\n\r\n$", "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return RawHttp.send(port(), all);
    }

    public static String message(String method, String target, String client, String... headers) {
        return head(method, target, headers) + "Authorization: Bearer " + client + "\r\napi-key: " + client
                + "-key\r\n\r\n";
    }

    public static String head(String method, String target, String... headers) {
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
