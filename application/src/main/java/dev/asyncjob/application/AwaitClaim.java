package dev.asyncjob.application;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Claims due jobs, and waits for some when there are none. Implementations are safe for use from any thread. */
@FunctionalInterface
public interface AwaitClaim {
    /**
     * Claims as {@link WorkQueue#claim} does, as soon as that gives any job.
     *
     * @param claim which jobs, and for which worker
     * @param wait how long at most; zero does not wait
     * @return completed with at most {@code claim.max()} jobs, with none when the time is up; completed exceptionally
     *     with {@link dev.asyncjob.application.spi.StoreUnavailable} if the store cannot be reached at the first claim
     */
    CompletionStage<List<ClaimedJob>> awaitClaim(Claim claim, Duration wait);
}
