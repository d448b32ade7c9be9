package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Aborts the connections of calls that last longer than their {@link Deadline}, such as one whose answer trickles in,
 * or one of several slow statements: a time limit of the socket holds for each read alone.
 *
 * <p>It looks every {@code 100 ms}, on a thread of its own, since others may occupy the common pool of the JVM. The
 * thread ends when no call was there for a while, and with the process. Safe for use from any thread.
 */
final class CallWatch {
    private static final Logger LOG = System.getLogger(CallWatch.class.getName());
    private static final Duration INTERVAL = Duration.ofMillis(100);

    /** The time without calls after which the thread ends. */
    private static final Duration IDLE = Duration.ofSeconds(10);

    /** The connections in use, and when their calls must have ended, on {@link System#nanoTime()}. */
    private final Map<Connection, Long> ends = new ConcurrentHashMap<>();

    private final AtomicBoolean looking = new AtomicBoolean();

    /** Begins to watch a connection, for the current thread's deadline. */
    void begin(Connection connection) {
        ends.put(connection, System.nanoTime() + Deadline.left().toNanos());
        if (!looking.get() && looking.compareAndSet(false, true)) {
            start();
        }
    }

    /** Ends watching a connection. */
    void end(Connection connection) {
        ends.remove(connection);
    }

    private void start() {
        try {
            Thread thread = new Thread(this::lookUntilIdle, "asyncjob-watch");
            thread.setDaemon(true);
            thread.start();
        } catch (Throwable e) { // no thread: the next call tries again
            looking.set(false);
        }
    }

    private void lookUntilIdle() {
        long used = System.nanoTime();
        for (long now = used; now - used < IDLE.toNanos(); now = System.nanoTime()) {
            used = ends.isEmpty() ? used : now;
            look(now);
            var unused = Thread.interrupted(); // with it, the pause would be none
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
        looking.set(false);
        if (!ends.isEmpty() && looking.compareAndSet(false, true)) {
            start();
        }
    }

    private void look(long now) {
        try {
            ends.forEach((connection, end) -> {
                if (now - end > 0 && ends.remove(connection, end)) {
                    abort(connection);
                }
            });
        } catch (Throwable e) { // an Error, or the log fails: only looking again is left
            Thread.onSpinWait();
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
