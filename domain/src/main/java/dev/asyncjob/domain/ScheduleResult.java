package dev.asyncjob.domain;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The store's answer to a {@link NewJob}. */
public sealed interface ScheduleResult {
    /** Applies the one function that fits the answer. */
    default <T> T fold(
            Function<? super JobSnapshot, ? extends T> accepted,
            Supplier<? extends T> contradiction,
            Supplier<? extends T> keyReused,
            Function<? super OverQuota, ? extends T> overQuota) {
        if (this instanceof Accepted answer) {
            return accepted.apply(answer.job());
        }
        if (this instanceof OverQuota refusal) {
            return overQuota.apply(refusal);
        }
        return this instanceof Contradiction ? contradiction.get() : keyReused.get();
    }

    /** The lease that an accepted job was born with; empty if there is none. */
    default Optional<Lease> firstLease() {
        return this instanceof Accepted answer ? Optional.ofNullable(answer.lease()) : Optional.empty();
    }

    /**
     * The job is stored, by this request or an earlier one.
     *
     * @param job the job as it was first accepted: a repetition gets the first response, whatever became of the job
     *     since
     * @param lease the lease that the job was born with, as it was then: it may have been renewed, lost or settled
     *     since. Null if the job waits for a claim
     */
    record Accepted(JobSnapshot job, @Nullable Lease lease) implements ScheduleResult {
        /** A job that waits for a claim. */
        public Accepted(JobSnapshot job) {
            this(job, null);
        }
    }

    /**
     * The id is taken by a job of other content or of another scheduler; the answer has nothing of that job, and is the
     * same whichever differs.
     */
    record Contradiction() implements ScheduleResult {}

    /** The {@link IdempotencyKey} came before with another request. */
    record KeyReused() implements ScheduleResult {}

    /**
     * Nothing is stored, since the client would have more pending jobs than {@link WorkPolicy#quota} allows. A job that
     * was scheduled before is answered as ever.
     *
     * @param quota what the client may have
     * @param ofJobs whether its jobs are too many, not their payloads too large
     * @param retryAfter when it makes sense to try again; more than zero
     */
    record OverQuota(Backlog quota, boolean ofJobs, Duration retryAfter) implements ScheduleResult {}
}
