package dev.asyncjob.application.spi;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Passes on at most one message an interval, so that a lasting fault does not fill the log. Safe for use from any
 * thread.
 */
public final class RateLimitedLog implements Consumer<String> {
    /** The interval that adapters use unless they have a reason for another. */
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private long next;

    /**
     * Passes on one message each {@link #INTERVAL}.
     *
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log what writes the message
     */
    public RateLimitedLog(LongSupplier nanoTime, Consumer<String> log) {
        this.nanoTime = nanoTime;
        this.log = log;
        this.next = nanoTime.getAsLong();
    }

    @Override
    public synchronized void accept(String message) {
        long now = nanoTime.getAsLong();
        if (now - next >= 0) {
            next = now + INTERVAL.toNanos();
            log.accept(message);
        }
    }
}
