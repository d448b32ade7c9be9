package dev.asyncjob.application;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Lets readers wait for a change of a job without a thread and without a query for each of them.
 *
 * <p>No thread exists before {@link #start()}; until then, and after {@link #close()}, readers are answered at once.
 * Safe for use from any thread.
 */
public final class StatusWatch implements AwaitJobStatus, AutoCloseable {
    // Implementation note
    //
    // Threads. One background loop owns the map readers and makes all queries, each for many jobs. Other threads, as
    // the JDK's timer, add to the concurrent collections arrivals and changed, and then signal the loop.
    //
    // When the loop queries. For a job when a reader begins to wait or its wait ends, or a signal reports its change;
    // for all jobs every TICK, since signals may be lost. A query for a new reader starts after it was added, so no
    // change before it is missed. For a statement that is not seen yet, a timer has the job queried again when it is.
    //
    // Failures. When a query fails, a reader that has just arrived or whose wait is over fails with it. The others keep
    // waiting, and the loop queries all jobs again after AFTER_FAILURE.
    //
    // Closing. The loop's last act is to end all waits and to answer with one more query. A reader that arrives while
    // the loop ends takes itself out of arrivals and reads the store in its own thread.

    /** How often all jobs are queried; with the time that this takes, a change is at most five seconds late. */
    public static final Duration TICK = Duration.ofSeconds(4);

    /** Readers that wait at most; more are answered at once with the job as it stands. */
    public static final int MAX_WAITING = 20_000;

    /** Jobs in one query at most. */
    static final int BATCH = 1_000;

    private static final Logger LOG = System.getLogger(StatusWatch.class.getName());
    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final JobStore store;
    private final JobSignals signals;
    private final Map<JobId, Set<WaitingReader>> readers = new ConcurrentHashMap<>();
    private final Queue<WaitingReader> arrivals = new ConcurrentLinkedQueue<>();
    private final Set<JobId> changed = ConcurrentHashMap.newKeySet();
    private final Set<JobId> timed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Execution execution;
    private final BackgroundLoop loop;
    private JobSignals.Subscription subscription = () -> {};
    private long nextTick;
    private volatile boolean serving;
    private boolean stopped;

    /**
     * A watch without readers.
     *
     * @param store answers the queries
     * @param signals report changes before the next tick
     */
    public StatusWatch(JobStore store, JobSignals signals) {
        this(store, signals, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    public StatusWatch(JobStore store, JobSignals signals, Execution execution) {
        this.store = store;
        this.signals = signals;
        this.execution = execution;
        loop = execution.loop("asyncjob-status-watch", this::queryOnce, StatusWatch::logFailure);
    }

    /** Begins to let readers wait; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (serving || stopped) {
            return;
        }
        serving = true;
        subscription = signals.subscribe(new JobSignals.PromptListener() {
            @Override
            public void jobChanged(JobId id) {
                changedIfAwaited(id);
            }
        });
        nextTick = execution.nanoTime() + TICK.toNanos();
        loop.start();
    }

    @Override
    public Waiting awaitStatus(JobKey job, Predicate<JobSnapshot> endsWait, Duration wait) {
        WaitingReader reader =
                new WaitingReader(job, endsWait, execution.nanoTime() + TimeUnit.NANOSECONDS.convert(wait));
        if (wait.isZero() || wait.isNegative() || !serving || waiting.get() >= MAX_WAITING) {
            readStore(reader);
            return new Waiting(reader.answer, () -> {});
        }
        Waiting answer = new Waiting(reader.answer, () -> endWait(reader));
        reader.stopTimer = execution.after(wait, answer.answerNow());
        waiting.incrementAndGet();
        try {
            arrivals.add(reader);
        } catch (Throwable e) { // of memory
            waiting.decrementAndGet();
            throw e;
        }
        if (!serving && arrivals.remove(reader)) {
            waiting.decrementAndGet();
            reader.stopTimer.run();
            readStore(reader);
        }
        loop.signal();
        return answer;
    }

    /** How many readers wait now. */
    public int waiting() {
        return waiting.get();
    }

    private void readStore(WaitingReader reader) {
        try {
            reader.answer.complete(store.find(reader.job.owner(), reader.job.id()));
        } catch (RuntimeException e) {
            reader.answer.completeExceptionally(e);
        }
    }

    private void endWait(WaitingReader reader) {
        reader.ended = true;
        changed(reader.job.id());
    }

    private void changedIfAwaited(JobId id) {
        if (readers.containsKey(id)) {
            changed(id);
        }
    }

    private void changed(JobId id) {
        changed.add(id);
        loop.signal();
    }

    private Duration queryOnce() {
        long now = execution.nanoTime();
        boolean tick = nextTick - now <= 0;
        if (tick) {
            readersOf(readers.keySet()).forEach(reader -> reader.ended |= reader.end - now <= 0);
        }
        boolean succeeded = query(tick);
        if (tick || !succeeded) {
            nextTick = execution.nanoTime() + (succeeded ? TICK : AFTER_FAILURE).toNanos();
        }
        return readers.isEmpty() ? BackgroundLoop.UNTIL_SIGNALLED : execution.until(nextTick);
    }

    private void answerAll() {
        admitArrivals();
        readersOf(readers.keySet()).forEach(reader -> reader.ended = true);
        query(true);
    }

    /** Queries all jobs, or those for which there is a reason; whether the store could be queried. */
    private boolean query(boolean all) {
        Set<JobId> jobs = admitArrivals();
        changed.removeIf(id -> {
            jobs.add(id);
            return true;
        });
        return query(all ? readers.keySet() : jobs);
    }

    private Set<JobId> admitArrivals() {
        Set<JobId> jobs = new LinkedHashSet<>();
        for (WaitingReader reader = arrivals.peek(); reader != null; reader = arrivals.peek()) {
            jobs.add(reader.job.id());
            readers.computeIfAbsent(reader.job.id(), id -> new LinkedHashSet<>())
                    .add(reader);
            arrivals.remove(); // after the last that needs memory
        }
        return jobs;
    }

    private boolean query(Collection<JobId> jobs) {
        List<JobId> all = List.copyOf(jobs);
        for (int from = 0; from < all.size(); from += BATCH) {
            try {
                answer(readersOf(all.subList(from, Math.min(from + BATCH, all.size()))));
            } catch (Throwable e) { // an Error, too, is an answer for a reader that cannot wait any longer
                logFailure(e);
                readersOf(all.subList(from, all.size())).stream()
                        .filter(WaitingReader::failsWithStore)
                        .forEach(reader -> fail(reader, e));
                return false;
            }
        }
        return true;
    }

    private List<WaitingReader> readersOf(Collection<JobId> jobs) {
        return jobs.stream()
                .flatMap(id -> readers.getOrDefault(id, Set.of()).stream())
                .toList();
    }

    private void answer(List<WaitingReader> some) {
        Set<JobKey> keys = some.stream().map(reader -> reader.job).collect(Collectors.toSet());
        Map<JobKey, JobSnapshot> found = store.find(keys).stream()
                .collect(Collectors.toMap(
                        snapshot -> new JobKey(
                                snapshot.job().owner(), snapshot.job().id()),
                        snapshot -> snapshot));
        found.values().forEach(this::queryAtChange);
        some.forEach(reader -> answer(reader, Optional.ofNullable(found.get(reader.job))));
    }

    private void queryAtChange(JobSnapshot seen) {
        Instant change = seen.details().changesAt();
        JobId id = seen.job().id();
        if (change != null && timed.add(id)) {
            try {
                var unused = execution.after(Duration.between(seen.asOf(), change), () -> {
                    timed.remove(id);
                    changedIfAwaited(id);
                });
            } catch (Throwable e) { // no memory for a timer: the next query tries again
                timed.remove(id);
                throw e;
            }
        }
    }

    private void answer(WaitingReader reader, Optional<JobSnapshot> found) {
        try {
            if (reader.accepts(found)) {
                remove(reader);
                reader.answer.complete(found);
            }
        } catch (Throwable e) { // thrown by this reader's predicate
            fail(reader, e);
        }
    }

    private void fail(WaitingReader reader, Throwable e) {
        reader.answer.completeExceptionally(e); // first: without memory for it, the reader waits for the next query
        remove(reader);
    }

    private void remove(WaitingReader reader) {
        reader.stopTimer.run();
        readers.computeIfPresent(reader.job.id(), (id, others) -> {
            if (others.remove(reader)) {
                waiting.decrementAndGet();
            }
            return others.isEmpty() ? null : others;
        });
    }

    private static void logFailure(Throwable e) {
        if (e instanceof StoreUnavailable) {
            LOG.log(Level.DEBUG, "waiting readers keep waiting: {0}", e.getMessage());
        } else {
            LOG.log(Level.ERROR, "cannot query the jobs of waiting readers", e);
        }
    }

    /** Answers all waiting readers with the job as it stands; later readers do not wait. */
    @Override
    public synchronized void close() {
        stopped = true;
        serving = false;
        subscription.close();
        if (!loop.stop(this::answerAll, CLOSE_TIMEOUT)) {
            LOG.log(Level.WARNING, "readers still wait for the store");
        }
    }
}
