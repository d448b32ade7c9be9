package dev.asyncjob.bootstrap.sandbox;

import static dev.asyncjob.http.SlowRequest.Method.PATCH;
import static dev.asyncjob.http.SlowRequest.Method.POST;

import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.http.InvalidPropertyException;
import dev.asyncjob.http.QuotaExceededException;
import dev.asyncjob.http.SlowRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A simulated Compositions component: schedules real jobs and completes them as configured, with eHealth's documented
 * errors (contract section 5). It also completes jobs of kind {@code invoice.print}, with which the {@link Tour}
 * begins.
 *
 * <p>The work of a composition is simulated by a job that becomes due after a random duration. So no thread waits for
 * it, and the number of jobs in progress is not limited. Safe for use from any thread.
 */
public final class Sandbox {
    private static final String ROOT = "/patients/composition";
    private static final String ID = "compositionId";
    private static final String ONE = ROOT + "/{" + ID + "}";
    private static final String ENTITY = "eHealth/composition";
    private static final JobKind INVOICE = new JobKind("invoice.print");

    /** How long a due job takes at most: the worker polls for it every 50 ms. */
    private static final Duration EXPECTED_WORK = Duration.ofMillis(250);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    /** The four planning methods of eHealth's Compositions, with their documented errors. */
    @SuppressWarnings("ImmutableEnumChecker") // a record and List.of: immutable, but not annotated
    private enum Action {
        CREATE(
                POST,
                ROOT,
                Scope.COMPOSITION_CREATE,
                Failure.coded(1001, "Composition updates are only allowed for preperson->person"),
                Failure.coded(1002, "Composition for a given subject already exists")),
        SIGN(
                PATCH,
                ONE + "/sign",
                Scope.COMPOSITION_SIGN,
                Failure.coded(1000, "Composition not found"),
                Failure.coded(1002, "Composition for a given subject already exists")),
        CANCEL(
                PATCH,
                ONE + "/cancel",
                Scope.COMPOSITION_CANCEL,
                Failure.coded(1000, "Composition not found"),
                Failure.coded(1003, "Can't cancel composition in non-FINAL state"),
                Failure.coded(1004, "Invalid cancellation coding"),
                Failure.coded(1005, "Can't cancel composition: too old"),
                Failure.coded(1006, "Can't cancel composition: integration tasks are already running")),
        ERLN(PATCH, ONE + "/erln", Scope.COMPOSITION_CREATE, Failure.coded(1000, "Composition not found"));

        final SlowRequest.Method method;
        final String path;
        final Scope scope;
        final JobKind kind = new JobKind("composition." + name().toLowerCase(Locale.ROOT));
        final List<Failure> failures;

        Action(SlowRequest.Method method, String path, Scope scope, Failure... failures) {
            this.method = method;
            this.path = path;
            this.scope = scope;
            this.failures = List.of(failures);
        }

        /** Whether the composition exists before the job, so that its location is known at once. */
        boolean changes() {
            return this == CANCEL || this == ERLN;
        }
    }

    private final JobProducer producer;
    private final Settings.Sandbox settings;
    private final InstantSource clock;
    private final Supplier<UUID> ids;

    /**
     * Schedules nothing yet.
     *
     * @param clock the clock of the database
     * @param ids generates the ids of jobs and compositions
     */
    public Sandbox(JobProducer producer, Settings.Sandbox settings, InstantSource clock, Supplier<UUID> ids) {
        this.producer = producer;
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * The settings of a server that runs the sandbox: its own database, and jobs that are done soon once they are due.
     */
    public static Settings settings(Settings settings) {
        return settings.withDatabase(settings.sandbox().db())
                .withWork(settings.work().withExpectedDuration(EXPECTED_WORK));
    }

    /** The settings of the embedded worker. */
    public static WorkerSettings worker(Settings settings) {
        return WorkerSettings.named("sandbox")
                .withLease(settings.work().lease())
                .withPollInterval(POLL_INTERVAL);
    }

    /**
     * The four planning methods, each of which schedules a job. Bodies are checked for their form and are not used
     * otherwise.
     */
    public List<SlowRequest> requests() {
        return Stream.of(Action.values()).map(this::request).toList();
    }

    private SlowRequest request(Action action) {
        SlowRequest request = SlowRequest.of(action.method, action.path, action.scope, (owner, placeholders, body) -> {
            if (action == Action.SIGN) {
                requireSignedData(body);
            }
            return plan(owner, action, placeholders.get(ID));
        });
        return action.changes() ? request.withOptionalBody() : request;
    }

    private JobSnapshot plan(Owner owner, Action action, @Nullable UUID compositionId) {
        String href = "composition/" + (compositionId == null ? ids.get() : compositionId);
        ResourceLink link = action.changes() ? new ResourceLink(ENTITY, href) : ResourceLink.to(ENTITY);
        NewJob job = NewJob.of(new JobId(ids.get()), owner, action.kind, ResourceLinks.of(link))
                .withPayload(new Payload('"' + href + '"'))
                .notBefore(clock.instant().plus(drawDuration()));
        ScheduleResult result = producer.schedule(job);
        if (result instanceof ScheduleResult.Accepted accepted) {
            return accepted.job();
        }
        throw result instanceof ScheduleResult.OverQuota refusal
                ? new QuotaExceededException(refusal)
                : new IllegalStateException("the generated job id exists already");
    }

    /** The handlers of the embedded worker. */
    public Map<JobKind, JobHandler> handlers() {
        Map<JobKind, JobHandler> handlers = new HashMap<>();
        for (Action action : Action.values()) {
            handlers.put(action.kind, job -> outcome(action, job));
        }
        handlers.put(INVOICE, Sandbox::printInvoice);
        return handlers;
    }

    private static Outcome printInvoice(ClaimedJob job) {
        String entity = job.job().links().all().get(0).entity();
        return Outcome.completed(ResourceLinks.of(new ResourceLink(entity, "invoice/7")));
    }

    private Outcome outcome(Action action, ClaimedJob job) {
        if (ThreadLocalRandom.current().nextDouble() < settings.failureRate()) {
            return Outcome.failed(
                    action.failures.get(ThreadLocalRandom.current().nextInt(action.failures.size())));
        }
        String href = job.payload().json().replace("\"", "");
        return Outcome.completed(ResourceLinks.of(new ResourceLink(ENTITY, href)));
    }

    private Duration drawDuration() {
        long shortest = settings.shortest().toMillis();
        long longest = settings.longest().toMillis();
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(shortest, longest + 1));
    }

    private static void requireSignedData(Map<String, @Nullable Object> body) {
        if (body.keySet().stream().anyMatch(name -> !name.equals("data"))) {
            throw new InvalidPropertyException("$", "schema", "there must be no property but data");
        }
        if (!body.containsKey("data")) {
            throw new InvalidPropertyException("$.data", "required", "data is required");
        }
        if (!(body.get("data") instanceof String text) || !isBase64(text)) {
            throw new InvalidPropertyException("$.data", "format", "data must be base64 text");
        }
    }

    private static boolean isBase64(String text) {
        try {
            return Base64.getDecoder().decode(text).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
