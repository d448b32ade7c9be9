package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

/** The store's answer to a {@link Retry}. */
public sealed interface RetryResult {
    /** Applies the one function that fits the answer. */
    default <T> T fold(
            Function<? super JobSnapshot, ? extends T> accepted,
            Function<? super JobSnapshot, ? extends T> notFailed,
            Function<? super JobSnapshot, ? extends T> notKept,
            Supplier<? extends T> keyReused,
            Supplier<? extends T> unknown) {
        if (this instanceof Accepted answer) {
            return accepted.apply(answer.job());
        }
        if (this instanceof NotFailed answer) {
            return notFailed.apply(answer.old());
        }
        if (this instanceof NotKept answer) {
            return notKept.apply(answer.old());
        }
        return this instanceof KeyReused ? keyReused.get() : unknown.get();
    }

    /** The answer if the new job was scheduled as {@code result} says. */
    static RetryResult of(ScheduleResult result) {
        return result instanceof ScheduleResult.Accepted answer ? new Accepted(answer.job()) : new KeyReused();
    }

    /**
     * The new job is stored, by this request or an earlier one.
     *
     * @param job the new job as it was first accepted
     */
    record Accepted(JobSnapshot job) implements RetryResult {}

    /**
     * The job has not ended, or was done or cancelled.
     *
     * @param old the job
     */
    record NotFailed(JobSnapshot old) implements RetryResult {}

    /**
     * What a new job needs was not kept, or not for so long.
     *
     * @param old the job that failed
     */
    record NotKept(JobSnapshot old) implements RetryResult {}

    /** The {@link IdempotencyKey} came before with another request. */
    record KeyReused() implements RetryResult {}

    /** There is no such job, or not any longer. */
    record Unknown() implements RetryResult {}
}
