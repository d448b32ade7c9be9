package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Aborts the connections of calls that last longer than their {@link Deadline}, such as one whose answer trickles in,
 * or one of several slow statements: a time limit of the socket holds for each read alone.
 *
 * <p>It looks every {@code 100 ms} as long as there are calls. Safe for use from any thread.
 */
final class CallWatch {
    private static final Logger LOG = System.getLogger(CallWatch.class.getName());
    private static final Duration INTERVAL = Duration.ofMillis(100);

    /** The connections in use, and when their calls must have ended, on {@link System#nanoTime()}. */
    private final Map<Connection, Long> ends = new ConcurrentHashMap<>();

    private final AtomicBoolean looking = new AtomicBoolean();

    /** Begins to watch a connection, for the current thread's deadline. */
    void begin(Connection connection) {
        ends.put(connection, System.nanoTime() + Deadline.left().toNanos());
        if (!looking.get() && looking.compareAndSet(false, true)) {
            lookSoon();
        }
    }

    /** Ends watching a connection. */
    void end(Connection connection) {
        ends.remove(connection);
    }

    private void lookSoon() {
        try {
            CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(this::look);
        } catch (Throwable e) { // no thread: the next call tries again
            looking.set(false);
        }
    }

    private void look() {
        long now = System.nanoTime();
        ends.forEach((connection, end) -> {
            if (now - end > 0 && ends.remove(connection, end)) {
                abort(connection);
            }
        });
        looking.set(!ends.isEmpty());
        if (looking.get() || (!ends.isEmpty() && looking.compareAndSet(false, true))) {
            lookSoon();
        }
    }

    private static void abort(Connection connection) {
        try {
            LOG.log(
                    Level.WARNING,
                    "a call of the database lasts longer than its time limit; its connection is aborted");
            connection.abort(task -> new Thread(task, "asyncjob-abort").start());
        } catch (Throwable e) { // an Error, too, such as no thread, must not keep other calls from being ended
            LOG.log(Level.DEBUG, "the connection could not be aborted", e);
        }
    }
}
