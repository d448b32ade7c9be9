package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Whether the store can be reached, asked once a second at most, however many ask us: they need no credentials for it.
 * While one asks, the others hear what was known before. Safe for use from any thread.
 */
public final class Readiness implements BooleanSupplier {
    /** How long an answer holds. */
    static final Duration FRESH = Duration.ofSeconds(1);

    private final Supplier<Instant> clock;
    private final LongSupplier nanoTime;
    private final AtomicLong nextQuestion;
    private volatile boolean reachable;

    /**
     * Asks nobody yet.
     *
     * @param clock the store's
     * @param nanoTime a clock like {@link System#nanoTime}
     */
    public Readiness(Supplier<Instant> clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.nextQuestion = new AtomicLong(nanoTime.getAsLong());
    }

    @Override
    public boolean getAsBoolean() {
        long now = nanoTime.getAsLong();
        long due = nextQuestion.get();
        if (now - due >= 0 && nextQuestion.compareAndSet(due, now + FRESH.toNanos())) {
            reachable = ask();
        }
        return reachable;
    }

    private boolean ask() {
        try {
            var unused = clock.get();
            return true;
        } catch (StoreUnavailable e) {
            return false;
        }
    }
}
