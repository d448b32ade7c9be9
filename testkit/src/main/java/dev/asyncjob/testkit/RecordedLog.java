package dev.asyncjob.testkit;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * What is written to a log of {@code java.util.logging} while this is open, by any thread. A line is a message with its
 * parameters, and after a space the exception, if there is one. Safe for use from any thread.
 */
public final class RecordedLog extends Handler implements AutoCloseable {
    private final Formatter formatter = new SimpleFormatter();
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Logger log;

    /** Begins to record the log of this name. */
    public RecordedLog(String name) {
        log = Logger.getLogger(name);
        log.addHandler(this);
    }

    /** The lines until now, in their order. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord entry) {
        String message = formatter.formatMessage(entry);
        lines.add(entry.getThrown() == null ? message : message + " " + entry.getThrown());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        log.removeHandler(this);
    }
}
