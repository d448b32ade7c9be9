package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.SettleResult;

/** Reports that an attempt at a claimed job failed. */
@FunctionalInterface
public interface FailJob {
    /**
     * Plans another attempt after a rest, or ends the job as FAILED when {@code retry} is false or attempts are spent.
     * Repeating the same report is harmless.
     *
     * @param id which job
     * @param token the claim's token; it counts even after the lease ran out, as long as nobody claimed the job since
     * @param failure why, in words for the job's owner
     * @param retry whether another attempt is worth it
     * @throws StoreUnavailable if the store cannot be reached; report again
     */
    SettleResult because(JobId id, LeaseToken token, Failure failure, boolean retry);
}
