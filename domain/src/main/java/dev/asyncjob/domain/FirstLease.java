package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The lease that a new job is born with: its worker holds it from the moment in which the job is stored, without a
 * claim, and no other worker can claim the job before it ends.
 *
 * @param worker the worker that holds it
 * @param length how long it holds, {@link Lease#MIN} to {@link Lease#MAX}
 */
public record FirstLease(WorkerId worker, Duration length) {
    /** @throws InvalidValueException if {@code length} is out of range */
    public FirstLease {
        Lease.length(length);
    }

    /** The lease of a job that is accepted at {@code now}; to the microsecond, which is what stores keep. */
    public Lease from(Instant now) {
        return new Lease(LeaseToken.FIRST, worker, now.plus(length.truncatedTo(ChronoUnit.MICROS)));
    }
}
