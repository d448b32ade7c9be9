package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A worker's request to renew a lease.
 *
 * @param length how long the lease holds from now on, {@link Lease#MIN} to {@link Lease#MAX}
 * @param eta when the worker expects the end, in the future on the store's clock; null leaves the forecast as it is
 * @param progress the progress of the work, in percent, 0 to 100, for operators; null leaves it as it was
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
     * A renewal without forecast and progress.
     *
     * @throws InvalidValueException if {@code length} is out of range
     */
    public static LeaseExtension of(Duration length) {
        return new LeaseExtension(length, null, null);
    }
}
