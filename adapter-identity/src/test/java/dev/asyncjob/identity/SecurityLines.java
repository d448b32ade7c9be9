package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects the lines of a log, by default of the security log; also those of other tests at the same time. */
final class SecurityLines extends Handler implements AutoCloseable {
    private final Logger log;

    final Queue<String> lines = new ConcurrentLinkedQueue<>();

    SecurityLines() {
        this(Authenticator.SECURITY_LOG);
    }

    SecurityLines(String name) {
        log = Logger.getLogger(name);
        log.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        log.removeHandler(this);
    }
}
