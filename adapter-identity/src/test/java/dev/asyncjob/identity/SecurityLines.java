package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects the lines of the security log, also those of other tests at the same time. */
final class SecurityLines extends Handler implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Authenticator.SECURITY_LOG);

    final Queue<String> lines = new ConcurrentLinkedQueue<>();

    SecurityLines() {
        LOG.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        LOG.removeHandler(this);
    }
}
