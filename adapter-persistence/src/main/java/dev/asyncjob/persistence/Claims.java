package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.WorkerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Claiming jobs, and what keeps from it, which the two databases do with different statements. Safe for use from any
 * thread.
 */
interface Claims {
    /** How long a claim waits for its turn on its node. */
    Duration TURN_WAIT = Duration.ofSeconds(1);

    /** The columns that {@link #claimed} reads of the table {@code j}. */
    String JOB_COLUMNS = JobRow.COLUMNS + ", j.reference";

    /** The columns that {@link #claimed} reads, of the table {@code w} that was just updated. */
    String WORK_COLUMNS =
            "w.payload, w.token, w.worker, w.attempts_made, w.attempts_left, w.available_at, w.lost, w.trace";

    /**
     * Whether the job, after this claim, has made one attempt more: 0 if its lease ran out before its turn came.
     * Counted all the same if that is the second lease in a row that ran out, since its turn may have come after all.
     */
    String COUNTED = "case when w.leased and w.ahead and w.lost is not true then 0 else 1 end";

    /** The condition that this is the last attempt after one that ended with its lease. */
    String SUSPECT = "w.attempts_left = 1 and (w.leased or w.lost is true)";

    /** The assignments that claim a work row, except those of the lease's end and of {@code ahead}. */
    String TAKE = "token = w.token + 1, attempts_made = w.attempts_made + " + COUNTED
            + ", attempts_left = w.attempts_left - " + COUNTED
            + ", lost = w.leased or w.lost is true, leased = true, worker = :worker, claim_id = :claimId, progress = null"
            + ", claimed_at = <now>, history = case when w.leased then "
            + HistoryColumn.ended(EndedAttempt.End.LEASE_RAN_OUT, "w.available_at") + " else w.history end";

    /** The jobs that an earlier claim with this id returned and that are still leased under it. */
    String AGAIN = """
            select %s, %s from asyncjob.work w join asyncjob.job j on j.id = w.job_id
            where w.claim_id = :claimId and w.leased and w.available_at > <now> order by w.available_at
            """.formatted(JOB_COLUMNS, WORK_COLUMNS);

    /**
     * The jobs of a kind that workers have, counted up to a limit. No lease is longer than an hour, so what is planned
     * for later is not read.
     */
    String RUNNING = """
            select count(*) from (
                select 1 as one from asyncjob.work w
                where w.kind = :kind and w.leased and w.available_at > <now>
                    and w.available_at \\<= <now> + interval '1' hour
                fetch first :limit rows only) as running
            """;

    /**
     * A job as a claim returns it.
     *
     * @param dueAt since when it was due; null if an earlier claim with the same id took it
     * @param lost whether the claim took it after a lease that ran out
     */
    record Taken(ClaimedJob job, @Nullable Instant dueAt, boolean lost) {
        /** Tells that a claim for so long a lease began the attempt, unless an earlier claim did. */
        void tell(JobObservers observers, Duration lease) {
            if (dueAt != null) {
                Instant begun = job.lease().expiresAt().minus(lease);
                observers.claimed(job.job().kind(), Duration.between(dueAt, begun), lost);
            }
        }
    }

    /** Leases due jobs and returns them, the longest due first. */
    List<Taken> claim(Transactions transactions, Claim claim);

    /** Returns whether a kind had a limit when a claim of this store last saw it: a place that is freed is wanted. */
    boolean isLimited(JobKind kind);

    /** Returns the statement that stores that workers ask for {@code :kinds} now. */
    String storeAsked();

    /** Returns the lock of another transaction on the work row of a job, for which the caller does not wait. */
    Optional<JobFacts.Lock> lock(Handle handle, JobId id);

    /**
     * Waits for the turn of a claim.
     *
     * @throws StoreUnavailable if the claims before it take longer than {@link #TURN_WAIT}
     */
    static void acquire(Lock turn) {
        try {
            if (!turn.tryLock(TURN_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailable(new TimeoutException("earlier claims take too long"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable(e);
        }
    }

    /** Returns how many jobs of a kind workers have, {@code limit} at most. */
    static int running(Handle handle, JobKind kind, int limit) {
        return handle.createQuery(RUNNING)
                .bind("kind", kind.value())
                .bind("limit", limit)
                .mapTo(Integer.class)
                .one();
    }

    /** Returns the jobs that a repeated claim gets again; none if the claim has no id or is the first. */
    static List<Taken> again(Handle handle, Claim claim) {
        return claim.id() == null
                ? List.of()
                : handle.createQuery(AGAIN)
                        .bind("claimId", claim.id().value())
                        .map((rs, context) -> new Taken(claimed(rs), null, false))
                        .list();
    }

    /** Returns the id under which a claim is stored, or null. */
    static @Nullable String idOf(Claim claim) {
        return claim.id() == null ? null : claim.id().value();
    }

    /** Reads a job joined with its work, as the worker receives it. */
    static ClaimedJob claimed(ResultSet rs) throws SQLException {
        JobRow job = JobRow.read(rs);
        int made = rs.getInt("attempts_made");
        int left = rs.getInt("attempts_left");
        long token = rs.getLong("token");
        String worker = rs.getString("worker");
        Instant until = SqlTypes.instant(rs, "available_at");
        String payload = rs.getString("payload");
        String reference = rs.getString("reference");
        String trace = rs.getString("trace");
        boolean suspect = rs.getBoolean("lost") && left == 0;
        return SqlTypes.stored(() -> new ClaimedJob(
                job.pending(),
                new Attempts(made, made + left),
                new Lease(new LeaseToken(token), new WorkerId(worker), until),
                new Payload(payload),
                suspect,
                reference == null ? null : new Reference(reference),
                TraceColumn.read(trace)));
    }
}
