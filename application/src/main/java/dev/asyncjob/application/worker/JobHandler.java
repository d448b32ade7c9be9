package dev.asyncjob.application.worker;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Outcome;

/** Does the work of jobs of one kind. Called from several threads at once. */
@FunctionalInterface
public interface JobHandler {
    /**
     * Does the work and returns its outcome.
     *
     * <p>It may be called again for the same job, in this worker or another: each job is handled at least once, not
     * exactly once. The thread is interrupted when the lease is lost or the worker stops; what is returned then is
     * ignored.
     *
     * @throws Exception as a failed attempt that may be retried; its message goes to the log and never to the client:
     *     what the client is to read is an {@link Outcome#failed} or {@link Outcome#retry}
     */
    Outcome handle(ClaimedJob job) throws Exception;
}
