package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

/** The store's verdict on a {@link LeaseExtension}. */
public sealed interface RenewResult {
    /** Applies the one function that fits the verdict. */
    <T> T fold(
            Function<? super Lease, ? extends T> renewed,
            Function<? super JobSnapshot, ? extends T> lost,
            Supplier<? extends T> unknown);

    /** The lease holds for longer. */
    record Renewed(Lease lease) implements RenewResult {
        @Override
        public <T> T fold(
                Function<? super Lease, ? extends T> renewed,
                Function<? super JobSnapshot, ? extends T> lost,
                Supplier<? extends T> unknown) {
            return renewed.apply(lease);
        }
    }

    /** The token is not the newest, or was settled or released, or the job was cancelled: stop working. */
    record Lost(JobSnapshot job) implements RenewResult {
        @Override
        public <T> T fold(
                Function<? super Lease, ? extends T> renewed,
                Function<? super JobSnapshot, ? extends T> lost,
                Supplier<? extends T> unknown) {
            return lost.apply(job);
        }
    }

    /** There is no such job, or no longer. */
    record Unknown() implements RenewResult {
        @Override
        public <T> T fold(
                Function<? super Lease, ? extends T> renewed,
                Function<? super JobSnapshot, ? extends T> lost,
                Supplier<? extends T> unknown) {
            return unknown.get();
        }
    }
}
