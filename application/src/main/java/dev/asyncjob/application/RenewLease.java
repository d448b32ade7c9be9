package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.RenewResult;

/** Keeps a claimed job in hand for longer. */
@FunctionalInterface
public interface RenewLease {
    /**
     * A lease from now on, under the same token, and what the worker says of the job's end.
     *
     * @return the new lease; or that it is lost (claimed by another, settled, released, cancelled): stop working
     * @throws InvalidValueException if the {@code eta} is not in the future
     * @throws StoreUnavailable if the store cannot be reached
     */
    RenewResult of(JobId id, LeaseToken token, LeaseExtension extension);
}
