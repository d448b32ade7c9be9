package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;

/**
 * An accepted piece of slow work, as its owner sees it.
 *
 * <pre>
 *               retry (a later attempt is due)
 *               +-----+
 *               v     |        complete
 *  NewJob ---> Pending -------------------------> Done
 *               |
 *               |  fail (for good, or attempts spent), cancel
 *               +-------------------------------> Failed
 * </pre>
 *
 * <p>Each state is a type and transitions are methods of the state they leave: only {@link Pending} has any, so a job
 * that has ended cannot move (contract section 3, promise 1). What workers need beyond this, {@link Attempts} and
 * {@link Lease}, is kept beside it and not shown to the owner.
 */
public sealed interface AsyncJob {
    /** Its id. */
    JobId id();

    /** The client that may read it. */
    Owner owner();

    /** The kind of work. */
    JobKind kind();

    /** The resources that it is about. */
    ResourceLinks links();

    /** When it was accepted, on the store's clock. */
    Instant createdAt();

    /** Its state as clients see it. */
    default JobStatus status() {
        return fold(pending -> JobStatus.PENDING, done -> JobStatus.DONE, failed -> JobStatus.FAILED);
    }

    /** Applies the one function that fits the state. */
    <T> T fold(
            Function<? super Pending, ? extends T> pending,
            Function<? super Done, ? extends T> done,
            Function<? super Failed, ? extends T> failed);

    /**
     * Accepted and not ended.
     *
     * @param eta when its end is expected
     */
    record Pending(JobId id, Owner owner, JobKind kind, ResourceLinks links, Instant createdAt, Eta eta)
            implements AsyncJob {

        /**
         * Ends the job with a result.
         *
         * @param result the links of the ended job, with the {@code href} of the result
         * @param now the instant of the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Done complete(ResourceLinks result, Instant now, Duration retention) {
            return new Done(id, owner, kind, result, createdAt, now, now.plus(retention));
        }

        /**
         * Ends the job without a result.
         *
         * @param failure the reason
         * @param now the instant of the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Failed fail(Failure failure, Instant now, Duration retention) {
            return new Failed(id, owner, kind, links, createdAt, failure, now, now.plus(retention));
        }

        /**
         * Cancels the job: it ends as failed with {@link Failure#CANCELLED}.
         *
         * @param now the instant of the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Failed cancel(Instant now, Duration retention) {
            return fail(Failure.CANCELLED, now, retention);
        }

        /**
         * Replaces the forecast by that of its worker.
         *
         * @param end when the worker expects the end
         * @param now the store's clock
         * @throws InvalidValueException if {@code end} is not after {@code now}, or too far ahead
         */
        public Pending expectedAt(Instant end, Instant now) {
            Rules.after("eta", end, now);
            Instant from = eta.from().isBefore(now) ? eta.from() : now; // the clock may have been set back
            return new Pending(id, owner, kind, links, createdAt, Eta.after(from, Duration.between(from, end)));
        }

        /** Plans another attempt at {@code dueAt}; the forecast follows. */
        public Pending retry(Instant dueAt) {
            return new Pending(id, owner, kind, links, createdAt, eta.restartedAt(dueAt));
        }

        @Override
        public <T> T fold(
                Function<? super Pending, ? extends T> pending,
                Function<? super Done, ? extends T> done,
                Function<? super Failed, ? extends T> failed) {
            return pending.apply(this);
        }
    }

    /** A job that has ended and will never change. */
    sealed interface Ended extends AsyncJob {
        /** When it ended, on the store's clock. */
        Instant endedAt();

        /** The instant until which it can be read. */
        Instant keptUntil();
    }

    /** Ended with a result, at {@link #links()}. */
    record Done(
            JobId id,
            Owner owner,
            JobKind kind,
            ResourceLinks links,
            Instant createdAt,
            Instant endedAt,
            Instant keptUntil)
            implements Ended {
        @Override
        public <T> T fold(
                Function<? super Pending, ? extends T> pending,
                Function<? super Done, ? extends T> done,
                Function<? super Failed, ? extends T> failed) {
            return done.apply(this);
        }
    }

    /**
     * Ended without a result.
     *
     * @param failure the reason
     */
    record Failed(
            JobId id,
            Owner owner,
            JobKind kind,
            ResourceLinks links,
            Instant createdAt,
            Failure failure,
            Instant endedAt,
            Instant keptUntil)
            implements Ended {
        /** Whether it ended because it was cancelled. */
        public boolean wasCancelled() {
            return failure.equals(Failure.CANCELLED);
        }

        @Override
        public <T> T fold(
                Function<? super Pending, ? extends T> pending,
                Function<? super Done, ? extends T> done,
                Function<? super Failed, ? extends T> failed) {
            return failed.apply(this);
        }
    }
}
