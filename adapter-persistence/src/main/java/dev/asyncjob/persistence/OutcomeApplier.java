package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * Applies outcomes, cancellations and spent attempts to jobs, within a transaction of its caller.
 *
 * <p>It locks the work row first and reads the job row after that, so it sees the job as the last holder of the lock
 * left it; a job without work row has ended and does not change. Safe for use from any thread.
 */
final class OutcomeApplier {
    private static final String LOCK = """
            select job_id, token, leased, attempts_made, attempts_left from asyncjob.work where job_id = any(:ids)
            for update <skip>
            """;

    /** The owner is part of the query: a caller that waits for the lock of a foreign job would learn that it exists. */
    private static final String LOCK_OWN = """
            select job_id, token, leased, attempts_made, attempts_left from asyncjob.work where job_id = :id
                and exists (select 1 from asyncjob.job where id = :id and owner = :owner) for update
            """;

    private static final String RESCHEDULE =
            "update asyncjob.work set available_at = :plannedFrom, leased = false where job_id = :id";

    private static final String DELETE_SPENT =
            "delete from asyncjob.work where job_id = :id and attempts_left = 0 and available_at <= <now>";

    private final SqlDialect dialect;
    private final JobWriter writer;
    private final WorkPolicy policy;
    private final Notifications notifications;
    private final FingerprintKeys keys;

    OutcomeApplier(SqlDialect dialect, WorkPolicy policy, Notifications notifications, FingerprintKeys keys) {
        this.dialect = dialect;
        this.writer = dialect.writer();
        this.policy = policy;
        this.notifications = notifications;
        this.keys = keys;
    }

    /** A row of {@code asyncjob.work}. */
    private record Work(UUID id, long token, boolean leased, Attempts attempts) {
        static Work read(ResultSet rs) throws SQLException {
            int made = rs.getInt("attempts_made");
            return new Work(
                    rs.getObject("job_id", UUID.class),
                    rs.getLong("token"),
                    rs.getBoolean("leased"),
                    new Attempts(made, made + rs.getInt("attempts_left")));
        }
    }

    /** A result, and the change to write for it, if any. */
    private record Decision(Effect<SettleResult> effect, JobWriter.@Nullable Changed change) {
        static Decision unchanged(SettleResult result) {
            return new Decision(new Effect<>(result, false), null);
        }
    }

    Effect<SettleResult> settle(Handle handle, OutcomeReport report) {
        List<UUID> ids = List.of(report.id().value());
        Work work = lock(handle, ids, "").get(report.id().value());
        StoredJob job = StoredJob.find(handle, report.id()).orElse(null);
        return apply(handle, List.of(Optional.of(decide(report, work, job))))
                .get(0)
                .orElseThrow();
    }

    /**
     * Applies the reports of jobs that no other transaction has locked; empty for locked jobs and for the second report
     * of a job. A pending job without a work row that can be locked is locked.
     */
    List<Optional<Effect<SettleResult>>> settleUnlocked(Handle handle, List<OutcomeReport> reports) {
        List<UUID> ids =
                reports.stream().map(report -> report.id().value()).distinct().toList();
        Map<UUID, Work> work = lock(handle, ids, "skip locked");
        Map<UUID, StoredJob> jobs = StoredJob.read(handle, ids).stream()
                .filter(job -> !job.isPastRetention())
                .collect(Collectors.toMap(job -> job.row().id(), Function.identity()));
        Set<JobId> seen = new HashSet<>();
        List<Optional<Decision>> decisions = new ArrayList<>();
        for (OutcomeReport report : reports) {
            StoredJob job = jobs.get(report.id().value());
            Work own = work.get(report.id().value());
            boolean locked = own == null && job != null && job.row().endedAt() == null;
            decisions.add(locked || !seen.add(report.id()) ? Optional.empty() : Optional.of(decide(report, own, job)));
        }
        return apply(handle, decisions);
    }

    private Decision decide(OutcomeReport report, @Nullable Work work, @Nullable StoredJob job) {
        if (job == null) {
            return Decision.unchanged(new SettleResult.Unknown());
        }
        boolean newest = work == null || work.token() == report.token().value();
        if (newest && work != null && work.leased()) {
            AsyncJob next = report.outcome().applyTo(job.row().pending(), work.attempts(), job.asOf(), policy);
            return become(job.settledBy(report, keys), work, next);
        }
        return Decision.unchanged(
                newest && job.wasSettledBy(report, keys)
                        ? new SettleResult.Accepted(job.snapshot())
                        : new SettleResult.Refused(job.snapshot()));
    }

    private static Decision become(StoredJob job, Work work, AsyncJob next) {
        JobRow row = job.row().become(next);
        return new Decision(
                new Effect<>(new SettleResult.Accepted(new JobSnapshot(row.toJob(), job.asOf())), true),
                new JobWriter.Changed(job, row, work.attempts().made()));
    }

    private List<Optional<Effect<SettleResult>>> apply(Handle handle, List<Optional<Decision>> decisions) {
        List<JobWriter.Changed> changes = decisions.stream()
                .flatMap(Optional::stream)
                .flatMap(decision -> Stream.ofNullable(decision.change()))
                .toList();
        if (!changes.isEmpty()) {
            write(handle, changes);
        }
        return decisions.stream()
                .map(decision -> decision.map(Decision::effect))
                .toList();
    }

    private void write(Handle handle, List<JobWriter.Changed> changes) {
        List<JobRow> resting = changes.stream()
                .map(JobWriter.Changed::row)
                .filter(row -> row.endedAt() == null)
                .toList();
        writer.update(handle, changes, messages(changes, resting));
        if (!resting.isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(RESCHEDULE);
            resting.forEach(row -> batch.bind("id", row.id())
                    .bind("plannedFrom", row.plannedFrom())
                    .add());
            batch.execute();
        }
    }

    private List<String> messages(List<JobWriter.Changed> changes, List<JobRow> resting) {
        List<JobId> ids =
                changes.stream().map(change -> new JobId(change.row().id())).toList();
        List<String> work = notifications.work(resting.stream().map(row -> new JobKind(row.kind())));
        return Stream.concat(notifications.changes(ids).stream(), work.stream()).toList();
    }

    /** Cancels a job, leased or not; {@code owner} is null if the job may be of any owner. */
    Effect<SettleResult> cancel(Handle handle, @Nullable Owner owner, JobId id) {
        Optional<Work> work = owner == null
                ? lock(handle, List.of(id.value()), "").values().stream().findFirst()
                : lockOwn(handle, owner, id);
        Optional<StoredJob> job = StoredJob.find(handle, id)
                .filter(found -> owner == null || found.row().owner().equals(owner.value()));
        if (job.isEmpty()) {
            return new Effect<>(new SettleResult.Unknown(), false);
        }
        if (work.isPresent()) {
            AsyncJob next = job.get().row().pending().cancel(job.get().asOf(), policy.retention());
            Decision end = become(job.get().settledNoEarlierThan(work.get().token()), work.get(), next);
            return apply(handle, List.of(Optional.of(end))).get(0).orElseThrow();
        }
        JobSnapshot end = job.get().snapshot();
        boolean cancelled = end.job() instanceof AsyncJob.Failed failed && failed.wasCancelled();
        return new Effect<>(cancelled ? new SettleResult.Accepted(end) : new SettleResult.Refused(end), false);
    }

    /** @param skip empty, or {@code skip locked} to ignore rows that other transactions have locked */
    private static Map<UUID, Work> lock(Handle handle, List<UUID> ids, String skip) {
        return handle.createQuery(LOCK)
                .define("skip", skip)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> Work.read(rs))
                .collect(Collectors.toMap(Work::id, Function.identity()));
    }

    private static Optional<Work> lockOwn(Handle handle, Owner owner, JobId id) {
        return handle.createQuery(LOCK_OWN)
                .bind("id", id.value())
                .bind("owner", owner.value())
                .map((rs, context) -> Work.read(rs))
                .findOne();
    }

    /** Fails the jobs whose attempts are spent and returns their ids. */
    List<UUID> failSpent(Handle handle, int max) {
        Map<UUID, Integer> spent = handle.createQuery(dialect.spent())
                .bind("max", max)
                .map((rs, context) -> Map.entry(rs.getObject("job_id", UUID.class), rs.getInt("attempts_made")))
                .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
        List<UUID> deleted = deleteWork(handle, List.copyOf(spent.keySet()));
        if (!deleted.isEmpty()) {
            List<StoredJob> jobs = StoredJob.read(handle, deleted);
            write(handle, jobs.stream().map(job -> spent(job, spent)).toList());
        }
        return deleted;
    }

    private JobWriter.Changed spent(StoredJob job, Map<UUID, Integer> attempts) {
        int made = Objects.requireNonNull(attempts.get(job.row().id()));
        AsyncJob failed = job.row().pending().fail(Failure.ATTEMPTS_SPENT, job.asOf(), policy.retention());
        return new JobWriter.Changed(
                job.settledNoEarlierThan(Long.MAX_VALUE), job.row().become(failed), made);
    }

    /** Deletes work rows and returns their ids; the guard excludes jobs that were settled or released meanwhile. */
    private static List<UUID> deleteWork(Handle handle, List<UUID> spent) {
        List<UUID> deleted = new ArrayList<>();
        if (!spent.isEmpty()) {
            PreparedBatch batch = handle.prepareBatch(DELETE_SPENT);
            spent.forEach(id -> batch.bind("id", id).add());
            int[] counts = batch.execute();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == 1) {
                    deleted.add(spent.get(i));
                }
            }
        }
        return deleted;
    }
}
