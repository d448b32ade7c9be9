package dev.asyncjob.application.worker;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Statement;
import java.util.function.Consumer;

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

    /**
     * The same, and may tell readers of the job's status how far it is.
     *
     * @param readers takes what is to be told, from any thread; does not wait. Readers get the last of several
     *     statements, one a second at most; what is told after the end is ignored
     */
    default Outcome handle(ClaimedJob job, Consumer<Statement> readers) throws Exception {
        return handle(job);
    }

    /** A handler that tells readers how far it is. */
    static JobHandler withProgress(WithProgress handler) {
        return new JobHandler() {
            @Override
            public Outcome handle(ClaimedJob job) throws Exception {
                return handler.handle(job, statement -> {});
            }

            @Override
            public Outcome handle(ClaimedJob job, Consumer<Statement> readers) throws Exception {
                return handler.handle(job, readers);
            }
        };
    }

    /** The shape of a handler that tells readers how far it is. */
    @FunctionalInterface
    interface WithProgress {
        /** Does the work as {@link JobHandler#handle(ClaimedJob, Consumer)} says. */
        Outcome handle(ClaimedJob job, Consumer<Statement> readers) throws Exception;
    }
}
