package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

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

    /** The outcome is applied, by this report or an earlier one of the same outcome with the same token. */
    record Accepted(JobSnapshot job) implements SettleResult {}

    /** The token is not the newest, or another outcome was reported with it; {@code job} is unchanged. */
    record Refused(JobSnapshot job) implements SettleResult {}

    /** There is no such job, or no longer. */
    record Unknown() implements SettleResult {}
}
