package dev.asyncjob.metrics;

import dev.asyncjob.application.spi.JobObserver.AttemptEnd;
import dev.asyncjob.application.spi.JobObserver.JobEnd;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.domain.Workload;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The meters of one kind, all registered at once, so that rates have a beginning. Safe for use from any thread. */
final class KindMeters {
    private static final String KIND = "kind";

    /** From a hundredth of a second to four hours. */
    private static final Duration[] BUCKETS = Stream.of(
                    10, 50, 100, 500, 1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    final Counter accepted;
    final Timer queueWait;
    private final Clock clock;
    private final RecentWorkers workers = new RecentWorkers();
    private final Timer run;
    private final Counter leasesLost;
    private final Map<JobEnd, Counter> jobs = new EnumMap<>(JobEnd.class);
    private final Map<AttemptEnd, Counter> attempts = new EnumMap<>(AttemptEnd.class);
    private final RecentEnds kept = new RecentEnds();

    /** Knows the pending jobs of all kinds. */
    @FunctionalInterface
    interface Pending {
        /** A number of the pending jobs of a kind; not a number if it is not known. */
        double of(KindMeters kind, ToLongFunction<Workload> number);
    }

    KindMeters(MeterRegistry registry, String kind, Pending all) {
        clock = registry.config().clock();
        accepted = counter("asyncjob.jobs.accepted", kind, "jobs that this node accepted")
                .register(registry);
        queueWait = timer("asyncjob.queue.wait", kind, "from when a job was due until its claim")
                .register(registry);
        run = timer("asyncjob.run", kind, "from a claim until its outcome").register(registry);
        leasesLost =
                counter("asyncjob.leases.lost", kind, "leases that ran out").register(registry);
        for (JobEnd end : JobEnd.values()) {
            jobs.put(
                    end,
                    counter("asyncjob.jobs.ended", kind, "jobs that ended on this node")
                            .tag("outcome", lower(end))
                            .register(registry));
        }
        for (AttemptEnd end : AttemptEnd.values()) {
            attempts.put(
                    end,
                    counter("asyncjob.attempts", kind, "attempts that ended on this node")
                            .tag("result", lower(end))
                            .register(registry));
        }
        gauge("asyncjob.eta.kept.ratio", kind, "share of jobs that ended by their first eta", kept::share)
                .register(registry);
        gauge(
                        "asyncjob.workers",
                        kind,
                        "workers that asked this node within a minute",
                        () -> workers.count(clock.monotonicTime()))
                .register(registry);
        pending("waiting", kind, all, Workload::waiting).register(registry);
        pending("running", kind, all, Workload::running).register(registry);
        pending("scheduled", kind, all, Workload::scheduled).register(registry);
        gauge(
                        "asyncjob.kind.paused",
                        kind,
                        "1 if the kind is paused, otherwise 0",
                        () -> all.of(this, one -> one.paused() ? 1 : 0))
                .register(registry);
        TimeGauge.builder(
                        "asyncjob.oldest.waiting",
                        () -> all.of(this, one -> one.oldest().toMillis()),
                        TimeUnit.MILLISECONDS)
                .tag(KIND, kind)
                .description("how long the longest due job has waited")
                .strongReference(true)
                .register(registry);
    }

    private static Counter.Builder counter(String name, String kind, String description) {
        return Counter.builder(name).tag(KIND, kind).description(description);
    }

    private static Timer.Builder timer(String name, String kind, String description) {
        return Timer.builder(name).tag(KIND, kind).description(description).serviceLevelObjectives(BUCKETS);
    }

    private static Gauge.Builder<Supplier<Number>> gauge(
            String name, String kind, String description, Supplier<Number> value) {
        return Gauge.builder(name, value)
                .tag(KIND, kind)
                .description(description)
                .strongReference(true);
    }

    private Gauge.Builder<Supplier<Number>> pending(
            String state, String kind, Pending all, ToLongFunction<Workload> number) {
        return gauge("asyncjob.jobs", kind, "pending jobs of all nodes", () -> all.of(this, number))
                .tag("state", state);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    void asked(WorkerId worker) {
        workers.asked(worker, clock.monotonicTime());
    }

    void attemptEnded(AttemptEnd end, @Nullable Duration took) {
        count(attempts.get(end));
        if (end == AttemptEnd.LOST) {
            leasesLost.increment();
        }
        if (took != null) {
            run.record(took);
        }
    }

    /** @param inTime whether the job ended by its first eta; what was cancelled promised nothing */
    void ended(JobEnd end, boolean inTime) {
        count(jobs.get(end));
        if (end != JobEnd.CANCELLED) {
            kept.add(inTime);
        }
    }

    private static void count(@Nullable Counter counter) {
        if (counter != null) { // every value has one
            counter.increment();
        }
    }
}
