package dev.asyncjob.identity;

import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Passes on at most one complaint a minute, so that somebody else's outage does not fill our log. Thread-safe. */
final class RateLimitedLog implements Consumer<String> {
    private static final long MINUTE = 60_000_000_000L;

    private final LongSupplier nanoTime;
    private final Consumer<String> told;
    private long next;

    /** @param nanoTime a clock like {@link System#nanoTime} */
    RateLimitedLog(LongSupplier nanoTime, Consumer<String> told) {
        this.nanoTime = nanoTime;
        this.told = told;
        this.next = nanoTime.getAsLong();
    }

    @Override
    public synchronized void accept(String complaint) {
        long now = nanoTime.getAsLong();
        if (now - next >= 0) {
            next = now + MINUTE;
            told.accept(complaint);
        }
    }
}
