package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Readers that wait for news of a job, without a thread each and without asking the store each.
 *
 * <p>One thread looks for all, at many jobs in one query: at a job for which somebody begins or ceases to wait, at one
 * that a signal tells of, and every {@link #TICK} at all of them, since signals may be lost. It looks only after the
 * reader has a place here, so nothing falls between. No thread exists before {@link #start()}; until then, and after
 * {@link #close()}, nobody waits. Safe for use from any thread.
 */
public final class StatusWatch implements AwaitJobStatus, AutoCloseable {
    /** How often all jobs are looked at: with the time that this takes, news is at most five seconds late. */
    public static final Duration TICK = Duration.ofSeconds(4);

    /** Readers that wait at most; more are answered at once with what there is. */
    public static final int MAX_WAITING = 20_000;

    /** Jobs in one query at most. */
    static final int BATCH = 1_000;

    private static final Logger LOG = System.getLogger(StatusWatch.class.getName());

    /** After a look that failed. */
    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);

    private final JobStore store;
    private final JobSignals signals;

    /** Written by the one thread alone; who tells it of changes asks whether anybody waits. */
    private final Map<JobId, Set<Reader>> readers = new ConcurrentHashMap<>();

    /** The one thread's own. */
    private final NavigableSet<Reader> byDeadline = new TreeSet<>();

    private final Queue<Reader> arrivals = new ConcurrentLinkedQueue<>();
    private final Queue<Reader> hurried = new ConcurrentLinkedQueue<>();
    private final Set<JobId> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong numbers = new AtomicLong();
    private final Semaphore wakeUp = new Semaphore(0);
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "asyncjob-status-watch"));
    private JobSignals.Subscription subscription = () -> {};
    private volatile boolean serving;
    private boolean stopped;

    /**
     * Nobody waits yet.
     *
     * @param store where jobs are looked at
     * @param signals what tells of changes before the next tick
     */
    public StatusWatch(JobStore store, JobSignals signals) {
        this.store = store;
        this.signals = signals;
    }

    /** Who waits, for what, and until when on {@link System#nanoTime()}. */
    private final class Reader implements Comparable<Reader> {
        private final JobKey job;
        private final Predicate<JobSnapshot> isNews;
        private final long deadline;
        private final long number = numbers.incrementAndGet();
        private final CompletableFuture<Optional<JobSnapshot>> answer = new CompletableFuture<>();
        private volatile boolean inAHurry;

        /** Whether the store was never asked for it: then that it cannot be asked is an answer, too. */
        private boolean isNew = true;

        Reader(JobKey job, Predicate<JobSnapshot> isNews, Duration wait) {
            this.job = job;
            this.isNews = isNews;
            this.deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(wait);
        }

        boolean isOver() {
            return inAHurry || deadline - System.nanoTime() <= 0;
        }

        void hurry() {
            inAHurry = true;
            hurried.add(this);
            wake();
        }

        void askStore() {
            try {
                answer.complete(store.find(job.owner(), job.id()));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }

        @Override
        public int compareTo(Reader other) {
            int order = Long.signum(deadline - other.deadline);
            return order != 0 ? order : Long.compare(number, other.number);
        }
    }

    /** Begins to let readers wait; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (serving || stopped) {
            return;
        }
        serving = true;
        subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                if (readers.containsKey(id)) {
                    changed.add(id);
                    wake();
                }
            }
        });
        thread.execute(this::lookUntilStopped);
    }

    @Override
    public Waiting awaitStatus(JobKey job, Predicate<JobSnapshot> isNews, Duration wait) {
        Reader reader = new Reader(job, isNews, wait);
        if (reader.isOver() || !serving || waiting.get() >= MAX_WAITING) {
            reader.askStore();
            return new Waiting(reader.answer, () -> {});
        }
        waiting.incrementAndGet();
        arrivals.add(reader);
        if (!serving && arrivals.remove(reader)) { // whose turn it was to look has left
            waiting.decrementAndGet();
            reader.askStore();
        }
        wake();
        return new Waiting(reader.answer, reader::hurry);
    }

    /** How many wait now. */
    public int waiting() {
        return waiting.get();
    }

    private void wake() {
        if (wakeUp.availablePermits() == 0) {
            wakeUp.release();
        }
    }

    /** Whatever happens, since later readers count on this thread; only {@link #close()} ends it. */
    private void lookUntilStopped() {
        long nextTick = System.nanoTime() + TICK.toNanos();
        while (serving) {
            try {
                nextTick = lookOnce(nextTick);
            } catch (InterruptedException e) {
                LOG.log(Level.DEBUG, "nobody may interrupt who looks for others");
            } catch (Throwable e) {
                complain(e);
                LockSupport.parkNanos(AFTER_FAILURE.toNanos());
            }
        }
        admit();
        byDeadline.forEach(reader -> reader.inAHurry = true);
        look(true);
    }

    /** Looks as soon as there is a reason; when to look at all the next time. */
    private long lookOnce(long nextTick) throws InterruptedException {
        await(nextTick);
        boolean tick = nextTick - System.nanoTime() <= 0;
        boolean answered = look(tick);
        return tick || !answered ? System.nanoTime() + (answered ? TICK : AFTER_FAILURE).toNanos() : nextTick;
    }

    private void await(long nextTick) throws InterruptedException {
        if (readers.isEmpty()) {
            wakeUp.acquire();
        } else {
            long next = Math.min(nextTick - System.nanoTime(), byDeadline.first().deadline - System.nanoTime());
            var unused = wakeUp.tryAcquire(Math.max(next, 0), TimeUnit.NANOSECONDS);
        }
        wakeUp.drainPermits();
    }

    /** Looks at what there is reason to look at, or at all; whether the store could be asked. */
    private boolean look(boolean atAll) {
        Set<JobId> reasons = admit();
        for (Reader reader = hurried.poll(); reader != null; reader = hurried.poll()) {
            reasons.add(reader.job.id());
        }
        for (Reader reader : byDeadline) {
            if (!reader.isOver()) {
                break;
            }
            reasons.add(reader.job.id());
        }
        changed.removeIf(id -> {
            reasons.add(id);
            return true;
        });
        return lookAt(atAll ? readers.keySet() : reasons);
    }

    /** Gives those who came their places, and says for which jobs they came. */
    private Set<JobId> admit() {
        Set<JobId> newcomers = new HashSet<>();
        for (Reader reader = arrivals.poll(); reader != null; reader = arrivals.poll()) {
            readers.computeIfAbsent(reader.job.id(), id -> new HashSet<>()).add(reader);
            byDeadline.add(reader);
            newcomers.add(reader.job.id());
        }
        return newcomers;
    }

    private boolean lookAt(Collection<JobId> ids) {
        List<JobId> all = List.copyOf(ids);
        for (int from = 0; from < all.size(); from += BATCH) {
            List<Reader> some = all.subList(from, Math.min(from + BATCH, all.size())).stream()
                    .flatMap(id -> readers.getOrDefault(id, Set.of()).stream())
                    .toList();
            try {
                show(some);
            } catch (Throwable e) { // also an Error is told to who cannot wait
                complain(e);
                all.subList(from, all.size()).forEach(id -> failFor(id, e));
                return false;
            }
        }
        return true;
    }

    private void show(List<Reader> some) {
        Set<JobKey> asked = some.stream().map(reader -> reader.job).collect(Collectors.toSet());
        Map<JobKey, JobSnapshot> found = store.find(asked).stream()
                .collect(Collectors.toMap(
                        snapshot -> new JobKey(
                                snapshot.job().owner(), snapshot.job().id()),
                        snapshot -> snapshot));
        some.forEach(reader -> show(reader, Optional.ofNullable(found.get(reader.job))));
    }

    private void show(Reader reader, Optional<JobSnapshot> found) {
        reader.isNew = false;
        try {
            if (reader.isOver() || found.map(reader.isNews::test).orElse(true)) {
                forget(reader);
                reader.answer.complete(found);
            }
        } catch (Throwable e) {
            fail(reader, e);
        }
    }

    private void fail(Reader reader, Throwable e) {
        forget(reader);
        reader.answer.completeExceptionally(e);
    }

    /** Tells those who cannot wait for the store to come back. */
    private void failFor(JobId id, Throwable e) {
        for (Reader reader : new ArrayList<>(readers.getOrDefault(id, Set.of()))) {
            if (reader.isNew || reader.isOver()) {
                fail(reader, e);
            }
        }
    }

    private void forget(Reader reader) {
        byDeadline.remove(reader);
        readers.computeIfPresent(reader.job.id(), (id, others) -> {
            others.remove(reader);
            return others.isEmpty() ? null : others;
        });
        waiting.decrementAndGet();
    }

    private static void complain(Throwable e) {
        if (e instanceof StoreUnavailable) {
            LOG.log(Level.DEBUG, "readers wait on: {0}", e.getMessage());
        } else {
            LOG.log(Level.ERROR, "cannot look for those who wait", e);
        }
    }

    /** Answers all who wait with the state of their job; readers from now on do not wait. */
    @Override
    public synchronized void close() {
        stopped = true;
        serving = false;
        subscription.close();
        wakeUp.release();
        thread.shutdown();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "readers still wait for the store");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
