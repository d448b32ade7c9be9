package dev.asyncjob.application.spi;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators do to kinds and jobs, for all nodes. Each intervention is stored together with its entry in the audit,
 * whole or not at all. Any method may throw {@link StoreUnavailable}. Safe for use from any thread and, where the
 * storage is shared, from any node.
 */
public interface Interventions {
    /** Kinds that {@link #kinds} returns at most. */
    int MAX_KINDS = 1_000;

    /**
     * The kinds that workers have asked for within some weeks, and those for which something is set, which come first
     * if there are more than {@value #MAX_KINDS}; in the order of their names.
     */
    List<KindState> kinds();

    /**
     * Pauses a kind: no claim that begins after this has returned, on any node, takes a job of it. Jobs that workers
     * have go on, and jobs are scheduled, born leased, settled and cancelled as ever. A kind that is paused keeps its
     * pause as it is.
     *
     * @param reason why, as {@link KindState.Pause} defines it; null for none
     */
    KindState pause(JobKind kind, @Nullable String reason, Intervention by);

    /** Ends the pause of a kind, if there is one, and signals work of it. */
    KindState resume(JobKind kind, Intervention by);

    /**
     * Limits how many jobs of a kind are leased at the same time: no claim that begins after this has returned, on any
     * node, takes a job of which there would be more then. Nothing is taken from workers that have more already. A job
     * that is born leased counts and is never refused; a lease that ran out counts again if its worker renews it after
     * all.
     *
     * @param running how many, 1 to {@value KindState#MAX_LIMIT}; null removes the limit
     */
    KindState limit(JobKind kind, @Nullable Integer running, Intervention by);

    /** Ends a job as {@link JobStore#cancel} does for any owner; an entry is made unless it ended before. */
    SettleResult cancel(JobId id, Intervention by);

    /**
     * Stores a new job in the place of one that failed, as {@link Retry#newJob} defines it, if what it needs is still
     * kept. The job that failed does not change. A request that is repeated with its key gets the first answer for as
     * long as the job that failed can be read; without a key, each request makes a job.
     *
     * @param expected how long the work is expected to take once begun
     */
    RetryResult retry(Retry retry, Duration expected, Intervention by);

    /**
     * How many jobs {@code bulk} would change, and how many a retry would leave out since they were retried before,
     * each counted up to its bound; {@link Bulk.Preview#notKept} is null.
     */
    Bulk.Preview preview(Bulk bulk);

    /**
     * How many jobs a retry leaves out since what a new job needs is not kept, counted up to its bound. May read all
     * jobs that failed.
     */
    int notKept(Bulk bulk);

    /**
     * The next jobs that {@code bulk} would change.
     *
     * @param after the place of the last one that was selected before; null begins
     * @param max how many at most, 1 to some hundred
     */
    List<Bulk.Candidate> select(Bulk bulk, JobFilter.@Nullable Place after, int max);

    /**
     * Cancels those of some jobs that are pending, all of them in one transaction with what is added to the entry of
     * the intervention; waits for no job that another call holds. Where it cannot tell which one is held, it leaves
     * all.
     *
     * @param jobs distinct, some hundred at most
     */
    Bulk.Step cancel(List<JobId> jobs, Bulk bulk, Intervention by);

    /**
     * Stores new jobs in the place of those that failed, as {@link #retry} does without a key, but none for a job that
     * was retried before, by whatever call, or for which nothing is kept; all of them in one transaction with what is
     * added to the entry of the intervention.
     *
     * @param retries of distinct jobs, some hundred at most
     * @param expected how long the work of each kind is expected to take once begun
     * @return how many new jobs are stored, and how many jobs are left since the payloads of those before them are as
     *     large as those of a claim may be
     */
    Bulk.Step retry(List<Retry> retries, Map<JobKind, Duration> expected, Bulk bulk, Intervention by);

    /**
     * Removes what is kept of failed jobs for longer than {@link dev.asyncjob.domain.WorkPolicy#failedPayload} said.
     *
     * @param max how many at most
     * @return how many were removed
     */
    int forgetPayloads(int max);

    /**
     * Removes jobs as {@link JobStore#forget(Owner, Instant, int)} does; all calls of an intervention are one entry.
     */
    int forget(Owner owner, Instant endedBy, int max, Intervention by);

    /**
     * One page of the audit, the newest first.
     *
     * @param after the position after which the page begins; null begins with the newest entry
     * @param limit entries at most, 1 to {@value AuditEntry#MAX_LIMIT}
     */
    AuditEntry.Page audit(AuditEntry.@Nullable Place after, int limit);

    /**
     * Removes entries of the audit that are past their retention.
     *
     * @param max how many at most
     * @return how many were removed
     */
    int forgetAudit(int max);
}
