package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Signals within one process: it passes what it is told, as a {@link JobSignals.Listener}, to all who subscribed.
 *
 * <p>Listeners are called at once, in the caller's thread; what a listener throws is logged and reaches neither the
 * caller nor other listeners. Safe for use from any thread.
 */
public final class LocalJobSignals implements JobSignals, JobSignals.Listener {
    private static final Logger LOG = System.getLogger(LocalJobSignals.class.getName());

    /** By subscription, since one listener may subscribe twice and cancel once. */
    private final Map<Object, Listener> listeners = new ConcurrentHashMap<>();

    @Override
    public Subscription subscribe(Listener listener) {
        Object place = new Object();
        listeners.put(place, listener);
        return () -> listeners.remove(place);
    }

    @Override
    public void workAvailable(JobKind kind) {
        tellAll(listener -> listener.workAvailable(kind));
    }

    @Override
    public void jobChanged(JobId id) {
        tellAll(listener -> listener.jobChanged(id));
    }

    private void tellAll(Consumer<Listener> signal) {
        for (Listener listener : listeners.values()) {
            try {
                signal.accept(listener);
            } catch (Throwable e) { // the change is committed: a failing listener must not fail the caller or other
                // listeners
                LOG.log(Level.WARNING, "a listener failed: {0}", e.getClass().getName());
            }
        }
    }
}
