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

    /** The end of the time of the current thread. */
    private static final ThreadLocal<@Nullable End> END = new ThreadLocal<>();

    private Deadline() {}

    private record End(Execution execution, long at) {}

    /** Runs a task within a time limit, or within the deadline that this thread has already, if that is earlier. */
    public static <T> T within(Duration limit, Supplier<T> task) {
        return within(Execution.JVM, limit, task);
    }

    /** Runs a task as {@link #within(Duration, Supplier)} does, in the time of {@code execution}. */
    public static <T> T within(Execution execution, Duration limit, Supplier<T> task) {
        End outer = END.get();
        long end = execution.nanoTime() + limit.toNanos();
        if (outer != null && outer.at - end <= 0) {
            return task.get();
        }
        END.set(new End(execution, end));
        try {
            return task.get();
        } finally {
            END.set(outer);
        }
    }

    /** Runs a task as {@link #within(Duration, Supplier)} does, in the time of {@code execution}. */
    public static void run(Execution execution, Duration limit, Runnable task) {
        var unused = within(execution, limit, () -> {
            task.run();
            return true;
        });
    }

    /** Returns the time that the current thread has left, negative after its deadline; the limit if it has none. */
    public static Duration left() {
        End end = END.get();
        return end == null ? LIMIT : end.execution.until(end.at);
    }
}
