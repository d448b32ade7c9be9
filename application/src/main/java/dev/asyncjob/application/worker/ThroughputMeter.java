package dev.asyncjob.application.worker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts events of the last tenth of a second. Any thread may call {@link #count()}, one thread at a time
 * {@link #recent()}.
 */
final class ThroughputMeter {
    private static final Duration WINDOW = Duration.ofMillis(100);

    private final AtomicInteger counted = new AtomicInteger();
    private long start = System.nanoTime();
    private int previous;

    /** Counts one event. */
    void count() {
        counted.incrementAndGet();
    }

    /** The number of events in this tenth of a second, or in the one before if that is more. */
    int recent() {
        long age = System.nanoTime() - start;
        if (age >= WINDOW.toNanos()) {
            int last = counted.getAndSet(0);
            previous = age < 2 * WINDOW.toNanos() ? last : 0;
            start += age;
        }
        return Math.max(previous, counted.get());
    }
}
