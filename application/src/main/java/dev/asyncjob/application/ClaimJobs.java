package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import java.util.List;

/** Takes due jobs to work on. */
@FunctionalInterface
public interface ClaimJobs {
    /**
     * Due jobs, the longest due first, each with a lease that nobody else holds.
     *
     * @return at most {@code claim.max()} jobs, possibly none
     * @throws StoreUnavailable if the store cannot be reached
     */
    List<ClaimedJob> forWorker(Claim claim);
}
