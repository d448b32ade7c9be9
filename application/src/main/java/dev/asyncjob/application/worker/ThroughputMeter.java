package dev.asyncjob.application.worker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** How many things end in a tenth of a second, as far as the last two tenths tell. One thread may ask, any may tell. */
final class ThroughputMeter {
    private static final Duration WINDOW = Duration.ofMillis(100);

    private final AtomicInteger counted = new AtomicInteger();
    private long begun = System.nanoTime();
    private int before;

    /** One more. */
    void count() {
        counted.incrementAndGet();
    }

    /** How many there were in this tenth of a second, or in the one before if they were more. */
    int recent() {
        long age = System.nanoTime() - begun;
        if (age >= WINDOW.toNanos()) {
            int last = counted.getAndSet(0);
            before = age < 2 * WINDOW.toNanos() ? last : 0;
            begun += age;
        }
        return Math.max(before, counted.get());
    }
}
