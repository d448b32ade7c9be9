package dev.asyncjob.application.worker;

import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Outcome;

/** The outcome of a handler that threw something instead of returning one. */
final class HandlerFailure {
    private static final Failure FAILED = new Failure("the handler failed");

    private HandlerFailure() {}

    /** A failure that tells operators its class and message, which the owner of the job must not read. */
    static Outcome of(Throwable thrown) {
        return new Outcome.Failed(FAILED, true, nameOf(thrown));
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
