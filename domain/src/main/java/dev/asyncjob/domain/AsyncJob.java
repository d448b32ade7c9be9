package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;

/**
 * An accepted piece of slow work, as its owner knows it.
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
 * {@link Lease}, is not the owner's business and is kept beside it.
 */
public sealed interface AsyncJob {
    /** Its name. */
    JobId id();

    /** Who may read it. */
    Owner owner();

    /** What sort of work it is. */
    JobKind kind();

    /** What it is about. */
    ResourceLinks links();

    /** When it was accepted, on the store's clock. */
    Instant createdAt();

    /** The word for its state. */
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
         * @param result what it is about now, with the result's {@code href}
         * @param now the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Done complete(ResourceLinks result, Instant now, Duration retention) {
            return new Done(id, owner, kind, result, createdAt, now, now.plus(retention));
        }

        /**
         * Ends the job without a result.
         *
         * @param failure why
         * @param now the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Failed fail(Failure failure, Instant now, Duration retention) {
            return new Failed(id, owner, kind, links, createdAt, failure, now, now.plus(retention));
        }

        /**
         * Calls the job off: it ends as failed with {@link Failure#CANCELLED}.
         *
         * @param now the end, on the store's clock
         * @param retention how long the ended job is kept, from now on
         */
        public Failed cancel(Instant now, Duration retention) {
            return fail(Failure.CANCELLED, now, retention);
        }

        /**
         * Corrects the forecast to what its worker says.
         *
         * @param end when the worker expects to be done
         * @param now the store's clock
         * @throws InvalidValueException if {@code end} is not after {@code now}, or too far ahead
         */
        public Pending expectedAt(Instant end, Instant now) {
            Rules.after("eta", end, now);
            return new Pending(id, owner, kind, links, createdAt, new Eta(eta.from(), end));
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

        /** Until when it can be read. */
        Instant keptUntil();
    }

    /** Ended with a result, to be found at {@link #links()}. */
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
     * @param failure why
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
        /** Whether it was called off, rather than tried and not done. */
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
