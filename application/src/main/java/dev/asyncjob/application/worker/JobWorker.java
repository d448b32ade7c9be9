package dev.asyncjob.application.worker;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Claims due jobs, runs their handlers, keeps their leases alive and settles them.
 *
 * <p>One thread claims, as many as {@link WorkerSettings#concurrency} run handlers, one or two settle, one renews and
 * one watches the time; none exists before {@link #start()} or after {@link #close()}. Handlers run in virtual threads
 * where the JVM has them (21 and later). A handler that throws fails its own attempt and nothing else; one that takes
 * longer than {@link WorkerSettings#handlerTimeout} is interrupted and its attempt has failed at once, and if it goes
 * on all the same it keeps its place among the {@link WorkerSettings#concurrency}. Where handlers are quick, some jobs
 * are claimed before a place is free: no more than ended in the last moments, and those that wait for a second are
 * given back. All methods may be called from any thread.
 */
public final class JobWorker implements AutoCloseable {
    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    /** After so many failures in a row the store is taken to be away. */
    private static final int AWAY = 2;

    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);
    private static final Duration LAST_GRACE = Duration.ofSeconds(1);

    /** Jobs that wait for each hand at most. */
    private static final int AHEAD = 10;

    /** How long they may. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    /** No more is claimed while so many outcomes are on their way. */
    private static final int MAX_UNSETTLED = 4 * Claim.MAX_JOBS;

    /** How long it may take at most until somebody notices what nobody tells. */
    private static final Duration TICK = Duration.ofMillis(100);

    private final WorkQueue jobs;
    private final JobSignals signals;
    private final Map<JobKind, JobHandler> handlers;
    private final WorkerSettings settings;
    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();
    private final AtomicInteger inHand = new AtomicInteger();
    private final ThroughputMeter pace = new ThroughputMeter();
    private final Semaphore wakeUp = new Semaphore(0);
    private final Semaphore room = new Semaphore(0);
    private final ExecutorService claimer = Executors.newSingleThreadExecutor(named("claim"));
    private final ExecutorService renewer = Executors.newSingleThreadExecutor(named("renew"));
    private final ExecutorService hands;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(named("watch"));
    private final OutcomeReporter outbox;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private JobSignals.Subscription subscription = () -> {};
    private boolean started;
    private volatile int enough;
    private volatile boolean stopping;

    /**
     * A worker that does nothing yet.
     *
     * @param jobs the doors it uses
     * @param signals what wakes it before the next poll
     * @param handlers what it can do: at least one kind
     */
    public JobWorker(WorkQueue jobs, JobSignals signals, Map<JobKind, JobHandler> handlers, WorkerSettings settings) {
        this.jobs = jobs;
        this.signals = signals;
        this.handlers = Map.copyOf(handlers);
        this.settings = settings;
        this.hands = HandlerThreads.newExecutor(settings.concurrency());
        this.outbox = new OutcomeReporter(jobs, running::remove, room::release, named("settle"));
        claimOf(1);
    }

    /** Begins to work; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (started || stopping) {
            return;
        }
        subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                if (handlers.containsKey(kind) && wakeUp.availablePermits() == 0) {
                    wakeUp.release();
                }
            }
        });
        started = true;
        claimer.execute(this::claimUntilStopped);
        renewer.execute(this::renewUntilStopped);
        long tick = shorter(settings.handlerTimeout().dividedBy(10), TICK).toNanos();
        var unused = watch.scheduleWithFixedDelay(this::lookAtTheTime, tick, tick, TimeUnit.NANOSECONDS);
    }

    /**
     * Works off, in the caller's thread and without {@link #start()} or time limits, what is due now; for tests.
     *
     * @return how many attempts were made
     */
    public int runDueJobs() {
        int made = 0;
        List<ClaimedJob> claimed = jobs.claim(claimOf(1));
        while (!claimed.isEmpty()) {
            claimed.forEach(job -> runHere(attempt(job)));
            made += claimed.size();
            claimed = jobs.claim(claimOf(1));
        }
        return made;
    }

    private void runHere(Attempt attempt) {
        Optional<Outcome> outcome = attempt.run();
        boolean interrupted = Thread.interrupted(); // H2 closes its file under a thread that is interrupted
        try {
            if (outcome.isPresent()) {
                outbox.send(attempt, outcome.get());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Stops claiming, gives back what no handler has begun, waits up to {@link WorkerSettings#stopTimeout} for handlers
     * to end and for their outcomes to be settled, then interrupts them, gives their leases back and waits a second
     * more. What a handler says after that counts for nothing.
     */
    @Override
    public synchronized void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        subscription.close();
        wakeUp.release();
        room.release();
        long deadline = System.nanoTime() + settings.stopTimeout().toNanos();
        claimer.shutdown(); // never interrupted: H2 closes its file when a thread is interrupted while it writes
        awaitQuietly(claimer, settings.stopTimeout());
        giveBackUnbegun(Duration.ZERO);
        hands.shutdown();
        boolean ended = awaitQuietly(hands, until(deadline));
        if (!settledWithin(until(deadline)) || !ended) {
            giveBack(List.copyOf(running)); // interrupts handlers only, never a thread that is in the store
            awaitQuietly(hands, LAST_GRACE);
        }
        stopped.countDown();
        renewer.shutdown();
        watch.shutdown();
        outbox.close();
    }

    /** What handlers have said gets a last chance, however little time there is. */
    private boolean settledWithin(Duration time) {
        try {
            return outbox.awaitEmpty(time.compareTo(LAST_GRACE) < 0 ? LAST_GRACE : time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Duration until(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    private Claim claimOf(int max) {
        return new Claim(settings.name(), handlers.keySet(), Math.min(max, Claim.MAX_JOBS), settings.lease());
    }

    private Attempt attempt(ClaimedJob job) {
        return new Attempt(jobs, handlers.getOrDefault(job.job().kind(), JobWorker::notAskedFor), job);
    }

    private static Outcome notAskedFor(ClaimedJob job) {
        throw new IllegalStateException("the store gave out a kind of job that was not asked for");
    }

    private void claimUntilStopped() {
        try {
            while (!stopping) {
                Duration pause = claimOnce();
                if (wakeUp.tryAcquire(TimeUnit.NANOSECONDS.convert(pause), TimeUnit.NANOSECONDS)) {
                    wakeUp.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long to wait for a signal before claiming again. */
    private Duration claimOnce() throws InterruptedException {
        int places = awaitPlaces();
        List<ClaimedJob> claimed = List.of();
        try {
            claimed = stopping ? claimed : jobs.claim(claimOf(places));
            return claimed.isEmpty() ? settings.pollInterval() : Duration.ZERO;
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot claim jobs: {0}", e.getMessage());
            return shorter(settings.pollInterval(), AFTER_FAILURE);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot claim jobs", e);
            return shorter(settings.pollInterval(), AFTER_FAILURE);
        } finally {
            inHand.addAndGet(claimed.size());
            claimed.forEach(job -> begin(attempt(job)));
        }
    }

    /** Waits until it is worth while to claim, and answers with how many jobs. */
    private int awaitPlaces() throws InterruptedException {
        int places = places();
        while (places == 0 && !stopping) {
            room.tryAcquire(TICK.toNanos(), TimeUnit.NANOSECONDS);
            room.drainPermits();
            places = places();
        }
        return places;
    }

    /**
     * How many jobs can be taken on: one for each free hand and as many as handlers ended in the last moments, since
     * they will end as many in the next. None as long as half of those still wait, so that claims are few and large.
     */
    private int places() {
        int ahead = Math.min(pace.recent(), AHEAD * settings.concurrency());
        enough = settings.concurrency() + ahead / 2;
        boolean worthWhile = inHand.get() < enough && outbox.size() < MAX_UNSETTLED;
        return worthWhile ? settings.concurrency() + ahead - inHand.get() : 0;
    }

    private void begin(Attempt attempt) {
        running.add(attempt);
        try {
            hands.execute(() -> work(attempt));
        } catch (RejectedExecutionException e) { // close() did not wait for a slow claim
            giveBack(List.of(attempt));
        }
    }

    private void work(Attempt attempt) {
        try {
            attempt.run().ifPresentOrElse(outcome -> outbox.add(attempt, outcome), () -> running.remove(attempt));
        } finally {
            pace.count();
            if (inHand.decrementAndGet() == enough - 1) {
                room.release();
            }
        }
    }

    private void lookAtTheTime() {
        try {
            running.forEach(attempt ->
                    attempt.timeOut(settings.handlerTimeout()).ifPresent(outcome -> outbox.add(attempt, outcome)));
            giveBackUnbegun(LONGEST_WAIT);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot watch over handlers", e);
        }
    }

    private void giveBackUnbegun(Duration wait) {
        giveBack(
                running.stream().filter(attempt -> attempt.abandonUnbegun(wait)).toList());
    }

    /** Stops all of them first: a store that is away must not keep handlers going. */
    private void giveBack(List<Attempt> attempts) {
        attempts.forEach(Attempt::abandon);
        attempts.forEach(running::remove);
        int inARow = 0;
        for (Attempt attempt : attempts) {
            inARow = attempt.release() ? 0 : inARow + 1;
            if (inARow == AWAY) {
                LOG.log(Level.WARNING, "the store is away, leases will run out");
                return;
            }
        }
    }

    private void renewUntilStopped() {
        try {
            Duration pause = settings.renewEvery();
            while (!stopped.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                pause = renewAll() ? settings.renewEvery() : shorter(AFTER_FAILURE, settings.renewEvery());
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Renews one lease after the other, those last that could not be renewed the last time: a job that is locked must
     * not cost others their leases. A store that fails twice in a row is away for all, so that the rest need not wait
     * for it, too. False if any lease could not be renewed.
     */
    private boolean renewAll() {
        int failures = 0;
        int inARow = 0;
        for (Attempt attempt : inOrderOfRenewal()) {
            inARow = attempt.renew(settings.lease()) ? 0 : inARow + 1;
            failures += Math.min(inARow, 1);
            if (inARow == AWAY) {
                break;
            }
        }
        return failures == 0;
    }

    private List<Attempt> inOrderOfRenewal() {
        return running.stream().collect(Collectors.partitioningBy(Attempt::wasPutOff)).values().stream()
                .flatMap(List::stream)
                .toList();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static boolean awaitQuietly(ExecutorService executor, Duration timeout) {
        try {
            return executor.awaitTermination(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static ThreadFactory named(String role) {
        AtomicInteger number = new AtomicInteger();
        return task -> new Thread(task, "asyncjob-" + role + "-" + number.incrementAndGet());
    }
}
