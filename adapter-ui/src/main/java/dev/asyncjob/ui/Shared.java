package dev.asyncjob.ui;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One answer of the store for all windows, each of which asks again every few seconds. One caller at a time asks, and
 * what came back, also that the store is unavailable, is kept for {@link #KEPT}, or for four times as long as it took,
 * whichever is longer, unless it is forgotten before. Safe for use from any thread.
 */
final class Shared<T> implements Supplier<T> {
    static final Duration KEPT = Duration.ofSeconds(2);
    private static final int PAUSE = 4;

    private final Supplier<T> source;
    private final LongSupplier nanoTime;
    private @Nullable Supplier<T> last;
    private long answered;
    private long kept;

    Shared(Supplier<T> source, LongSupplier nanoTime) {
        this.source = source;
        this.nanoTime = nanoTime;
    }

    /** @throws StoreUnavailable if the store was unavailable when it was asked */
    @Override
    public synchronized T get() {
        long now = nanoTime.getAsLong();
        Supplier<T> answer = last;
        if (answer == null || now - answered >= kept) {
            answer = ask();
            last = answer;
            answered = nanoTime.getAsLong();
            kept = Math.max(KEPT.toNanos(), PAUSE * (answered - now));
        }
        return answer.get();
    }

    /** Has the next caller ask, since something has changed. */
    synchronized void forget() {
        last = null;
    }

    private Supplier<T> ask() {
        try {
            T value = source.get();
            return () -> value;
        } catch (StoreUnavailable e) {
            return () -> {
                throw e;
            };
        }
    }
}
