package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Signals within this process, delivered on the sender's thread after its commit. */
final class LocalSignals implements JobSignals {
    private static final Logger LOG = System.getLogger(LocalSignals.class.getName());

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    @Override
    public Subscription subscribe(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void workAvailable(JobKind kind) {
        tellAll(listener -> listener.workAvailable(kind));
    }

    void jobChanged(JobId id) {
        tellAll(listener -> listener.jobChanged(id));
    }

    private void tellAll(Consumer<Listener> signal) {
        for (Listener listener : listeners) {
            try {
                signal.accept(listener);
            } catch (Throwable e) { // whatever a listener throws, the sender's work is done
                LOG.log(Level.ERROR, "a listener failed on a signal", e);
            }
        }
    }
}
