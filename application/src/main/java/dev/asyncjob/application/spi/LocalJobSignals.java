package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Signals within one process: it is itself a listener, and passes each signal on to its subscribers.
 *
 * <p>Subscribers are called at once, in the caller's thread; what one throws is logged and reaches neither the caller
 * nor other subscribers. Safe for use from any thread.
 */
public final class LocalJobSignals implements JobSignals, JobSignals.Listener {
    private static final Logger LOG = System.getLogger(LocalJobSignals.class.getName());

    /** By subscription, since one listener may subscribe twice and close one subscription. */
    private final Map<Object, Listener> listeners = new ConcurrentHashMap<>();

    @Override
    public Subscription subscribe(Listener listener) {
        Object subscription = new Object();
        listeners.put(subscription, listener);
        return () -> listeners.remove(subscription);
    }

    @Override
    public void workAvailable(JobKind kind) {
        signalAll(listener -> listener.workAvailable(kind));
    }

    @Override
    public void jobChanged(JobId id) {
        signalAll(listener -> listener.jobChanged(id));
    }

    private static void report(Throwable failure) {
        try {
            LOG.log(Level.WARNING, "a listener failed: {0}", failure.getClass().getName());
        } catch (Throwable e) { // the log fails as well: the other listeners are left
            failure.addSuppressed(e);
        }
    }

    private void signalAll(Consumer<Listener> signal) {
        for (Listener listener : listeners.values()) {
            try {
                signal.accept(listener);
            } catch (Throwable e) { // the change is committed, so the caller must not fail
                report(e);
            }
        }
    }
}
