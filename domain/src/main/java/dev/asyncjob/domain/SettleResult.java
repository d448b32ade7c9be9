package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

/** The store's verdict on a reported {@link Outcome}. */
public sealed interface SettleResult {
    /** Applies the one function that fits the verdict. */
    <T> T fold(
            Function<? super JobSnapshot, ? extends T> accepted,
            Function<? super JobSnapshot, ? extends T> refused,
            Supplier<? extends T> unknown);

    /** The outcome counts, from now on or since an earlier report of the same outcome with the same token. */
    record Accepted(JobSnapshot job) implements SettleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Function<? super JobSnapshot, ? extends T> refused,
                Supplier<? extends T> unknown) {
            return accepted.apply(job);
        }
    }

    /** The token is not the newest, or another outcome was reported with it; {@code job} stands as it was. */
    record Refused(JobSnapshot job) implements SettleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Function<? super JobSnapshot, ? extends T> refused,
                Supplier<? extends T> unknown) {
            return refused.apply(job);
        }
    }

    /** There is no such job, or no longer. */
    record Unknown() implements SettleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Function<? super JobSnapshot, ? extends T> refused,
                Supplier<? extends T> unknown) {
            return unknown.get();
        }
    }
}
