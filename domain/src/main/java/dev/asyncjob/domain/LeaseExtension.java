package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A worker's request to renew a lease.
 *
 * @param length how long the lease holds from now on, {@link Lease#MIN} to {@link Lease#MAX}
 * @param eta when the worker expects the end, in the future on the store's clock; null leaves the forecast as it is
 * @param progress the progress of the work, in percent, 0 to 100, for operators and readers; null leaves it as it was
 * @param message what the worker says to readers, see {@link Statement}; null leaves it as it was
 */
public record LeaseExtension(
        Duration length,
        @Nullable Instant eta,
        @Nullable Double progress,
        @Nullable String message) {
    /** @throws InvalidValueException if a value is out of range */
    public LeaseExtension {
        Lease.length(length);
        if (eta != null) {
            Rules.notAfter("eta", eta, NewJob.LATEST);
        }
        var unused = new Statement(progress, message);
    }

    /**
     * A renewal without a message.
     *
     * @throws InvalidValueException if a value is out of range
     */
    public LeaseExtension(Duration length, @Nullable Instant eta, @Nullable Double progress) {
        this(length, eta, progress, null);
    }

    /**
     * A renewal without forecast and progress.
     *
     * @throws InvalidValueException if {@code length} is out of range
     */
    public static LeaseExtension of(Duration length) {
        return new LeaseExtension(length, null, null);
    }

    /** What it says of the work. */
    public Statement statement() {
        return new Statement(progress, message);
    }

    /** Whether it changes more than the lease: what readers of the job see. */
    public boolean changesJob() {
        return eta != null || progress != null || message != null;
    }

    @Override
    public String toString() {
        return "LeaseExtension[length=" + length + ", eta=" + eta + ", " + statement() + "]";
    }
}
