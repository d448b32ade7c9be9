package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a worker says when it renews a lease.
 *
 * @param length how long the lease is to hold from now on, {@link Lease#MIN} to {@link Lease#MAX}
 * @param eta when the worker expects to be done, in the future on the store's clock; null leaves the forecast as it is
 * @param progress how much is done, in percent, 0 to 100, for operators; null leaves it as it was
 */
public record LeaseExtension(
        Duration length, @Nullable Instant eta, @Nullable Double progress) {
    /** @throws InvalidValueException if a value is out of range */
    public LeaseExtension {
        Lease.length(length);
        if (eta != null) {
            Rules.notAfter("eta", eta, NewJob.LATEST);
        }
        if (progress != null) {
            Rules.percent("progress", progress);
        }
    }

    /**
     * A renewal that says nothing else.
     *
     * @throws InvalidValueException if {@code length} is out of range
     */
    public static LeaseExtension of(Duration length) {
        return new LeaseExtension(length, null, null);
    }
}
