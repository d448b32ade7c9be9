package dev.asyncjob.application.spi;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The time limit of the store calls that one thread makes for one caller: whatever they consist of (the wait for a
 * connection, for locks or for a batch, one statement or several, another try), together they take no longer than
 * {@link #LIMIT}. Safe for use from any thread.
 */
public final class Deadline {
    /** The time limit of a call of the store; with what follows it, callers have an answer within three seconds. */
    public static final Duration LIMIT = Duration.ofMillis(2500);

    /** The end of the time of the current thread, on {@link System#nanoTime()}. */
    private static final ThreadLocal<@Nullable Long> END = new ThreadLocal<>();

    private Deadline() {}

    /** Runs a task within a time limit, or within the deadline that this thread has already, if that is earlier. */
    public static <T> T within(Duration limit, Supplier<T> task) {
        Long outer = END.get();
        long end = System.nanoTime() + limit.toNanos();
        if (outer != null && outer - end <= 0) {
            return task.get();
        }
        END.set(end);
        try {
            return task.get();
        } finally {
            END.set(outer);
        }
    }

    /** Runs a task as {@link #within} does. */
    public static void run(Duration limit, Runnable task) {
        var unused = within(limit, () -> {
            task.run();
            return true;
        });
    }

    /** Returns the time that the current thread has left, negative after its deadline; the limit if it has none. */
    public static Duration left() {
        Long end = END.get();
        return end == null ? LIMIT : Duration.ofNanos(end - System.nanoTime());
    }
}
