package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.JdbiJobStore.Answer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** The owner is part of the query: who waits for a lock on a job knows that it exists. */
    private static final String LOCK_OWN = """
            select token, leased, attempts_made, attempts_left from asyncjob.work where job_id = :id
                and exists (select 1 from asyncjob.job where id = :id and owner = :owner) for update
            """;

    private static final String WRITE = """
            update asyncjob.job
            set status = :status, link_entities = :entities, link_hrefs = :hrefs, planned_from = :plannedFrom,
                planned_at = :plannedAt, ended_at = :endedAt, kept_until = :keptUntil, failure = :failure, attempts = :attempts,
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
        Optional<Work> work = lock(handle, id);
        Optional<StoredJob> job = StoredJob.find(handle, id);
        if (job.isEmpty()) {
            return new Answer<>(new Settlement.Unknown(), false);
        }
        boolean newest = work.isEmpty() || work.get().token() == token.value();
        if (newest && work.isPresent() && work.get().leased()) {
            AsyncJob next = outcome.applyTo(
                    job.get().row().pending(), work.get().attempts(), job.get().asOf(), policy);
            return become(handle, job.get().settledWith(token, outcome), work.get(), next);
        }
        JobSnapshot asItStands = job.get().snapshot();
        return new Answer<>(
                newest && job.get().wasSettledWith(token, outcome)
                        ? new Settlement.Accepted(asItStands)
                        : new Settlement.Refused(asItStands),
                false);
    }

    /** Calls a job off, whoever works on it; {@code owner} is null if anybody's job will do. */
    Answer<Settlement> cancel(Handle handle, @Nullable Owner owner, JobId id) {
        Optional<Work> work = owner == null ? lock(handle, id) : lockOwn(handle, owner, id);
        Optional<StoredJob> job = StoredJob.find(handle, id)
                .filter(found -> owner == null || found.row().owner().equals(owner.value()));
        if (job.isEmpty()) {
            return new Answer<>(new Settlement.Unknown(), false);
        }
        if (work.isPresent()) {
            AsyncJob next = job.get().row().pending().cancel(job.get().asOf(), policy.retention());
            return become(handle, job.get().settledNoEarlierThan(work.get().token()), work.get(), next);
        }
        JobSnapshot end = job.get().snapshot();
        boolean cancelled = end.job() instanceof AsyncJob.Failed failed && failed.wasCancelled();
        return new Answer<>(cancelled ? new Settlement.Accepted(end) : new Settlement.Refused(end), false);
    }

    private static Optional<Work> lock(Handle handle, JobId id) {
        return handle.createQuery(LOCK)
                .bind("id", id.value())
                .map((rs, context) -> Work.read(rs))
                .findOne();
    }

    private static Optional<Work> lockOwn(Handle handle, Owner owner, JobId id) {
        return handle.createQuery(LOCK_OWN)
                .bind("id", id.value())
                .bind("owner", owner.value())
                .map((rs, context) -> Work.read(rs))
                .findOne();
    }

    private static Answer<Settlement> become(Handle handle, StoredJob job, Work work, AsyncJob next) {
        JobRow row = job.row().become(next);
        bind(handle.createUpdate(WRITE), job, row, work.attempts().made()).execute();
        row.bindTo(handle.createUpdate(row.status() == JobStatus.PENDING ? REST : END))
                .execute();
        return new Answer<>(new Settlement.Accepted(new JobSnapshot(row.toJob(), job.asOf())), true);
    }

    /** Ends spent jobs and says which. */
    List<UUID> failSpent(Handle handle, int max) {
        Map<UUID, Integer> spent = handle.createQuery(dialect.spent())
                .bind("max", max)
                .map((rs, context) -> Map.entry(rs.getObject("job_id", UUID.class), rs.getInt("attempts_made")))
                .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
        List<UUID> taken = take(handle, List.copyOf(spent.keySet()));
        if (!taken.isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(WRITE);
            for (StoredJob job : StoredJob.read(handle, taken)) {
                AsyncJob failed = job.row().pending().fail(Failure.ATTEMPTS_SPENT, job.asOf(), policy.retention());
                bind(
                                batch,
                                job.settledNoEarlierThan(Long.MAX_VALUE),
                                job.row().become(failed),
                                spent.get(job.row().id()))
                        .add();
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

    private static <T extends SqlStatement<T>> T bind(
            T statement, StoredJob job, JobRow row, @Nullable Integer attempts) {
        return row.bindTo(statement)
                .bindByType("attempts", row.status() == JobStatus.PENDING ? null : attempts, Integer.class)
                .bindByType("settledToken", job.settledToken(), Long.class)
                .bind("settledOutcome", job.settledOutcome());
    }
}
