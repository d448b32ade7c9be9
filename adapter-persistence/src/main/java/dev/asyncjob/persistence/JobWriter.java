package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Writing many jobs at once, for which each database has a fastest way of its own. Safe for use from any thread. */
interface JobWriter {
    /** A job to insert, the number of attempts it may have, and the keys of its fingerprints. */
    record Fresh(JobRow row, NewJob job, int attempts, FingerprintKeys keys) {
        String fingerprint() {
            return keys.keyed(job.fingerprint());
        }

        @Nullable
        String scheduledBy() {
            return job.scheduledBy() == null ? null : job.scheduledBy().value();
        }

        /** Returns the lease that the job is born with, or null. */
        @Nullable
        Lease lease() {
            return job.leaseFrom(row.createdAt());
        }

        @Nullable
        String worker() {
            return job.lease() == null ? null : job.lease().worker().value();
        }

        /** Returns the attempts that have begun: 1 if the job is born leased. */
        int made() {
            return job.lease() == null ? 0 : 1;
        }

        /** Returns when its first attempt began: when it is born leased; otherwise null. */
        @Nullable
        Instant claimedAt() {
            return job.lease() == null ? null : row.createdAt();
        }

        /** Returns when it can be claimed: at once, when its producer allows, or when the lease of its birth ends. */
        Instant availableAt() {
            Lease lease = lease();
            return lease == null ? row.plannedFrom() : lease.expiresAt();
        }

        @Nullable
        String reference() {
            return job.reference() == null ? null : job.reference().value();
        }

        @Nullable
        String trace() {
            return TraceColumn.text(job.trace());
        }

        /** Returns the value of the column {@code callback}: null for false. */
        @Nullable
        Boolean callback() {
            return job.callback() ? Boolean.TRUE : null;
        }

        @Nullable
        String key() {
            IdempotencyKey key = job.idempotencyKey();
            return key == null ? null : keys.keyed(key.value());
        }

        /** Returns all forms in which rows may have the idempotency key; empty if there is none. */
        List<String> keyForms() {
            IdempotencyKey key = job.idempotencyKey();
            return key == null ? List.of() : keys.forms(key.value());
        }

        @Nullable
        String request() {
            IdempotencyKey key = job.idempotencyKey();
            return key == null ? null : keys.keyed(key.request());
        }
    }

    /**
     * A job after an attempt, or after its end.
     *
     * @param job the job before, with the settled attempt to store
     * @param row the row after
     * @param work the work row before
     * @param result what the worker gave with its outcome; null for nothing
     * @param history the attempts that have ended, as {@link HistoryColumn} writes them
     * @param delivery the delivery of its callback, to insert with its end; null for none
     * @param payloadUntil until when {@link FailedWork} keeps what a new job needs; null if it does not
     */
    record Changed(
            StoredJob job,
            JobRow row,
            Work work,
            @Nullable JobResult result,
            @Nullable String history,
            @Nullable Fresh delivery,
            @Nullable Instant payloadUntil) {
        @Nullable
        String resultJson() {
            return result == null ? null : result.json();
        }

        /** Tells what has ended with this change, and of the delivery that it inserted. */
        void tell(JobObservers observers) {
            observers.changed(row.toJob(), work.leased(), work.claimedAt(), job.promisedAt(), job.asOf());
            if (delivery != null) {
                observers.accepted(delivery.job().kind(), false);
            }
        }

        /** Returns the value of the column {@code attempts}: null while the job is pending. */
        @Nullable
        Integer attempts() {
            return row.endedAt() == null
                    ? null
                    : Integer.valueOf(work.attempts().made());
        }
    }

    /**
     * Inserts those jobs, with their work, whose id and key are not taken.
     *
     * @param all jobs with distinct ids
     * @param messages notifications to other nodes, sent if any job was inserted
     * @return the ids of the inserted jobs
     */
    Set<UUID> insert(Handle handle, List<Fresh> all, List<String> messages);

    /** Kinds whose jobs {@link #workloads} counts at most. */
    int MAX_KINDS = 1_000;

    /** Returns the pending jobs of each kind, of which it counts {@code max} at most in each state. */
    List<Workload> workloads(Handle handle, int max);

    /** Returns what workers hold, {@code max} rows at most, as {@link WorkerQueries} counts. */
    List<WorkerLoad> workers(Handle handle, int max);

    /** Reads the numbers of one kind. */
    static Workload workload(ResultSet rs) throws SQLException {
        Instant oldest = SqlTypes.instantOrNull(rs, "oldest");
        Instant now = SqlTypes.instant(rs, "as_of");
        return new Workload(
                new JobKind(rs.getString("kind")),
                rs.getLong("waiting"),
                rs.getLong("running"),
                rs.getLong("scheduled"),
                oldest == null ? Duration.ZERO : Duration.between(oldest, now));
    }

    /** Returns the pending jobs of a client, of which it counts {@code max} at most. */
    Backlog backlog(Handle handle, Owner client, int max);

    /** Runs the query of {@link #backlog}, which returns their number and their bytes. */
    static Backlog backlog(Handle handle, String query, Owner client, int max) {
        return handle.createQuery(query)
                .bind("client", client.value())
                .bind("max", max)
                .map((rs, context) -> new Backlog(rs.getLong(1), rs.getLong(2)))
                .one();
    }

    /**
     * Updates the job rows of those jobs whose work rows are still as they were, deletes the work rows of jobs that
     * have ended, inserts their deliveries, and makes the others available again; all of it in one transaction that
     * needs no further message of this node, so that a node that is cut off holds no lock.
     *
     * @param messages notifications to other nodes
     * @param skip whether to ignore rows that other transactions have locked, instead of waiting for them
     * @return the ids of the updated jobs
     */
    Set<UUID> update(Handle handle, List<Changed> all, List<String> messages, boolean skip);
}
