package dev.asyncjob.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that stands still until a test moves it.
 *
 * <p>It may also be set back. Safe for use from any thread.
 */
public final class SettableClock implements InstantSource {
    /** The default start. */
    public static final Instant START = Instant.parse("2022-10-24T12:35:49.956Z");

    private final Instant start;
    private Instant now;

    /** A clock that shows {@link #START}. */
    public SettableClock() {
        this(START);
    }

    /** A clock that shows {@code start}. */
    public SettableClock(Instant start) {
        this.start = start;
        now = start;
    }

    /** The instant that it shows. */
    @Override
    public synchronized Instant instant() {
        return now;
    }

    /** The same time as {@link System#nanoTime} would give it; overflows one second after the start, as that may. */
    public long nanoTime() {
        return Long.MAX_VALUE
                - 1_000_000_000L
                + Duration.between(start, instant()).toNanos();
    }

    /** Moves it by {@code step}. */
    public synchronized void advance(Duration step) {
        now = now.plus(step);
    }

    /** Moves it to {@code instant}. */
    public synchronized void setTo(Instant instant) {
        now = instant;
    }
}
