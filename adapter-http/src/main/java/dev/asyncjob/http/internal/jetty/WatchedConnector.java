package dev.asyncjob.http.internal.jetty;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * A connector that notices when its port no longer serves. A want of memory may end the thread that selects the
 * connections that can be read, and Jetty starts no other. The thread that accepts connections goes on after it. Safe
 * for use from any thread.
 */
public final class WatchedConnector extends ServerConnector {
    /** How long it accepts no connection after there was no memory for one. */
    private static final Duration WITHOUT_MEMORY = Duration.ofMillis(100);

    private final AtomicInteger unanswered = new AtomicInteger();

    /** A connector with one thread that accepts and one that selects. */
    public WatchedConnector(Server server, ArrayByteBufferPool buffers, ConnectionFactory... factories) {
        super(server, null, null, buffers, 1, 1, factories);
    }

    @Override
    public void accept(int acceptor) throws IOException {
        try {
            super.accept(acceptor);
        } catch (OutOfMemoryError e) { // Jetty's thread would log it, and end if that lacks memory, too
            pause();
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(WITHOUT_MEMORY.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the connector stops
        }
    }

    /**
     * Submits a task to the selector, and returns how many were submitted since it last ran one. To be called
     * regularly: the count does not grow while the process is suspended. A connector that does not run gives 0.
     */
    public int unanswered() {
        if (!isRunning()) {
            return 0;
        }
        int before = unanswered.getAndIncrement();
        for (ManagedSelector selector : getSelectorManager().getBeans(ManagedSelector.class)) {
            selector.submit(keys -> unanswered.set(0));
        }
        return before;
    }
}
