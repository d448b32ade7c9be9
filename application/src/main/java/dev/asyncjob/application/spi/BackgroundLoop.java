package dev.asyncjob.application.spi;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A thread that repeats a step: when the pause that the step asked for is over, or as soon as it is signalled. Nothing
 * that the step throws ends the loop; only {@link #stop} does. {@link Execution#loop} creates it; a subclass replaces
 * the thread. Safe for use from any thread.
 */
public class BackgroundLoop {
    /** A pause that only a signal ends. */
    public static final Duration UNTIL_SIGNALLED = Duration.ofNanos(Long.MAX_VALUE);

    /** How long a step that has thrown is not repeated, whatever is signalled; the very instance tells it. */
    protected static final Duration AFTER_FAILURE = Duration.ofMillis(500);

    private final Step step;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private final Semaphore signals = new Semaphore(0);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile Runnable last = () -> {};

    /**
     * A loop without a thread; {@link #start} creates it.
     *
     * @param name the name of the thread
     * @param step what is repeated
     * @param onFailure reports what the step has thrown, for the log
     */
    public BackgroundLoop(String name, Step step, Consumer<Throwable> onFailure) {
        this.step = step;
        this.onFailure = onFailure;
        this.thread = new Thread(this::run, name);
    }

    /** One repetition. */
    @FunctionalInterface
    public interface Step {
        /** Does what is to be done now, and returns the pause until the next repetition. */
        Duration run() throws InterruptedException;
    }

    /** Starts the thread, which takes the first step at once. To be called once, and not after {@link #stop}. */
    public void start() {
        thread.start();
    }

    /** Repeats the step soon, even if its pause is not over. */
    public void signal() {
        if (signals.availablePermits() == 0) {
            signals.release();
        }
    }

    /** Ends the loop after the step in progress; see {@link #stop(Runnable, Duration)}. */
    public boolean stop(Duration timeout) {
        return stop(() -> {}, timeout);
    }

    /**
     * Ends the loop after the step in progress. The thread is never interrupted: H2 closes its file when a thread that
     * writes is interrupted.
     *
     * @param last what the thread does before it ends; not run if the loop was never started
     * @param timeout how long to wait for that
     * @return whether the thread has ended, or was never started
     */
    public boolean stop(Runnable last, Duration timeout) {
        this.last = last;
        stopping.countDown();
        signal();
        try {
            TimeUnit.NANOSECONDS.timedJoin(thread, TimeUnit.NANOSECONDS.convert(timeout));
            return !thread.isAlive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void run() {
        boolean failed = false;
        while (stopping.getCount() > 0) {
            try {
                LockSupport.parkNanos(failed ? AFTER_FAILURE.toNanos() : 0);
                failed = false;
                pause(runOnce());
            } catch (Throwable e) { // of memory, for the pause or the report: nothing else is safe here
                failed = true;
            }
        }
        last.run();
    }

    /** Takes one step, whatever it throws, and returns the pause after it. */
    protected final Duration runOnce() {
        try {
            return step.run();
        } catch (Throwable e) { // an Error or an interrupt, too: other threads rely on this one
            report(e);
            return AFTER_FAILURE;
        }
    }

    private void report(Throwable failure) {
        try {
            onFailure.accept(failure);
        } catch (Throwable e) { // the log fails as well: only repeating the step is left
            failure.addSuppressed(e);
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private void pause(Duration pause) {
        try {
            long nanos = TimeUnit.NANOSECONDS.convert(pause);
            var unused = pause == AFTER_FAILURE
                    ? stopping.await(nanos, TimeUnit.NANOSECONDS)
                    : signals.tryAcquire(nanos, TimeUnit.NANOSECONDS);
            signals.drainPermits(); // several signals count as one
        } catch (InterruptedException e) { // only stop() ends the loop
        }
    }
}
