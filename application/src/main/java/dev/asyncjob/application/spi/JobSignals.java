package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;

/**
 * Signals that shorten waits. A signal may be lost, doubled or late; only the {@link JobStore} tells the state of a
 * job.
 *
 * <p>The store itself sends a signal, once its change is committed. Safe for use from any thread.
 */
@FunctionalInterface
public interface JobSignals {
    /**
     * Calls {@code listener} from now on, until the subscription is closed. One that throws, or never returns, affects
     * neither the sender nor other listeners.
     */
    Subscription subscribe(Listener listener);

    /** Receives signals. */
    interface Listener {
        /** A job of this kind may be claimable now. */
        default void workAvailable(JobKind kind) {}

        /** The status of this job, or its forecast, has changed. */
        default void jobChanged(JobId id) {}
    }

    /** A listener that always returns at once, so that it may be called in the thread of the sender. */
    interface PromptListener extends Listener {}

    /** The subscription of one listener. */
    @FunctionalInterface
    interface Subscription extends AutoCloseable {
        /** Ends the calls; a call in progress may still finish. Closing again does nothing. */
        @Override
        void close();
    }
}
