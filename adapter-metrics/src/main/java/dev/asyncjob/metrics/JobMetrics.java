package dev.asyncjob.metrics;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.domain.Workload;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of the jobs of a store: {@link #bind} counts and measures what this node does, and reads the numbers of
 * pending jobs of all nodes.
 *
 * <p>The only label that producers can choose is the kind of a job. The first {@value #MAX_KINDS} kinds have series of
 * their own, the others are {@value #OTHER} together. Events cost neither a lock nor a query. Safe for use from any
 * thread.
 */
public final class JobMetrics implements JobObserver, AutoCloseable {
    // Implementation note
    //
    // Gauges of the store. One background loop asks the store for its clock and for its workloads; a scrape shows what
    // the loop found last. Nothing is shown (NaN) before the first answer, when the last question failed, and when the
    // last answer is older than STALE.

    /** Kinds with series of their own. */
    public static final int MAX_KINDS = 100;

    /** The label of all other kinds. */
    public static final String OTHER = "other";

    /** The pause between two queries; longer, up to a minute, if they take more than a twentieth of it. */
    public static final Duration INTERVAL = Duration.ofSeconds(15);

    /** Pending jobs that are counted at most; see {@link JobStore#workloads}. */
    public static final int MAX_JOBS = 200_000;

    /** How old numbers are shown at most. */
    static final Duration STALE = Duration.ofMinutes(2);

    /** The pause between two queries at most. */
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private static final int SHARE = 20;
    private static final Logger LOG = System.getLogger(JobMetrics.class.getName());
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final MeterRegistry registry;
    private final Clock clock;
    private final JobStore store;
    private final Map<JobKind, KindMeters> kinds = new ConcurrentHashMap<>();
    private final Map<String, KindMeters> other = new ConcurrentHashMap<>();
    private final BackgroundLoop loop;
    private volatile @Nullable Seen seen;
    private volatile double up = Double.NaN;
    private volatile double housekeptAt = Double.NaN;

    /** The pending jobs at an instant of the clock; a kind that is absent had none. */
    private record Seen(long at, Map<KindMeters, Workload> workloads) {}

    private JobMetrics(MeterRegistry registry, JobStore store, Execution execution) {
        this.registry = registry;
        this.clock = registry.config().clock();
        this.store = store;
        this.loop = execution.loop("asyncjob-metrics", this::readOnce, e -> LOG.log(Level.WARNING, "no metrics", e));
        gauge("asyncjob.store.up", "1 if the store answers and takes changes, otherwise 0", () -> up);
        TimeGauge.builder("asyncjob.housekeeping.last.success.timestamp", () -> housekeptAt, TimeUnit.SECONDS)
                .description("when housekeeping last did all it had to, on this node")
                .strongReference(true)
                .register(registry);
    }

    /**
     * Binds the metrics of a store to a registry, and reads the numbers of pending jobs every {@link #INTERVAL} until
     * {@link #close}; the meters stay in the registry.
     */
    public static JobMetrics bind(MeterRegistry registry, JobStore store) {
        JobMetrics metrics = unstarted(registry, store, Execution.JVM);
        metrics.loop.start();
        return metrics;
    }

    static JobMetrics unstarted(MeterRegistry registry, JobStore store, Execution execution) {
        JobMetrics metrics = new JobMetrics(registry, store, execution);
        store.observe(metrics);
        return metrics;
    }

    /** Adds the number of readers that wait for a change of a job, such as {@code StatusWatch.waiting}. */
    public JobMetrics waitingReaders(IntSupplier readers) {
        gauge("asyncjob.waiting.readers", "readers that wait for a change of a job", readers::getAsInt);
        return this;
    }

    /** Adds the number of event streams. */
    public JobMetrics eventStreams(IntSupplier streams) {
        gauge("asyncjob.event.streams", "open streams of server-sent events", streams::getAsInt);
        return this;
    }

    /** Adds the number of status reads that were answered from memory. */
    public JobMetrics rememberedAnswers(LongSupplier answers) {
        FunctionCounter.builder("asyncjob.remembered.answers", this, metrics -> answers.getAsLong())
                .description("status reads of ended jobs that were answered from memory")
                .register(registry);
        return this;
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    @Override
    public void accepted(JobKind kind) {
        of(kind).accepted.increment();
    }

    @Override
    public void asked(WorkerId worker, Set<JobKind> wanted) {
        wanted.forEach(kind -> of(kind).asked(worker));
    }

    @Override
    public void begun(JobKind kind, Duration waited) {
        of(kind).queueWait.record(waited);
    }

    @Override
    public void attemptEnded(JobKind kind, AttemptEnd end, @Nullable Duration took) {
        of(kind).attemptEnded(end, took);
    }

    @Override
    public void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {
        of(kind).ended(end, !endedAt.isAfter(promised));
    }

    @Override
    public void housekept() {
        housekeptAt = clock.wallTime() / 1_000.0;
    }

    private KindMeters of(JobKind kind) {
        KindMeters known = kinds.get(kind);
        if (known != null) {
            return known;
        }
        return kinds.size() < MAX_KINDS
                ? kinds.computeIfAbsent(kind, added -> new KindMeters(registry, added.value(), this::pending))
                : other.computeIfAbsent(OTHER, name -> new KindMeters(registry, name, this::pending));
    }

    /** Reads the store's numbers, and returns the pause until the next time. */
    Duration readOnce() {
        long begin = clock.monotonicTime();
        try {
            var unused = store.now();
            up = 1;
        } catch (RuntimeException e) {
            up = 0;
        }
        try {
            Map<KindMeters, Workload> workloads = new HashMap<>();
            store.workloads(MAX_JOBS).forEach(one -> workloads.merge(of(one.kind()), one, Workload::plus));
            seen = new Seen(clock.monotonicTime(), workloads);
        } catch (StoreUnavailable e) {
            seen = null;
            LOG.log(Level.DEBUG, "the pending jobs are not counted: {0}", e.getMessage());
        }
        Duration took = Duration.ofNanos(clock.monotonicTime() - begin);
        long pause = Math.min(took.multipliedBy(SHARE).toNanos(), LONGEST.toNanos());
        return Duration.ofNanos(Math.max(pause, INTERVAL.toNanos()));
    }

    /** A number of the pending jobs of a kind, as the store was seen last; not a number if that is not known. */
    private double pending(KindMeters kind, ToLongFunction<Workload> number) {
        Seen last = seen;
        if (last == null || clock.monotonicTime() - last.at() > STALE.toNanos()) {
            return Double.NaN;
        }
        Workload workload = last.workloads().get(kind);
        return workload == null ? 0 : number.applyAsLong(workload);
    }

    /** Stops to read the store, whose numbers are then no longer shown. */
    @Override
    public void close() {
        if (!loop.stop(() -> seen = null, CLOSE_TIMEOUT)) {
            LOG.log(Level.WARNING, "the pending jobs are still being counted");
        }
    }
}
