package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.worker.JobHandler;
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
import dev.asyncjob.http.CompositionPlanner;
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
 * A simulated Compositions component: plans real jobs and works them off as the settings say, with eHealth's documented
 * errors (contract section 5).
 *
 * <p>The simulated work is a job that is due only after the drawn duration, so no thread waits for it and any number of
 * jobs may be under way.
 */
public final class Sandbox implements CompositionPlanner {
    private static final String ENTITY = "eHealth/composition";

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
     * @param clock the database's own
     * @param ids makes the ids of jobs and compositions
     */
    public Sandbox(JobProducer producer, Settings.Sandbox settings, InstantSource clock, Supplier<UUID> ids) {
        this.producer = producer;
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
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
        throw new IllegalStateException("a new id was taken already");
    }

    /** What the embedded worker does for each kind of job. */
    public Map<JobKind, JobHandler> handlers() {
        Map<JobKind, JobHandler> handlers = new HashMap<>();
        for (Action action : Action.values()) {
            handlers.put(kind(action), job -> outcome(action, job));
        }
        return handlers;
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
