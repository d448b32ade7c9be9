package dev.asyncjob.domain;

import java.time.Instant;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The store's answer to an {@link OutcomeReport}. */
public sealed interface SettleResult {
    /** Applies the one function that fits the answer. */
    default <T> T fold(
            Function<? super JobSnapshot, ? extends T> accepted,
            Function<? super JobSnapshot, ? extends T> refused,
            Supplier<? extends T> unknown) {
        if (this instanceof Accepted answer) {
            return accepted.apply(answer.job());
        }
        return this instanceof Refused answer ? refused.apply(answer.job()) : unknown.get();
    }

    /**
     * The outcome is applied, by this report or an earlier one of the same outcome with the same token.
     *
     * @param job the job after it
     * @param since when the attempt began that this very report ended, on the store's clock; null if an earlier report
     *     ended it, or if its begin was not kept
     */
    record Accepted(JobSnapshot job, @Nullable Instant since) implements SettleResult {
        /** A report that ended no attempt. */
        public Accepted(JobSnapshot job) {
            this(job, null);
        }
    }

    /** The token is not the newest, or another outcome was reported with it; {@code job} is unchanged. */
    record Refused(JobSnapshot job) implements SettleResult {}

    /** There is no such job, or no longer. */
    record Unknown() implements SettleResult {}
}
