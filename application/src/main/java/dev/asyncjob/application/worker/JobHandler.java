package dev.asyncjob.application.worker;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Outcome;

/** The work itself, for jobs of one kind. */
@FunctionalInterface
public interface JobHandler {
    /**
     * Does the work and says how it ended.
     *
     * <p>It may be called again for the same job, here or elsewhere: at least once is promised, exactly once is not.
     * The thread is interrupted when the lease is lost or the worker stops; what is returned then counts for nothing.
     *
     * @throws Exception as a failed attempt that may be retried; what it says goes to the log, and nothing of it to the
     *     client: what the client is to read is an {@link Outcome#failed} or {@link Outcome#retry}
     */
    Outcome handle(ClaimedJob job) throws Exception;
}
