package dev.asyncjob.client;

/** Does the work of jobs of one kind, in the process of a {@link RemoteWorker}. Called from several threads at once. */
@FunctionalInterface
public interface RemoteHandler {
    /**
     * Does the work and returns its outcome.
     *
     * <p>It may be called again for the same job, in this worker or another: each job is handled at least once, not
     * exactly once. The thread is interrupted when {@link ClaimedJob#isLost()} becomes true; what is returned then is
     * ignored.
     *
     * @throws Exception as a failed attempt that may be retried; its message goes to the log and never to the client:
     *     what the client is to read is an {@link Outcome#failed} or {@link Outcome#retry}
     */
    Outcome handle(ClaimedJob job) throws Exception;
}
