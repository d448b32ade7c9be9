package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.application.JobProducer;
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
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * A simulated Compositions component: schedules real jobs and completes them as configured, with eHealth's documented
 * errors (contract section 5). It also completes jobs of kind {@code invoice.print}, with which the {@link Tour}
 * begins.
 *
 * <p>The work of a composition is simulated by a job that becomes due after a random duration. So no thread waits for
 * it, and the number of jobs in progress is not limited. Safe for use from any thread.
 */
public final class Sandbox implements CompositionPlanner {
    private static final String ENTITY = "eHealth/composition";
    private static final JobKind INVOICE = new JobKind("invoice.print");

    /** How long a due job takes at most: the worker polls for it every 50 ms. */
    private static final Duration EXPECTED_WORK = Duration.ofMillis(250);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    private static final Map<Action, List<Failure>> FAILURES = new EnumMap<>(Map.of(
            Action.CREATE,
            List.of(
                    Failure.coded(1001, "Composition updates are only allowed for preperson->person"),
                    Failure.coded(1002, "Composition for a given subject already exists")),
            Action.SIGN,
            List.of(
                    Failure.coded(1000, "Composition not found"),
                    Failure.coded(1002, "Composition for a given subject already exists")),
            Action.CANCEL,
            List.of(
                    Failure.coded(1000, "Composition not found"),
                    Failure.coded(1003, "Can't cancel composition in non-FINAL state"),
                    Failure.coded(1004, "Invalid cancellation coding"),
                    Failure.coded(1005, "Can't cancel composition: too old"),
                    Failure.coded(1006, "Can't cancel composition: integration tasks are already running")),
            Action.ERLN,
            List.of(Failure.coded(1000, "Composition not found"))));

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

    @Override
    public JobSnapshot plan(Owner owner, Action action, Optional<UUID> compositionId) {
        String href = "composition/" + compositionId.orElseGet(ids);
        boolean exists = action == Action.CANCEL || action == Action.ERLN;
        ResourceLink link = exists ? new ResourceLink(ENTITY, href) : ResourceLink.to(ENTITY);
        NewJob job = NewJob.of(new JobId(ids.get()), owner, kind(action), ResourceLinks.of(link))
                .withPayload(new Payload('"' + href + '"'))
                .notBefore(clock.instant().plus(drawDuration()));
        if (producer.schedule(job) instanceof ScheduleResult.Accepted accepted) {
            return accepted.job();
        }
        throw new IllegalStateException("the generated job id exists already");
    }

    /** The handlers of the embedded worker. */
    public Map<JobKind, JobHandler> handlers() {
        Map<JobKind, JobHandler> handlers = new HashMap<>();
        for (Action action : Action.values()) {
            handlers.put(kind(action), job -> outcome(action, job));
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
            List<Failure> failures = FAILURES.getOrDefault(action, List.of());
            return Outcome.failed(failures.get(ThreadLocalRandom.current().nextInt(failures.size())));
        }
        String href = job.payload().json().replace("\"", "");
        return Outcome.completed(ResourceLinks.of(new ResourceLink(ENTITY, href)));
    }

    private Duration drawDuration() {
        long shortest = settings.shortest().toMillis();
        long longest = settings.longest().toMillis();
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(shortest, longest + 1));
    }

    private static JobKind kind(Action action) {
        return new JobKind("composition." + action.name().toLowerCase(Locale.ROOT));
    }
}
