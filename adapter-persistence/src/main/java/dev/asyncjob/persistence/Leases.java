package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.Statements;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** Renewing and releasing leases; every statement has the lease token in its WHERE. Safe for use from any thread. */
final class Leases {
    /**
     * Renews and changes the job, for PostgreSQL. One statement: a node that is cut off leaves no transaction behind
     * that keeps the job from being claimed. It has the rules of {@link AsyncJob.Pending#expectedAt}.
     */
    static final String RENEW_WITH_CHANGE = """
            with renewed as (
                update asyncjob.work set available_at = <now> + :lease * interval '1 microsecond', renewed_at = <now>,
                    progress = coalesce(:progress, progress)
                where job_id = :id and token = :token and leased and (cast(:end as timestamptz) is null
                    or exists (select 1 from asyncjob.job where id = :id and cast(:end as timestamptz) > <now>
                        and cast(:end as timestamptz) \\<= least(planned_from, <now>) + interval '%3$d seconds'))
                returning job_id, worker, available_at),
            changed as (
                update asyncjob.job set planned_at = coalesce(cast(:end as timestamptz), planned_at),
                    planned_from = case when cast(:end as timestamptz) is null then planned_from
                        else least(planned_from, <now>) end,
                    progress = coalesce(:progress, progress), message = coalesce(cast(:message as varchar), message),
                    progress_before = case when :states and %1$s then progress else progress_before end,
                    message_before = case when :states and %1$s then message else message_before end,
                    stated_from = case when not :states then stated_from
                        when %1$s then greatest(<now>, stated_from + interval '%2$d ms')
                        else least(stated_from, <now> + interval '%2$d ms') end
                where id = (select job_id from renewed))
            select worker, available_at, (select count(pg_notify(<channel>, message)) from unnest(:messages) as message)
            from renewed
            """.formatted(
                    "coalesce(stated_from <= <now>, true)", Statements.PACE.toMillis(), Eta.MAX_EXPECTED.toSeconds());

    private static final String UPDATE_FORECAST =
            "update asyncjob.job set planned_from = :plannedFrom, planned_at = :plannedAt where id = :id";

    private final SqlDialect dialect;
    private final Notifications notifications;

    Leases(SqlDialect dialect, Notifications notifications) {
        this.dialect = dialect;
        this.notifications = notifications;
    }

    /** Renews a lease; the effect says whether what readers of the job see changed, or will. */
    Effect<RenewResult> renew(Transactions transactions, JobId id, LeaseToken token, LeaseExtension extension) {
        if (!extension.changesJob()) {
            return transactions.call(handle -> new Effect<>(renew(handle, id, token, extension), false));
        }
        return dialect.renewWithChange().isPresent()
                ? transactions.call(handle -> renewAtOnce(handle, id, token, extension))
                : transactions.transact(handle -> renewAndChange(handle, id, token, extension));
    }

    private Effect<RenewResult> renewAtOnce(Handle handle, JobId id, LeaseToken token, LeaseExtension extension) {
        Instant end = extension.eta();
        Query statement = handle.createQuery(dialect.renewWithChange().orElseThrow())
                .bindByType("end", end == null ? null : end.truncatedTo(ChronoUnit.MICROS), Instant.class)
                .bind("message", extension.message())
                .bind("states", !extension.statement().isNone())
                .bindArray("messages", String.class, notifications.changes(List.of(id)));
        Optional<RenewResult> renewed = renewed(statement, id, token, extension);
        return new Effect<>(renewed.orElseGet(() -> refused(handle, id, token, end)), renewed.isPresent());
    }

    /** Returns why a renewal with a change changed nothing: the lease is lost, or the domain refuses the forecast. */
    private static RenewResult refused(Handle handle, JobId id, LeaseToken token, @Nullable Instant expectedEnd) {
        StoredJob.find(handle, id).ifPresent(job -> {
            if (expectedEnd != null && isHeld(handle, id, token)) {
                var unused = job.row().pending().expectedAt(expectedEnd, job.asOf());
            }
        });
        return lost(handle, id);
    }

    private static boolean isHeld(Handle handle, JobId id, LeaseToken token) {
        return handle.createQuery("select 1 from asyncjob.work where job_id = :id and token = :token and leased")
                .bind("id", id.value())
                .bind("token", token.value())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    /** Renews the leases that no other transaction has locked, and returns them. */
    Set<HeldLease> renew(Transactions transactions, Set<HeldLease> leases, Duration length) {
        return leases.isEmpty()
                ? Set.of()
                : transactions.call(handle -> dialect.renew(handle, List.copyOf(leases), length));
    }

    private Effect<RenewResult> renewAndChange(Handle handle, JobId id, LeaseToken token, LeaseExtension extension) {
        RenewResult result = renew(handle, id, token, extension);
        boolean renewed = result instanceof RenewResult.Renewed;
        if (renewed) {
            if (extension.eta() != null) {
                updateForecast(handle, id, extension.eta());
            }
            if (!extension.statement().isNone()) {
                DetailColumns.state(handle, id.value(), extension.statement());
            }
            notifications.send(handle, notifications.changes(List.of(id)));
        }
        return new Effect<>(result, renewed);
    }

    private RenewResult renew(Handle handle, JobId id, LeaseToken token, LeaseExtension extension) {
        return renewed(handle.createQuery(dialect.renew()), id, token, extension)
                .orElseGet(() -> lost(handle, id));
    }

    private static Optional<RenewResult> renewed(
            Query statement, JobId id, LeaseToken token, LeaseExtension extension) {
        return statement
                .bind("id", id.value())
                .bind("token", token.value())
                .bind("lease", TimeUnit.MICROSECONDS.convert(extension.length()))
                .bindByType("progress", extension.progress(), Double.class)
                .map((rs, context) ->
                        new Lease(token, new WorkerId(rs.getString("worker")), SqlTypes.instant(rs, "available_at")))
                .findOne()
                .map(RenewResult.Renewed::new);
    }

    private static RenewResult lost(Handle handle, JobId id) {
        return StoredJob.find(handle, id)
                .<RenewResult>map(job -> new RenewResult.Lost(job.snapshot()))
                .orElseGet(RenewResult.Unknown::new);
    }

    private static void updateForecast(Handle handle, JobId id, Instant expectedEnd) {
        StoredJob job = StoredJob.find(handle, id).orElseThrow();
        AsyncJob.Pending next = job.row().pending().expectedAt(expectedEnd, job.asOf());
        JobRow.of(next).bindTo(handle.createUpdate(UPDATE_FORECAST)).execute();
    }

    /** Gives a job back and returns its kind, or empty if the lease was lost. */
    Optional<JobKind> release(Handle handle, JobId id, LeaseToken token) {
        Optional<JobKind> released = handle.createQuery(dialect.release())
                .bind("id", id.value())
                .bind("token", token.value())
                .map((rs, context) -> new JobKind(rs.getString("kind")))
                .findOne();
        released.ifPresent(kind -> notifications.send(handle, notifications.work(Stream.of(kind))));
        return released;
    }
}
