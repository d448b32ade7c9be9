package dev.asyncjob.application.worker;

import dev.asyncjob.application.WakeUp;
import dev.asyncjob.domain.Claim;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Decides how many jobs a worker claims: one for each free handler thread, and ahead of time as many as handlers ended
 * in the last moments, since they will end as many in the next. While half of those still wait it is none, so that
 * claims are few and large. Safe for use from any thread.
 */
final class ClaimCapacity {
    /** Jobs that wait for each handler thread at most. */
    private static final int MAX_AHEAD = 10;

    /** No job is claimed while so many outcomes are not settled. */
    private static final int MAX_UNSETTLED = 4 * Claim.MAX_JOBS;

    /** The throughput changes with time, without a signal. */
    private static final Duration RECHECK = Duration.ofMillis(100);

    private final int concurrency;
    private final IntSupplier unsettled;
    private final AtomicInteger held = new AtomicInteger();
    private final ThroughputMeter throughput = new ThroughputMeter();
    private final WakeUp wakeUp = new WakeUp();
    private volatile int lowMark;

    ClaimCapacity(int concurrency, IntSupplier unsettled) {
        this.concurrency = concurrency;
        this.unsettled = unsettled;
    }

    /** Waits until it is worthwhile to claim, and returns for how many jobs; zero if the worker stops. */
    int await(BooleanSupplier stopping) throws InterruptedException {
        int capacity = capacity();
        while (capacity == 0 && !stopping.getAsBoolean()) {
            wakeUp.await(RECHECK);
            capacity = capacity();
        }
        return capacity;
    }

    private int capacity() {
        int ahead = Math.min(throughput.recent(), MAX_AHEAD * concurrency);
        lowMark = concurrency + ahead / 2;
        boolean worthwhile = held.get() < lowMark && unsettled.getAsInt() < MAX_UNSETTLED;
        return worthwhile ? concurrency + ahead - held.get() : 0;
    }

    void claimed(int jobs) {
        held.addAndGet(jobs);
    }

    void handlerEnded() {
        throughput.count();
        if (held.decrementAndGet() == lowMark - 1) {
            wakeUp.signal();
        }
    }

    /** Ends the wait if the capacity has changed for another reason than the end of a handler. */
    void recheck() {
        wakeUp.signal();
    }
}
