package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.persistence.JdbiJobStore.Answer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** How leases are kept and given back; the token stands in every WHERE. Safe for use from any thread. */
final class Leases {
    private static final String CORRECT = "update asyncjob.job set planned_at = :plannedAt where id = :id";

    private final SqlDialect dialect;
    private final Notifications announcer;

    Leases(SqlDialect dialect, Notifications announcer) {
        this.dialect = dialect;
        this.announcer = announcer;
    }

    /** The verdict, and whether the job's forecast changed. */
    Answer<RenewResult> renew(Transactions calls, JobId id, LeaseToken token, LeaseExtension extension) {
        Instant expectedEnd = extension.eta();
        return expectedEnd == null
                ? calls.call(handle -> new Answer<>(renew(handle, id, token, extension), false))
                : calls.transact(handle -> renew(handle, id, token, extension, expectedEnd));
    }

    private Answer<RenewResult> renew(
            Handle handle, JobId id, LeaseToken token, LeaseExtension extension, Instant expectedEnd) {
        RenewResult renewal = renew(handle, id, token, extension);
        boolean renewed = renewal instanceof RenewResult.Renewed;
        if (renewed) {
            correct(handle, id, expectedEnd);
            announcer.announce(handle, announcer.changes(List.of(id)));
        }
        return new Answer<>(renewal, renewed);
    }

    private RenewResult renew(Handle handle, JobId id, LeaseToken token, LeaseExtension extension) {
        return handle.createQuery(dialect.renew())
                .bind("id", id.value())
                .bind("token", token.value())
                .bind("lease", TimeUnit.MICROSECONDS.convert(extension.length()))
                .bindByType("progress", extension.progress(), Double.class)
                .map((rs, context) ->
                        new Lease(token, new WorkerId(rs.getString("worker")), SqlTypes.instant(rs, "available_at")))
                .findOne()
                .<RenewResult>map(RenewResult.Renewed::new)
                .orElseGet(() -> lost(handle, id));
    }

    private static RenewResult lost(Handle handle, JobId id) {
        return StoredJob.find(handle, id)
                .<RenewResult>map(job -> new RenewResult.Lost(job.snapshot()))
                .orElseGet(RenewResult.Unknown::new);
    }

    private static void correct(Handle handle, JobId id, Instant expectedEnd) {
        StoredJob job = StoredJob.find(handle, id).orElseThrow();
        AsyncJob.Pending next = job.row().pending().expectedAt(expectedEnd, job.asOf());
        JobRow.of(next).bindTo(handle.createUpdate(CORRECT)).execute();
    }

    /** Gives a job back and answers with its kind, or with nothing if the lease was lost. */
    Optional<JobKind> release(Handle handle, JobId id, LeaseToken token) {
        Optional<JobKind> released = handle.createQuery(dialect.release())
                .bind("id", id.value())
                .bind("token", token.value())
                .map((rs, context) -> new JobKind(rs.getString("kind")))
                .findOne();
        released.ifPresent(kind -> announcer.announce(handle, announcer.work(Stream.of(kind))));
        return released;
    }
}
