package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;

/** Gives a claimed job back untried, as a worker does that stops. */
@FunctionalInterface
public interface ReleaseLease {
    /**
     * Makes the job claimable at once; the attempt does not count.
     *
     * @return false if the lease was lost already; nothing changed then
     * @throws StoreUnavailable if the store cannot be reached
     */
    boolean of(JobId id, LeaseToken token);
}
