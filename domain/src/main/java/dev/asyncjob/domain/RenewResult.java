package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

/** The store's answer to a {@link LeaseExtension}. */
public sealed interface RenewResult {
    /** Applies the one function that fits the answer. */
    default <T> T fold(
            Function<? super Lease, ? extends T> renewed,
            Function<? super JobSnapshot, ? extends T> lost,
            Supplier<? extends T> unknown) {
        if (this instanceof Renewed answer) {
            return renewed.apply(answer.lease());
        }
        return this instanceof Lost answer ? lost.apply(answer.job()) : unknown.get();
    }

    /** The lease is renewed. */
    record Renewed(Lease lease) implements RenewResult {}

    /** The token is not the newest, or was settled or released, or the job was cancelled: stop working. */
    record Lost(JobSnapshot job) implements RenewResult {}

    /** There is no such job, or no longer. */
    record Unknown() implements RenewResult {}
}
