package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.SettleResult;
import org.jspecify.annotations.Nullable;

/** Calls a job off. */
@FunctionalInterface
public interface CancelJob {
    /**
     * Ends a pending job as FAILED with {@link dev.asyncjob.domain.Failure#CANCELLED}; its worker learns so at its next
     * renewal. Repeating it is harmless.
     *
     * @param owner whose job it must be; null if anybody's will do
     * @param id which job
     * @return accepted if the job is cancelled, now or before; refused if it ended otherwise; unknown if there is no
     *     such job or it is not {@code owner}'s
     * @throws StoreUnavailable if the store cannot be reached; ask again
     */
    SettleResult of(@Nullable Owner owner, JobId id);
}
