package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.RenewResult;
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
    private static final String UPDATE_FORECAST = "update asyncjob.job set planned_at = :plannedAt where id = :id";

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
