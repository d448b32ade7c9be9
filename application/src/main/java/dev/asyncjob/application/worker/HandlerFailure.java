package dev.asyncjob.application.worker;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.TraceContext;

/** The outcome of a handler that threw something instead of returning one. */
final class HandlerFailure {
    private static final Failure FAILED = new Failure("the handler failed");

    private HandlerFailure() {}

    /** A failure that tells operators its class and message, which the owner of the job must not read. */
    static Outcome of(Throwable thrown) {
        return new Outcome.Failed(FAILED, true, nameOf(thrown));
    }

    /** What the log says of the attempt; with the trace, which the lines of its requests have, too. */
    static String messageOf(ClaimedJob job) {
        TraceContext trace = job.trace();
        return "attempt %s at job %s failed%s"
                .formatted(
                        job.attempts().made(),
                        job.job().id(),
                        trace == null ? "" : " (trace_id=" + trace.traceId() + ")");
    }

    private static String nameOf(Throwable thrown) {
        String type = thrown.getClass().getName();
        try {
            return thrown.getMessage() == null ? type : type + ": " + thrown.getMessage();
        } catch (Throwable e) { // its message may throw
            return type;
        }
    }
}
