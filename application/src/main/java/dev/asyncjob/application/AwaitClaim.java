package dev.asyncjob.application;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Takes due jobs to work on, and waits for some when there are none. */
@FunctionalInterface
public interface AwaitClaim {
    /**
     * What {@link WorkQueue#claim} would give, as soon as that is anything.
     *
     * @param claim what is asked for
     * @param wait how long at most; zero does not wait
     * @return completed with at most {@code claim.max()} jobs, with none when the time is up; completed exceptionally
     *     with {@link dev.asyncjob.application.spi.StoreUnavailable} if the store cannot be reached when it is first
     *     asked
     */
    CompletionStage<List<ClaimedJob>> awaitClaim(Claim claim, Duration wait);
}
