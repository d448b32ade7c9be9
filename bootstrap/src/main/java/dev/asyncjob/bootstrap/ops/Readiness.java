package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Whether the store is reachable and its calls come back. The store is queried at most once a second, because clients
 * need no credentials to read the readiness. While one thread queries it, the others return the last result. Safe for
 * use from any thread.
 */
public final class Readiness implements BooleanSupplier {
    /** How long a result is used. */
    static final Duration FRESH = Duration.ofSeconds(1);

    private static final Logger LOG = System.getLogger(Readiness.class.getName());

    private final Supplier<Instant> clock;
    private final BooleanSupplier isLosingCalls;
    private final LongSupplier nanoTime;
    private final AtomicLong nextQuery;
    private volatile boolean reachable;

    /**
     * Does not query the store yet.
     *
     * @param clock the clock of the store
     * @param isLosingCalls whether calls of the store do not come back
     * @param nanoTime a clock like {@link System#nanoTime}
     */
    public Readiness(Supplier<Instant> clock, BooleanSupplier isLosingCalls, LongSupplier nanoTime) {
        this.clock = clock;
        this.isLosingCalls = isLosingCalls;
        this.nanoTime = nanoTime;
        this.nextQuery = new AtomicLong(nanoTime.getAsLong());
    }

    @Override
    public boolean getAsBoolean() {
        long now = nanoTime.getAsLong();
        long due = nextQuery.get();
        if (now - due >= 0 && nextQuery.compareAndSet(due, now + FRESH.toNanos())) {
            reachable = query();
        }
        return reachable;
    }

    private boolean query() {
        try {
            var unused = clock.get();
            return !isLosingCalls.getAsBoolean();
        } catch (StoreUnavailable e) {
            return false;
        } catch (Throwable e) { // such as a table or a right that is gone, or no memory
            LOG.log(Level.WARNING, "the job store cannot be asked for the time", e);
            return false;
        }
    }
}
