package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;

/**
 * Wake-ups that save waiting. A signal may be lost, doubled or late; who needs the truth asks the {@link JobStore}.
 *
 * <p>The store itself sends, once its change is committed. Safe for use from any thread.
 */
@FunctionalInterface
public interface JobSignals {
    /**
     * Calls {@code listener} from now on, on a thread that must not be kept, until the subscription is closed. A
     * listener that throws harms neither the sender nor other listeners.
     */
    Subscription subscribe(Listener listener);

    /** Who wants to be woken. */
    interface Listener {
        /** A job of this kind may be claimable now. */
        default void workAvailable(JobKind kind) {}

        /** The status of this job, or its forecast, has changed. */
        default void jobChanged(JobId id) {}
    }

    /** A listener's place in the line. */
    @FunctionalInterface
    interface Subscription extends AutoCloseable {
        /** Ends the calls; a call under way may still finish. Closing again does nothing. */
        @Override
        void close();
    }
}
