package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.SettleResult;

/** Reports that a claimed job is done. */
@FunctionalInterface
public interface CompleteJob {
    /**
     * Ends the job as DONE, unless the token is not the newest. Repeating the same report is harmless.
     *
     * @param id which job
     * @param token the claim's token; it counts even after the lease ran out, as long as nobody claimed the job since
     * @param result where to find what was made
     * @throws StoreUnavailable if the store cannot be reached; report again
     */
    SettleResult with(JobId id, LeaseToken token, ResourceLinks result);
}
