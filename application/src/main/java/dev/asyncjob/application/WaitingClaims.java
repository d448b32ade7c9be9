package dev.asyncjob.application;

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
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Claims that wait for jobs without a thread each, and without asking the store each.
 *
 * <p>One thread asks for all: when a signal tells of work, for those who wait for that kind, and every {@link #TICK}
 * for all, since leases that run out and jobs that are due later give no signal. In one pass the store says no at most
 * once for each set of kinds. Waiters are served in the order in which they came. No thread exists before
 * {@link #start()}. Safe for use from any thread.
 */
public final class WaitingClaims implements AwaitClaim, AutoCloseable {
    /** How often the store is asked while nothing signals: a lost lease is claimable within a second. */
    public static final Duration TICK = Duration.ofMillis(500);

    /** Claims that wait at most; more are answered at once with what there is. */
    public static final int MAX_WAITING = 10_000;

    private static final Logger LOG = System.getLogger(WaitingClaims.class.getName());

    /** Threads that pass jobs on: an answer may take long to write, and must not keep others waiting. */
    private static final int HANDS = 8;

    private final WorkQueue jobs;
    private final JobSignals signals;
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Set<JobKind> news = ConcurrentHashMap.newKeySet();
    private final Semaphore wakeUp = new Semaphore(0);
    private final ExecutorService dispatcher =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "asyncjob-waiting-claims"));
    private final ExecutorService hands =
            Executors.newFixedThreadPool(HANDS, task -> new Thread(task, "asyncjob-claim-answer"));
    private JobSignals.Subscription subscription = () -> {};
    private boolean started;
    private volatile boolean stopping;

    /**
     * Nobody waits yet.
     *
     * @param jobs where jobs are claimed, and given back if nobody takes them
     * @param signals what wakes waiters before the next tick
     */
    public WaitingClaims(WorkQueue jobs, JobSignals signals) {
        this.jobs = jobs;
        this.signals = signals;
    }

    /** Who waits, for what, and until when on {@link System#nanoTime()}. */
    private record Waiter(Claim claim, long deadline, CompletableFuture<List<ClaimedJob>> answer) {
        boolean isOver() {
            return deadline - System.nanoTime() <= 0 || answer.isDone();
        }

        boolean wantsAnyOf(Set<JobKind> kinds) {
            return !Collections.disjoint(claim.kinds(), kinds);
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
        subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                if (!waiters.isEmpty()) {
                    wakeFor(Set.of(kind));
                }
            }
        });
        dispatcher.execute(this::serveUntilStopped);
    }

    @Override
    public CompletionStage<List<ClaimedJob>> awaitClaim(Claim claim, Duration wait) {
        CompletableFuture<List<ClaimedJob>> answer = new CompletableFuture<>();
        try {
            List<ClaimedJob> claimed = jobs.claim(claim);
            if (!claimed.isEmpty() || wait.isZero() || wait.isNegative() || !mayWait()) {
                answer.complete(claimed);
                return answer;
            }
        } catch (StoreUnavailable e) {
            answer.completeExceptionally(e);
            return answer;
        }
        Waiter waiter = new Waiter(claim, System.nanoTime() + TimeUnit.NANOSECONDS.convert(wait), answer);
        waiters.add(waiter);
        if (stopping) {
            answer(waiter, List.of()); // who stops may have looked before
        }
        wakeFor(claim.kinds()); // what came between the first look and the place in the queue is found by a look
        // after it
        return answer;
    }

    private boolean mayWait() {
        if (stopping) {
            return false;
        }
        boolean room = waiting.incrementAndGet() <= MAX_WAITING;
        if (!room) {
            waiting.decrementAndGet();
        }
        return room;
    }

    private void wakeFor(Set<JobKind> kinds) {
        news.addAll(kinds);
        if (wakeUp.availablePermits() == 0) {
            wakeUp.release();
        }
    }

    /** Whatever happens, since later claims count on this thread; only {@link #close()} ends it. */
    private void serveUntilStopped() {
        long nextLook = System.nanoTime();
        while (!stopping) {
            try {
                nextLook = serveOnce(nextLook);
            } catch (InterruptedException e) {
                LOG.log(Level.DEBUG, "nobody may interrupt who claims for others");
            } catch (Throwable e) {
                LOG.log(Level.ERROR, "cannot serve who waits", e);
                LockSupport.parkNanos(TICK.toNanos());
            }
        }
        sendAllAway();
    }

    /** Asks as soon as there is a reason; when to ask for all the next time. */
    private long serveOnce(long nextLook) throws InterruptedException {
        boolean signalled = await(nextLook);
        boolean tick = nextLook - System.nanoTime() <= 0;
        if (tick) {
            pass();
        } else if (signalled) {
            passForNews();
        }
        waiters.stream().filter(Waiter::isOver).forEach(late -> answer(late, List.of()));
        return tick ? System.nanoTime() + TICK.toNanos() : nextLook;
    }

    /** Waits for a signal, the next look or the next deadline; whether a signal came. */
    private boolean await(long nextLook) throws InterruptedException {
        if (waiters.isEmpty()) {
            wakeUp.acquire();
            return true;
        }
        long now = System.nanoTime();
        long pause =
                waiters.stream().mapToLong(waiter -> waiter.deadline() - now).reduce(nextLook - now, Math::min);
        return wakeUp.tryAcquire(pause, TimeUnit.NANOSECONDS);
    }

    /** Asks for each waiter in turn, as long as there is work for it. */
    void pass() {
        news.clear();
        pass(waiters);
    }

    /** Asks for those only who want what signals told of. */
    void passForNews() {
        Set<JobKind> kinds = new HashSet<>();
        news.removeIf(kind -> {
            kinds.add(kind);
            return true;
        });
        pass(waiters.stream().filter(waiter -> waiter.wantsAnyOf(kinds)).toList());
    }

    private void pass(Collection<Waiter> some) {
        wakeUp.drainPermits();
        List<Set<JobKind>> nothingFor = new ArrayList<>();
        List<Waiter> served = new ArrayList<>();
        for (Waiter waiter : some) {
            Set<JobKind> kinds = waiter.claim().kinds();
            boolean hopeless = nothingFor.stream().anyMatch(empty -> empty.containsAll(kinds))
                    && served.stream().noneMatch(waiter::repeats);
            if (stopping || waiter.isOver() || hopeless) {
                continue;
            }
            List<ClaimedJob> claimed = claimFor(waiter);
            if (claimed.isEmpty()) {
                nothingFor.add(kinds);
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
            LOG.log(Level.DEBUG, "claims wait on: {0}", e.getMessage());
        } catch (Throwable e) { // also an Error must not keep others waiting
            LOG.log(Level.ERROR, "cannot claim for who waits", e);
        }
        return List.of();
    }

    private void sendAllAway() {
        List.copyOf(waiters).forEach(waiter -> answer(waiter, List.of()));
    }

    private void answer(Waiter waiter, List<ClaimedJob> claimed) {
        if (waiters.remove(waiter)) {
            waiting.decrementAndGet();
            try {
                hands.execute(() -> handOver(waiter, claimed));
            } catch (RejectedExecutionException e) { // all is over but this one
                handOver(waiter, claimed);
            }
        }
    }

    private void handOver(Waiter waiter, List<ClaimedJob> claimed) {
        boolean canAskAgain = waiter.claim().id() != null;
        if (!waiter.answer().complete(claimed) && !canAskAgain) {
            claimed.forEach(this::giveBack);
        }
    }

    /** Whoever waited has left; a claim with an id is kept for who repeats it, and may have been answered so. */
    private void giveBack(ClaimedJob claimed) {
        try {
            jobs.release(claimed.job().id(), claimed.lease().token());
        } catch (StoreUnavailable e) {
            LOG.log(Level.DEBUG, "a lease will run out: {0}", e.getMessage());
        }
    }

    /** Answers all who wait with nothing; claims from now on do not wait. */
    @Override
    public synchronized void close() {
        stopping = true;
        subscription.close();
        wakeUp.release();
        dispatcher.shutdown();
        try {
            dispatcher.awaitTermination(5, TimeUnit.SECONDS);
            sendAllAway();
            hands.shutdown();
            hands.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
