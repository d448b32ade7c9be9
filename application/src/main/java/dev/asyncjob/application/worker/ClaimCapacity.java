package dev.asyncjob.application.worker;

import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.domain.Claim;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * Decides how many jobs a worker claims: one for each free handler thread, and ahead of time as many as handlers ended
 * in the last moments, since they will end as many in the next. While half of those still wait it is none, so that
 * claims are few and large. It is none, too, while no more leases could be renewed in time. One thread at a time may
 * call {@link #now()}; the rest is safe for use from any thread.
 */
final class ClaimCapacity {
    /** Jobs that wait for each handler thread at most. */
    private static final int MAX_AHEAD = 10;

    /** No job is claimed while so many outcomes are not settled. */
    private static final int MAX_UNSETTLED = 4 * Claim.MAX_JOBS;

    /** What counts as the last moments. */
    private static final Duration WINDOW = Duration.ofMillis(100);

    private final int concurrency;
    private final IntSupplier unsettled;
    private final Runnable onRoom;
    private final Runnable onUntried;
    private final Execution execution;
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private int endedBefore;
    private long windowStart;
    private volatile int lowMark;
    private volatile boolean full;

    /** The most leases that can be held: more could not be renewed in time, or that was never tried. */
    private volatile int renewable = Claim.MAX_JOBS;

    /** Whether the last renewals were quick. */
    private volatile boolean quick = true;

    /**
     * The capacity of a worker without jobs.
     *
     * @param onRoom runs when there may be a capacity again after it was zero
     * @param onUntried runs when more leases could be held if renewing those that are held proved quick
     */
    ClaimCapacity(int concurrency, IntSupplier unsettled, Runnable onRoom, Runnable onUntried, Execution execution) {
        this.concurrency = concurrency;
        this.unsettled = unsettled;
        this.onRoom = onRoom;
        this.onUntried = onUntried;
        this.execution = execution;
        this.windowStart = execution.nanoTime();
    }

    /**
     * Takes over how long it took to renew all leases. If it was more than a quarter of the time between renewals, so
     * many fewer are held; otherwise four times as many may be. Without leases, the time says nothing of renewals.
     */
    void renewed(int leases, Duration took, Duration interval) {
        if (leases > 0) {
            long quarter = interval.toNanos() / 4;
            quick = took.toNanos() <= quarter;
            renewable = quick
                    ? Math.max(renewable, 4 * leases)
                    : (int) Math.max(1, leases * (double) quarter / took.toNanos());
        }
        outcomesSent();
    }

    /** How many jobs to claim now; zero while that is not worthwhile. */
    int now() {
        full = true; // before the counts are read, so that no change of them is missed
        int ahead = Math.min(recentlyEnded(), MAX_AHEAD * concurrency);
        if (quick && held.get() >= renewable) {
            onUntried.run();
        }
        lowMark = Math.min(concurrency + ahead / 2, renewable);
        full = held.get() >= lowMark || unsettled.getAsInt() >= MAX_UNSETTLED;
        return full ? 0 : Math.min(concurrency + ahead, renewable) - held.get();
    }

    /** How many handler threads have nothing to do. */
    int idle() {
        return Math.max(0, concurrency - held.get());
    }

    /** How many handlers ended in this window, or in the one before if that is more. */
    private int recentlyEnded() {
        long age = execution.nanoTime() - windowStart;
        if (age >= WINDOW.toNanos()) {
            int last = ended.getAndSet(0);
            endedBefore = age < 2 * WINDOW.toNanos() ? last : 0;
            windowStart += age;
        }
        return Math.max(endedBefore, ended.get());
    }

    void claimed(int jobs) {
        held.addAndGet(jobs);
    }

    void handlerEnded() {
        ended.incrementAndGet();
        if (held.decrementAndGet() == lowMark - 1) {
            outcomesSent();
        }
    }

    void outcomesSent() {
        if (full) {
            onRoom.run();
        }
    }
}
