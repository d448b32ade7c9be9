package dev.asyncjob.application;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets claims wait for jobs without a thread and without a query for each of them. Waiters are served in the order in
 * which they arrived.
 *
 * <p>No thread exists before {@link #start()}. Safe for use from any thread.
 */
public final class WaitingClaims implements AwaitClaim, AutoCloseable {
    // Implementation note
    //
    // Threads. One background loop claims for all waiters. It hands the jobs to a small pool, because the answer may
    // take long to write and must not delay other waiters.
    //
    // When the loop claims. For the waiters of a kind when a signal reports work of that kind or a waiter arrives, so
    // that work between the first claim and the place in the queue is found; for all waiters every TICK, since leases
    // that run out and jobs that become due give no signal. In one pass the store is asked in vain at most once for
    // each set of kinds.
    //
    // Abandoned claims. A job that was claimed for a waiter that has left is released, unless the claim has an id: then
    // the claim may be repeated, and gets the same job.

    /** How often the store is asked without a signal: a job with a lost lease is claimed within a second. */
    public static final Duration TICK = Duration.ofMillis(500);

    /** Claims that wait at most; more are answered at once, possibly with no job. */
    public static final int MAX_WAITING = 10_000;

    private static final Logger LOG = System.getLogger(WaitingClaims.class.getName());
    private static final int RESPONSE_THREADS = 8;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

    private final WorkQueue jobs;
    private final JobSignals signals;
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private final Semaphore room = new Semaphore(MAX_WAITING);
    private final Set<JobKind> signalled = ConcurrentHashMap.newKeySet();
    private final Execution execution;
    private final BackgroundLoop loop;
    private final ExecutorService responders;
    private JobSignals.Subscription subscription = () -> {};
    private long nextTick;
    private boolean started;
    private volatile boolean stopping;

    /**
     * A queue without waiters.
     *
     * @param jobs where jobs are claimed, and released if the waiter has left
     * @param signals report work before the next tick
     */
    public WaitingClaims(WorkQueue jobs, JobSignals signals) {
        this(jobs, signals, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    public WaitingClaims(WorkQueue jobs, JobSignals signals, Execution execution) {
        this.jobs = jobs;
        this.signals = signals;
        this.execution = execution;
        this.loop = execution.loop(
                "asyncjob-waiting-claims",
                this::serveOnce,
                e -> LOG.log(Level.ERROR, "cannot serve waiting claims", e));
        this.responders = execution.pool("asyncjob-claim-answer-", RESPONSE_THREADS, false);
    }

    /** A claim that waits until a deadline on the clock of the execution. */
    private record Waiter(Claim claim, long deadline, CompletableFuture<List<ClaimedJob>> answer) {
        boolean isOver(long now) {
            return deadline - now <= 0 || answer.isDone();
        }

        /** Whether this is the same claim, sent again. */
        boolean repeats(Waiter other) {
            return claim.id() != null && claim.id().equals(other.claim.id());
        }
    }

    /** Begins to serve waiters; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (started || stopping) {
            return;
        }
        started = true;
        subscription = signals.subscribe(new JobSignals.PromptListener() {
            @Override
            public void workAvailable(JobKind kind) {
                if (!waiters.isEmpty()) {
                    serveSoon(Set.of(kind));
                }
            }
        });
        nextTick = execution.nanoTime();
        loop.start();
    }

    @Override
    public CompletionStage<List<ClaimedJob>> awaitClaim(Claim claim, Duration wait) {
        long deadline = execution.nanoTime() + TimeUnit.NANOSECONDS.convert(wait); // a slow first claim is part of it
        Waiter waiter = new Waiter(claim, deadline, new CompletableFuture<>());
        try {
            List<ClaimedJob> claimed = jobs.claim(claim);
            if (!claimed.isEmpty() || wait.isZero() || wait.isNegative() || stopping || !room.tryAcquire()) {
                return CompletableFuture.completedFuture(claimed);
            }
        } catch (StoreUnavailable e) {
            return CompletableFuture.failedFuture(e);
        }
        try {
            waiters.add(waiter);
        } catch (Throwable e) { // of memory
            room.release();
            throw e;
        }
        if (stopping) {
            answer(waiter, List.of()); // close() may not have seen this waiter
        }
        serveSoon(claim.kinds());
        return waiter.answer();
    }

    private void serveSoon(Set<JobKind> kinds) {
        signalled.addAll(kinds);
        loop.signal();
    }

    private Duration serveOnce() {
        if (nextTick - execution.nanoTime() <= 0) {
            serveAll();
            nextTick = execution.nanoTime() + TICK.toNanos();
        } else {
            serveSignalled();
        }
        long now = execution.nanoTime();
        waiters.stream().filter(waiter -> waiter.isOver(now)).forEach(waiter -> answer(waiter, List.of()));
        if (waiters.isEmpty()) {
            return BackgroundLoop.UNTIL_SIGNALLED;
        }
        return Duration.ofNanos(
                waiters.stream().mapToLong(waiter -> waiter.deadline() - now).reduce(nextTick - now, Math::min));
    }

    /** Claims for all waiters. */
    void serveAll() {
        signalled.clear();
        serve(waiters);
    }

    /** Claims for the waiters of kinds that were signalled since the last time. */
    void serveSignalled() {
        Set<JobKind> kinds = new HashSet<>();
        signalled.removeIf(kinds::add);
        serve(waiters.stream()
                .filter(waiter -> !Collections.disjoint(waiter.claim().kinds(), kinds))
                .toList());
    }

    private void serve(Collection<Waiter> some) {
        List<Set<JobKind>> withoutJobs = new ArrayList<>();
        List<Waiter> served = new ArrayList<>();
        for (Waiter waiter : some) {
            Set<JobKind> kinds = waiter.claim().kinds();
            boolean inVain = withoutJobs.stream().anyMatch(empty -> empty.containsAll(kinds))
                    && served.stream().noneMatch(waiter::repeats);
            if (stopping || waiter.isOver(execution.nanoTime()) || inVain) {
                continue;
            }
            List<ClaimedJob> claimed = claimFor(waiter);
            if (claimed.isEmpty()) {
                withoutJobs.add(kinds);
            } else {
                served.add(waiter);
                answer(waiter, claimed);
            }
        }
    }

    private List<ClaimedJob> claimFor(Waiter waiter) {
        try {
            return jobs.claim(waiter.claim());
        } catch (StoreUnavailable e) {
            LOG.log(Level.DEBUG, "waiting claims keep waiting: {0}", e.getMessage());
        } catch (Throwable e) { // an Error, too, must not affect other waiters
            LOG.log(Level.ERROR, "cannot claim for a waiting claim", e);
        }
        return List.of();
    }

    private void answer(Waiter waiter, List<ClaimedJob> claimed) {
        FutureTask<Boolean> response = new FutureTask<>(() -> respond(waiter, claimed), true); // runs once
        if (waiters.remove(waiter)) {
            room.release();
            try {
                responders.execute(response);
            } catch (Throwable e) { // close() has shut the pool down, or there is no thread
                response.run();
            }
        } else {
            response.run(); // close() did not wait for a slow claim
        }
    }

    private void respond(Waiter waiter, List<ClaimedJob> claimed) {
        boolean repeatable = waiter.claim().id() != null;
        if (!waiter.answer().complete(claimed) && !repeatable) {
            claimed.forEach(this::release);
        }
    }

    private void release(ClaimedJob claimed) {
        try {
            jobs.release(claimed.job().id(), claimed.lease().token());
        } catch (Throwable e) { // an Error, too, must not keep other jobs from being released
            LOG.log(Level.DEBUG, "cannot release a job, its lease will run out: {0}", e.toString());
        }
    }

    /** Answers all waiters with no job; later claims do not wait. */
    @Override
    public synchronized void close() {
        stopping = true;
        subscription.close();
        loop.stop(CLOSE_TIMEOUT);
        waiters.forEach(waiter -> answer(waiter, List.of()));
        var unused = Execution.shutDown(responders, ANSWER_TIMEOUT);
    }
}
