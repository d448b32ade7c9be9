package dev.asyncjob.application.spi;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps jobs and time.
 *
 * <p>Every method is a guarded intent, carried out whole or not at all, on the store's own clock; there is no load and
 * save. The store executes and the domain decides: how a job looks after an outcome is {@link Outcome#applyTo}'s word.
 * Any method may throw {@link StoreUnavailable}. Safe for use from any thread and, where the storage is shared, from
 * any node. {@code JobStoreContract} in the test-jar says the same as rules that run.
 */
public interface JobStore {
    /**
     * Keeps a new job as pending; when this returns, it survives a crash.
     *
     * @param job sent again under the same id with the same content, or under the same idempotency key with the same
     *     request, it changes nothing, also after the job ended; but a job without a key takes the first that comes
     * @param expected how long the work is expected to take once begun
     * @return the job as it was first accepted; a contradiction if its id is taken by other content; that the key was
     *     reused if another request came with it
     */
    ScheduleResult schedule(NewJob job, Duration expected);

    /**
     * Keeps many new jobs, each as {@link #schedule(NewJob, Duration)} would; those together that can be.
     *
     * @param all some hundred at once
     * @return in the same order; empty where nothing was done, because the job or its key may be known already or is
     *     here twice: send that one by itself
     */
    default List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return all.stream()
                .map(one -> Optional.of(schedule(one.job(), one.expected())))
                .toList();
    }

    /**
     * The job as it stands.
     *
     * @return empty if there is none, if it is past its retention, or if {@code reader} does not own it
     */
    Optional<JobSnapshot> find(Owner reader, JobId id);

    /**
     * Many jobs as they stand, read together.
     *
     * @param asked which; some hundred at once
     * @return those that {@link #find(Owner, JobId)} would find, in no order
     */
    List<JobSnapshot> find(Set<JobKey> asked);

    /**
     * What recent jobs of a kind took, from when they could first begin to their end; cancelled ones do not count.
     *
     * @param max how many at most
     * @return those that ended last, the latest first
     */
    List<Duration> recentDurations(JobKind kind, int max);

    /**
     * Leases due jobs to a worker: those never claimed, those whose rest is over, and those whose lease ran out, the
     * longest due first. Each claim begins an attempt and raises the job's token. A job whose attempts are spent is not
     * given out. A claim with an id that was given before gets the jobs of that claim that are still leased under it;
     * if there is none, it is a new claim.
     */
    List<ClaimedJob> claim(Claim claim);

    /**
     * Prolongs a lease from now on, also one that ran out but was claimed by nobody since, and takes over what the
     * worker says of the job's end.
     *
     * @return lost if {@code token} is not the newest, or was settled or released, or the job was cancelled
     * @throws InvalidValueException if the extension's {@code eta} is not in the future; nothing changed then
     */
    RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension);

    /**
     * Gives a leased job back: due at once, the attempt not counted, the token used up.
     *
     * @return false if {@code token} is not the newest, or was settled or released
     */
    boolean release(JobId id, LeaseToken token);

    /**
     * Applies an attempt's outcome if {@code token} is the newest and was neither settled nor released before; the
     * lease itself may have run out. A report of the same outcome with the same token is answered with the job as it
     * stands, until the next claim.
     */
    SettleResult settle(OutcomeReport report);

    /**
     * Applies many outcomes, each as {@link #settle} would; those together that can be had without waiting for anybody.
     *
     * @param reports some hundred at once
     * @return in the same order; empty where nothing was done, because somebody else has the job in hand at this
     *     instant or it is here twice: report that one by itself
     */
    default List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return reports.stream().map(report -> Optional.of(settle(report))).toList();
    }

    /**
     * Ends a pending job as {@link dev.asyncjob.domain.AsyncJob.Pending#cancel} says, leased or not.
     *
     * @param owner whose job it must be; null if anybody's will do
     * @return accepted if the job is cancelled, now or before; refused if it ended otherwise
     */
    SettleResult cancel(@Nullable Owner owner, JobId id);

    /** One page of the jobs that can be read, by whomever, the newest first. */
    JobPage list(JobFilter filter);

    /**
     * Ends, as failed with {@link dev.asyncjob.domain.Failure#ATTEMPTS_SPENT}, jobs whose last allowed attempt ran out
     * of its lease.
     *
     * @param max how many at most
     * @return how many were ended
     */
    int failSpent(int max);

    /**
     * Removes ended jobs that are past their retention.
     *
     * @param max how many at most
     * @return how many were removed
     */
    int forget(int max);

    /**
     * Maintains the storage where the database does not do it by itself; {@code Housekeeper} calls it twice a second.
     */
    default void maintain() {}

    /** The store's clock; an answer also shows that the store is there and takes changes. */
    Instant now();
}
