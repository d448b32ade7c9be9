package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Signals within one process: what it is told as a {@link JobSignals.Listener}, it tells everybody who subscribed.
 *
 * <p>Listeners are called at once, in the sender's thread; what they throw is logged and harms nobody. Safe for use
 * from any thread.
 */
public final class InMemoryJobSignals implements JobSignals, JobSignals.Listener {
    private static final Logger LOG = System.getLogger(InMemoryJobSignals.class.getName());

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
            } catch (Throwable e) { // whatever a listener throws, the others must hear and the sender must go on
                LOG.log(Level.WARNING, "a listener failed: {0}", e.toString());
            }
        }
    }
}
