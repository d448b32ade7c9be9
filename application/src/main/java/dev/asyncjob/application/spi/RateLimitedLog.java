package dev.asyncjob.application.spi;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Passes on at most one message in each interval, so that a lasting fault does not fill the log. Safe for use from any
 * thread.
 */
public final class RateLimitedLog implements Consumer<String> {
    /** The interval. */
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private long next;

    /**
     * Passes on one message in each {@link #INTERVAL}; the first at once.
     *
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log writes the message
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
