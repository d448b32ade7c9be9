package dev.asyncjob.application.spi;

import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFacts;
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
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Holds the jobs and the clock.
 *
 * <p>Every method is a guarded intent, carried out whole or not at all, on the store's own clock; there is no load and
 * save. The store executes and the domain decides: {@link Outcome#applyTo} computes the job after an outcome. Any
 * method may throw {@link StoreUnavailable}. Safe for use from any thread and, where the storage is shared, from any
 * node. {@code JobStoreContract} in {@code asyncjob-testkit} tests all of this.
 */
public interface JobStore {
    /**
     * Stores a new job as pending; when this returns, it survives a crash. A job with a {@linkplain NewJob#lease lease}
     * is stored as one that its worker has claimed for the first time at that moment.
     *
     * @param job sent again under the same id with the same content, or under the same idempotency key with the same
     *     request, it changes nothing, also after the job ended; but a job without a key takes over the first key that
     *     comes with it
     * @param expected how long the work is expected to take once begun
     * @return the job as it was first accepted, with the lease of its birth if {@code job} has that, too; a
     *     contradiction if its id is taken by other content or by a job of another scheduler; key reused if its key
     *     came with another request
     */
    ScheduleResult schedule(NewJob job, Duration expected);

    /**
     * Stores many new jobs, each as {@link #schedule(NewJob, Duration)} would; together as far as possible.
     *
     * @param all some hundred at once
     * @return in the same order; empty where nothing was done, because the job or its key may be known already or is in
     *     the batch twice: schedule that job alone
     */
    default List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return all.stream()
                .map(one -> Optional.of(schedule(one.job(), one.expected())))
                .toList();
    }

    /**
     * What {@link #schedule(NewJob, Duration)} answers if the job or its key is known already; stores no new job.
     *
     * @return empty if it would be stored as a new job
     */
    Optional<ScheduleResult> repeated(NewJob job);

    /**
     * The pending jobs that a client has scheduled, see {@link NewJob#client}.
     *
     * @param max jobs that are counted at most, up to some million; with more, the answer is about so many
     */
    Backlog backlog(Owner client, int max);

    /**
     * The job as it stands, with its {@linkplain JobSnapshot#details details}; answers of other methods have none.
     *
     * @return empty if there is none, if it is past its retention, or if {@code reader} does not own it
     */
    Optional<JobSnapshot> find(Owner reader, JobId id);

    /**
     * Many jobs as they stand, read together.
     *
     * @param asked which jobs; some hundred at once
     * @return those that {@link #find(Owner, JobId)} would find, in no order
     */
    List<JobSnapshot> find(Set<JobKey> asked);

    /**
     * The durations of recent jobs of a kind, from when they could first begin to their end; cancelled jobs do not
     * count.
     *
     * @param max how many at most
     * @return those that ended last, the latest first
     */
    List<Duration> recentDurations(JobKind kind, int max);

    /** What operators do. */
    Interventions interventions();

    /**
     * Leases due jobs to a worker, unless {@link Interventions} keep them from it: those never claimed, those whose
     * pause after a failed attempt is over, and those whose lease ran out, the longest due first. Each claim begins an
     * attempt and raises the job's token. A job whose attempts are spent is not claimed. A claim with the id of an
     * earlier claim gets the jobs that are still leased under that claim; if there is none, it is a new claim.
     */
    List<ClaimedJob> claim(Claim claim);

    /**
     * Extends a lease from now on, also one that ran out if the job was not claimed since, and takes over the end that
     * the worker expects and what it says to readers, who see that as {@link dev.asyncjob.domain.Statements} defines. A
     * failed attempt that is retried takes its statements with it; a lost lease does not.
     *
     * @return lost if {@code token} is not the newest, or was settled or released, or the job was cancelled
     * @throws InvalidValueException if the extension's {@code eta} is not in the future; nothing changed then
     */
    RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension);

    /**
     * Extends many leases from now on, each as {@link #renew} would without forecast and statement; together as far as
     * no lock has to be waited for.
     *
     * @param leases some hundred at once
     * @return the leases that were extended; renew each of the others alone
     */
    default Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        LeaseExtension extension = LeaseExtension.of(length);
        return leases.stream()
                .filter(one -> renew(one.id(), one.token(), extension) instanceof RenewResult.Renewed)
                .collect(Collectors.toSet());
    }

    /**
     * Releases a leased job: it is due at once, the attempt not counted, the token used up.
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
     * Applies many outcomes, each as {@link #settle} would; together as far as no lock has to be waited for.
     *
     * @param reports some hundred at once
     * @return in the same order; empty where nothing was done, because another transaction has locked the job or it is
     *     in the batch twice: settle that report alone
     */
    default List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return reports.stream().map(report -> Optional.of(settle(report))).toList();
    }

    /**
     * Ends a pending job, leased or not, as {@link dev.asyncjob.domain.AsyncJob.Pending#cancel} defines.
     *
     * @param owner the owner that the job must have; null accepts any owner
     * @return accepted if the job is cancelled, now or before; refused if it ended otherwise
     */
    SettleResult cancel(@Nullable Owner owner, JobId id);

    /**
     * What is known of one job, with the attempts that have ended, the newest first.
     *
     * <p>{@link JobFacts.Queue#askedAt} follows {@link #claim} within ten seconds on all nodes if {@link #maintain} is
     * called, and at once on this one; it is forgotten after some weeks.
     *
     * @param owner the owner that the job must have; null accepts any owner
     * @return empty if there is none, if it is past its retention, or if it is of another owner
     */
    Optional<JobFacts> facts(@Nullable Owner owner, JobId id);

    /** One page of the jobs of all owners that can be read, the newest first. */
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
     * The pending jobs of an owner.
     *
     * @param max jobs that are counted at most, up to some million; with more, the answer is {@code max}
     */
    int pending(Owner owner, int max);

    /**
     * Removes ended jobs of an owner, also within their retention, with all that is kept of them: ids and idempotency
     * keys are free then. Waits for locks, so that it leaves out none that it finds.
     *
     * @param endedBy only jobs that had ended then, on the store's clock
     * @param max how many at most
     * @return how many were removed; 0 if there is none
     */
    int forget(Owner owner, Instant endedBy, int max);

    /**
     * Maintains the storage where the database does not do so by itself; {@code Housekeeper} calls it twice a second.
     */
    default void maintain() {}

    /**
     * The pending jobs of each kind that has any, or that is paused.
     *
     * @param max jobs that are counted at most, up to some million: each number of a kind ends at {@code max} divided
     *     by the number of kinds, and kinds after the first thousand, in the order of their names, are left out
     */
    default List<Workload> workloads(int max) {
        return List.of();
    }

    /**
     * What workers hold, a row for each worker and kind, those with the oldest attempts first. Of more leases than
     * {@link WorkerLoad#MAX_LEASES}, or beside ten times as many jobs that are due soon, some are not counted.
     *
     * @param max how many rows at most, 1 to some thousand
     */
    default List<WorkerLoad> workers(int max) {
        return List.of();
    }

    /**
     * How many jobs of each kind ended in each of the last minutes, and in the one that is in progress; the newest
     * first, and nothing of a minute in which no job of a kind ended.
     *
     * <p>It counts the jobs of all nodes that call {@link #maintain}, within ten seconds of their end. What a node has
     * not stored by then is lost with it, and what it stored is counted twice if it did not learn of that. Of more than
     * a hundred kinds that end on a node within a minute, some are left out.
     *
     * @param minutes how many, 1 to {@link EndedMinute#MINUTES}
     */
    default List<EndedMinute> endedMinutes(int minutes) {
        return List.of();
    }

    /** Tells an observer, from now on, of what this store does; a store without events does nothing. */
    default void observe(JobObserver observer) {}

    /** The store's clock; that it answers also shows that the store is reachable and takes changes. */
    Instant now();
}
