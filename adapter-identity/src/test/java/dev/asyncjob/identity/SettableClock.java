package dev.asyncjob.identity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes when a test says so: of day, and as {@link System#nanoTime}. */
public final class SettableClock implements InstantSource {
    static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

    private final AtomicLong passed = new AtomicLong();

    @Override
    public Instant instant() {
        return START.plusNanos(passed.get());
    }

    public long nanoTime() {
        return Long.MAX_VALUE - 1_000_000_000L + passed.get(); // it may overflow
    }

    public void advance(Duration time) {
        passed.addAndGet(time.toNanos());
    }
}
