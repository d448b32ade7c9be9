package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import java.time.Duration;
import java.util.Optional;

/** Keeps a claimed job in hand for longer. */
@FunctionalInterface
public interface RenewLease {
    /**
     * A lease of {@code length} from now on, under the same token.
     *
     * @return empty if the lease is lost (claimed by another, settled, released): stop working
     * @throws InvalidValueException if {@code length} is not {@link Lease#MIN} to {@link Lease#MAX}
     * @throws StoreUnavailable if the store cannot be reached
     */
    Optional<Lease> of(JobId id, LeaseToken token, Duration length);
}
