package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Signals within this process: the store tells it as a listener, it tells whoever subscribed, in the caller's thread.
 *
 * <p>Safe for use from any thread.
 */
final class LocalSignals implements JobSignals, JobSignals.Listener {
    private static final Logger LOG = System.getLogger(LocalSignals.class.getName());

    /** By place, since one listener may subscribe twice and leave once. */
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

    private void tellAll(Consumer<Listener> news) {
        for (Listener listener : listeners.values()) {
            try {
                news.accept(listener);
            } catch (Throwable e) { // the change is committed: nothing a listener throws may reach who made it
                LOG.log(Level.WARNING, "a listener failed: {0}", e.getClass().getName());
            }
        }
    }
}
