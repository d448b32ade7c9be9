package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.JdbiJobStore.Answer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ends, within a transaction of the caller's.
 *
 * <p>The work row is locked first and the job row is read after it, so a job is seen as the last who held the lock left
 * it; where there is no work row, the job has ended and stays as it is. Safe for use from any thread.
 */
final class Settler {
    private static final String LOCK = """
            select token, leased, attempts_made, attempts_left from asyncjob.work where job_id = :id for update
            """;

    private static final String READ =
            "select %s from asyncjob.job j where j.id = any(:ids)".formatted(StoredJob.COLUMNS);

    private static final String WRITE = """
            update asyncjob.job
            set status = :status, link_entities = :entities, link_hrefs = :hrefs, planned_from = :plannedFrom,
                planned_at = :plannedAt, ended_at = :endedAt, kept_until = :keptUntil, failure = :failure,
                settled_token = :settledToken, settled_outcome = :settledOutcome
            where id = :id
            """;

    private static final String REST =
            "update asyncjob.work set available_at = :plannedFrom, leased = false where job_id = :id";

    private static final String END = "delete from asyncjob.work where job_id = :id";

    private static final String END_SPENT = END + " and attempts_left = 0 and available_at <= <now>";

    private final SqlDialect dialect;
    private final WorkPolicy policy;

    Settler(SqlDialect dialect, WorkPolicy policy) {
        this.dialect = dialect;
        this.policy = policy;
    }

    /** What workers know of a job. */
    private record Work(long token, boolean leased, Attempts attempts) {
        static Work read(ResultSet rs) throws SQLException {
            int made = rs.getInt("attempts_made");
            return new Work(
                    rs.getLong("token"),
                    rs.getBoolean("leased"),
                    new Attempts(made, made + rs.getInt("attempts_left")));
        }
    }

    Answer<Settlement> settle(Handle handle, JobId id, LeaseToken token, Outcome outcome) {
        Optional<Work> work = handle.createQuery(LOCK)
                .bind("id", id.value())
                .map((rs, context) -> Work.read(rs))
                .findOne();
        Optional<StoredJob> job = read(handle, List.of(id.value())).stream().findFirst();
        if (job.isEmpty() || job.get().isPastRetention()) {
            return new Answer<>(new Settlement.Unknown(), false);
        }
        boolean newest = work.isEmpty() || work.get().token() == token.value();
        if (newest && work.isPresent() && work.get().leased()) {
            JobRow next = apply(handle, job.get(), work.get(), outcome);
            return new Answer<>(
                    new Settlement.Accepted(
                            new JobSnapshot(next.toJob(), job.get().asOf())),
                    true);
        }
        JobSnapshot asItStands = job.get().snapshot();
        return new Answer<>(
                newest && job.get().wasSettledWith(token, outcome)
                        ? new Settlement.Accepted(asItStands)
                        : new Settlement.Refused(asItStands),
                false);
    }

    private JobRow apply(Handle handle, StoredJob job, Work work, Outcome outcome) {
        AsyncJob next = outcome.applyTo(job.row().pending(), work.attempts(), job.asOf(), policy);
        JobRow row = job.row().become(next);
        bind(handle.createUpdate(WRITE), row, work.token(), outcome.fingerprint())
                .execute();
        row.bindTo(handle.createUpdate(row.status() == JobStatus.PENDING ? REST : END))
                .execute();
        return row;
    }

    /** Ends spent jobs and says which. */
    List<UUID> failSpent(Handle handle, int max) {
        List<UUID> spent = handle.createQuery(dialect.spent())
                .bind("max", max)
                .mapTo(UUID.class)
                .list();
        List<UUID> taken = take(handle, spent);
        if (!taken.isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(WRITE);
            for (StoredJob job : read(handle, taken)) {
                AsyncJob failed = job.row().pending().fail(Failure.ATTEMPTS_SPENT, job.asOf(), policy.retention());
                bind(batch, job.row().become(failed), null, null).add();
            }
            batch.execute();
        }
        return taken;
    }

    /** Those whose work this transaction removed: the guard says no to who was settled or released meanwhile. */
    private static List<UUID> take(Handle handle, List<UUID> spent) {
        List<UUID> taken = new ArrayList<>();
        if (!spent.isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(END_SPENT);
            spent.forEach(id -> batch.bind("id", id).add());
            int[] counts = batch.execute();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == 1) {
                    taken.add(spent.get(i));
                }
            }
        }
        return taken;
    }

    private static List<StoredJob> read(Handle handle, List<UUID> ids) {
        return handle.createQuery(READ)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> StoredJob.read(rs))
                .list();
    }

    private static <T extends SqlStatement<T>> T bind(
            T statement, JobRow row, @Nullable Long settledToken, @Nullable String settledOutcome) {
        return row.bindTo(statement)
                .bindByType("settledToken", settledToken, Long.class)
                .bind("settledOutcome", settledOutcome);
    }
}
