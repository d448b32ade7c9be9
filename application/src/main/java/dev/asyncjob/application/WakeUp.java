package dev.asyncjob.application;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets one thread wait until another thread has a reason to wake it. Signals that arrive while the thread does not wait
 * end its next wait at once, and count as one. Safe for use from any thread.
 */
public final class WakeUp {
    private final Semaphore permits = new Semaphore(0);

    /** Ends the current wait, or the next one if there is none. */
    public void signal() {
        if (permits.availablePermits() == 0) {
            permits.release();
        }
    }

    /**
     * Waits for a signal.
     *
     * @param timeout how long at most; zero or less does not wait
     */
    public void await(Duration timeout) throws InterruptedException {
        var unused = permits.tryAcquire(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        permits.drainPermits();
    }
}
