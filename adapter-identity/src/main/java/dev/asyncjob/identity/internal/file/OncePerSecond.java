package dev.asyncjob.identity.internal.file;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Runs a check in the thread of a caller, at most once a second and never twice at the same time: one that hangs, as a
 * read on a mount without its server, keeps one thread only. Safe for use from any thread.
 */
public final class OncePerSecond {
    private static final long SECOND = 1_000_000_000L;

    private final LongSupplier nanoTime;
    private final AtomicLong due;

    /**
     * The first check is due in a second.
     *
     * @param nanoTime a clock like {@link System#nanoTime}
     */
    public OncePerSecond(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.due = new AtomicLong(nanoTime.getAsLong() + SECOND);
    }

    /** Runs the check if it is due. */
    public void run(Runnable check) {
        long now = nanoTime.getAsLong();
        long last = due.get();
        if (now - last >= 0 && due.compareAndSet(last, now + Long.MAX_VALUE)) {
            try {
                check.run();
            } finally {
                due.set(now + SECOND);
            }
        }
    }
}
