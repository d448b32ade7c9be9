package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What workers do with due jobs: claim, renew, release and settle. Implementations are safe for use from any thread.
 */
public interface WorkQueue {
    /**
     * Leases due jobs to a worker, the longest due first; no other worker holds them meanwhile.
     *
     * @return at most {@code claim.max()} jobs, possibly none
     * @throws StoreUnavailable if the store cannot be reached
     */
    List<ClaimedJob> claim(Claim claim);

    /**
     * Extends a lease from now on, under the same token, and takes over the end that the worker expects.
     *
     * @return the new lease; or that it is lost (claimed by another worker, settled, released, cancelled): stop working
     * @throws InvalidValueException if the {@code eta} is not in the future
     * @throws StoreUnavailable if the store cannot be reached
     */
    RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension);

    /**
     * Extends many leases from now on, in few calls of the store.
     *
     * @param leases some hundred at once
     * @return the leases that were extended; {@link #renew} tells why one of the others was not, or extends it
     * @throws StoreUnavailable if the store cannot be reached
     */
    default Set<HeldLease> renewAll(Set<HeldLease> leases, Duration length) {
        return Set.of();
    }

    /**
     * Gives a claimed job back untried: it is claimable at once and the attempt does not count.
     *
     * @return false if the lease was lost already; nothing changed then
     * @throws StoreUnavailable if the store cannot be reached
     */
    boolean release(JobId id, LeaseToken token);

    /**
     * Reports how an attempt ended. A completed job is DONE; a failed one is tried again after a pause, or ends as
     * FAILED when no retry is wanted or its attempts are spent. Repeating the same report changes nothing.
     *
     * @param report its token counts even after the lease ran out, as long as no other worker claimed the job since
     * @throws StoreUnavailable if the store cannot be reached; report again
     */
    SettleResult settle(OutcomeReport report);

    /**
     * Reports how many attempts ended: together where that needs no waiting, the others one by one, so that no entry
     * affects another. When the store cannot be reached, the remaining entries fail with {@link StoreUnavailable};
     * report those again.
     *
     * @param reports some hundred at once
     * @return a result for each entry, in the same order
     */
    List<EntryResult<SettleResult>> settleAll(List<OutcomeReport> reports);
}
