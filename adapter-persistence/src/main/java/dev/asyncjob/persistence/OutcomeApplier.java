package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Applies outcomes, cancellations and spent attempts to jobs.
 *
 * <p>It reads a job with its work, without a lock, decides, and writes if the work row has not changed since; otherwise
 * it reads again. A job without work row has ended and does not change. Safe for use from any thread.
 */
final class OutcomeApplier {
    private static final String READ = """
            select %s, %s, j.callback, coalesce(j.called, j.scheduled_by, j.owner) as asked_by, j.reference
            from asyncjob.job j left join asyncjob.work w on w.job_id = j.id where j.id = any(:ids)
            """.formatted(StoredJob.COLUMNS, Work.COLUMNS);

    /** How often a job is read again that other calls change meanwhile; each of them has made progress. */
    private static final int TRIES = 20;

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

    /** A job and its work, as one statement read them; no work if it has ended. */
    private record Found(
            StoredJob job, @Nullable Work work, @Nullable Asked callback) {
        static Found read(ResultSet rs) throws SQLException {
            return new Found(
                    StoredJob.read(rs),
                    rs.getObject("job_id") == null ? null : Work.read(rs),
                    rs.getBoolean("callback") ? new Asked(rs.getString("asked_by"), rs.getString("reference")) : null);
        }
    }

    /** Who asked for the callback of a job, and the job's name in their own terms. */
    private record Asked(String by, @Nullable String reference) {}

    /** A result, and the change to write for it, if any. */
    private record Decision(Effect<SettleResult> effect, JobWriter.@Nullable Changed change) {
        static Decision unchanged(SettleResult result) {
            return new Decision(new Effect<>(result, false), null);
        }

        boolean isDone(Set<UUID> written) {
            return change == null || written.contains(change.row().id());
        }
    }

    /** @throws JobLocked if other calls change the job in every try */
    private static <T> T untilUnchanged(Supplier<Optional<T>> attempt) {
        for (int tries = 1; tries <= TRIES; tries++) {
            Optional<T> result = attempt.get();
            if (result.isPresent()) {
                return result.get();
            }
        }
        throw new JobLocked(new SQLException("other calls change the job all the time"));
    }

    private static Map<UUID, Found> read(Handle handle, List<UUID> ids) {
        return handle.createQuery(READ)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> Found.read(rs))
                .collect(Collectors.toMap(found -> found.job().row().id(), Function.identity()));
    }

    Effect<SettleResult> settle(Handle handle, OutcomeReport report) {
        return untilUnchanged(() -> settle(handle, List.of(report), false).get(0));
    }

    /**
     * Applies the reports of jobs that no other transaction has locked; empty for jobs that are locked or have just
     * been changed, and for the second report of a job.
     */
    List<Optional<Effect<SettleResult>>> settleUnlocked(Handle handle, List<OutcomeReport> reports) {
        return settle(handle, reports, true);
    }

    private List<Optional<Effect<SettleResult>>> settle(Handle handle, List<OutcomeReport> reports, boolean skip) {
        Map<UUID, Found> jobs = read(
                handle,
                reports.stream().map(report -> report.id().value()).distinct().toList());
        Set<JobId> seen = new HashSet<>();
        List<Optional<Decision>> decisions = new ArrayList<>();
        for (OutcomeReport report : reports) {
            Found found = jobs.get(report.id().value());
            decisions.add(seen.add(report.id()) ? Optional.of(decide(report, found)) : Optional.empty());
        }
        return apply(handle, decisions, skip);
    }

    private Decision decide(OutcomeReport report, @Nullable Found found) {
        if (found == null || found.job().isPastRetention()) {
            return Decision.unchanged(new SettleResult.Unknown());
        }
        StoredJob job = found.job();
        Work work = found.work();
        boolean newest = work == null || work.token() == report.token().value();
        if (newest && work != null && work.leased()) {
            AsyncJob next = report.outcome().applyTo(job.row().pending(), work.attempts(), job.asOf(), policy);
            JobWriter.Changed change = change(
                    found,
                    job.settledBy(report, keys),
                    work,
                    next,
                    report.outcome().value(),
                    work.historyWith(report.outcome(), job.asOf()));
            return become(change, work.claimedAt());
        }
        return Decision.unchanged(
                newest && job.wasSettledBy(report, keys)
                        ? new SettleResult.Accepted(job.snapshot())
                        : new SettleResult.Refused(job.snapshot()));
    }

    /** @param since when the attempt began that ends with this change; null if none does */
    private static Decision become(JobWriter.Changed change, @Nullable Instant since) {
        SettleResult accepted = new SettleResult.Accepted(
                new JobSnapshot(change.row().toJob(), change.job().asOf()), since);
        return new Decision(new Effect<>(accepted, true, change), change);
    }

    private JobWriter.Changed change(
            Found found,
            StoredJob settled,
            Work work,
            AsyncJob next,
            @Nullable JobResult result,
            @Nullable String history) {
        JobRow row = settled.row().become(next);
        Asked asked = found.callback();
        Instant end = row.endedAt();
        JobWriter.Fresh delivery = asked == null || end == null ? null : delivery(asked, row, end);
        Instant until = policy.payloadUntil(next);
        return new JobWriter.Changed(
                settled, row, work, result, history, delivery, until == null ? null : JobRow.micros(until));
    }

    private JobWriter.Fresh delivery(Asked asked, JobRow row, Instant end) {
        NewJob job = SqlTypes.stored(() -> new Callback(
                        new Owner(asked.by()).client(),
                        new JobId(row.id()),
                        row.status(),
                        end,
                        asked.reference() == null ? null : new Reference(asked.reference()))
                .delivery(new Owner(row.owner())));
        return new JobWriter.Fresh(JobRow.of(job.acceptedAt(end, policy.expectedDuration())), job, Attempts.MAX, keys);
    }

    private List<Optional<Effect<SettleResult>>> apply(
            Handle handle, List<Optional<Decision>> decisions, boolean skip) {
        Set<UUID> written = write(
                handle,
                decisions.stream()
                        .flatMap(Optional::stream)
                        .flatMap(decision -> Stream.ofNullable(decision.change()))
                        .toList(),
                skip);
        return decisions.stream()
                .map(decision -> decision.filter(one -> one.isDone(written)).map(Decision::effect))
                .toList();
    }

    private Set<UUID> write(Handle handle, List<JobWriter.Changed> changes, boolean skip) {
        return changes.isEmpty() ? Set.of() : writer.update(handle, changes, messages(changes), skip);
    }

    private List<String> messages(List<JobWriter.Changed> changes) {
        List<JobId> ids =
                changes.stream().map(change -> new JobId(change.row().id())).toList();
        List<String> work = notifications.work(changes.stream()
                .map(JobWriter.Changed::row)
                .filter(row -> row.endedAt() == null)
                .map(row -> new JobKind(row.kind())));
        List<String> deliveries = notifications.work(
                changes.stream().filter(change -> change.delivery() != null).map(change -> Callback.KIND));
        return Stream.of(notifications.changes(ids), work, deliveries)
                .flatMap(List::stream)
                .toList();
    }

    /** Cancels a job, leased or not; {@code owner} is null if the job may be of any owner. */
    Effect<SettleResult> cancel(Handle handle, @Nullable Owner owner, JobId id) {
        return untilUnchanged(() -> {
            Found found = read(handle, List.of(id.value())).get(id.value());
            return apply(handle, List.of(Optional.of(cancellation(owner, found))), false)
                    .get(0);
        });
    }

    /** Cancels jobs that no other transaction has locked; empty for those that are locked or have just been changed. */
    List<Optional<Effect<SettleResult>>> cancelUnlocked(Handle handle, List<JobId> ids) {
        Map<UUID, Found> jobs = read(handle, ids.stream().map(JobId::value).toList());
        return apply(
                handle,
                ids.stream()
                        .map(id -> Optional.of(cancellation(null, jobs.get(id.value()))))
                        .toList(),
                true);
    }

    private Decision cancellation(@Nullable Owner owner, @Nullable Found found) {
        if (found == null
                || found.job().isPastRetention()
                || (owner != null && !found.job().row().owner().equals(owner.value()))) {
            return Decision.unchanged(new SettleResult.Unknown());
        }
        StoredJob job = found.job();
        Work work = found.work();
        if (work != null) {
            AsyncJob next = job.row().pending().cancel(job.asOf(), policy.retention());
            String history = work.historyWith(EndedAttempt.End.CANCELLED, job.asOf());
            return become(change(found, job.settledNoEarlierThan(work.token()), work, next, null, history), null);
        }
        JobSnapshot end = job.snapshot();
        boolean cancelled = end.job() instanceof AsyncJob.Failed failed && failed.wasCancelled();
        return Decision.unchanged(cancelled ? new SettleResult.Accepted(end) : new SettleResult.Refused(end));
    }

    /** Fails the jobs whose attempts are spent and returns the changes; those that are locked or renewed are left. */
    List<JobWriter.Changed> failSpent(Handle handle, int max) {
        List<UUID> spent = handle.createQuery(dialect.spent())
                .bind("max", max)
                .mapTo(UUID.class)
                .list();
        List<JobWriter.Changed> changes = spent.isEmpty()
                ? List.of()
                : read(handle, spent).values().stream()
                        .flatMap(found -> spent(found).stream())
                        .toList();
        Set<UUID> written = write(handle, changes, true);
        return changes.stream()
                .filter(change -> written.contains(change.row().id()))
                .toList();
    }

    private Optional<JobWriter.Changed> spent(Found found) {
        StoredJob job = found.job();
        return Optional.ofNullable(found.work())
                .filter(work -> work.attempts().spent() && !work.availableAt().isAfter(job.asOf()))
                .map(work -> change(
                        found,
                        job.settledNoEarlierThan(Long.MAX_VALUE),
                        work,
                        job.row().pending().fail(Failure.ATTEMPTS_SPENT, job.asOf(), policy.retention()),
                        null,
                        work.historyWith(EndedAttempt.End.LEASE_RAN_OUT, work.availableAt())));
    }
}
