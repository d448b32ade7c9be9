package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Scheduling;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The store on two tables: {@code job} is read by owners and written at the beginning and the end, {@code work} is
 * claimed by workers and gone at the end.
 *
 * <p>SQL holds the guards; what becomes of a job is the domain's word. Signals are sent when the change is committed.
 * Safe for use from any thread and, on PostgreSQL, from any node.
 */
final class JdbiJobStore implements JobStore {
    private static final String FIND = """
            select %s, <now> as as_of from asyncjob.job j
            where j.id = :id and j.owner = :owner and (j.kept_until is null or j.kept_until > <now>)
            """.formatted(JobRow.COLUMNS);

    private final Calls calls;
    private final SqlDialect dialect;
    private final JobSignals.Listener signals;
    private final Claims claims;
    private final Scheduler scheduler;
    private final Settler settler;

    JdbiJobStore(Calls calls, SqlDialect dialect, WorkPolicy policy, JobSignals.Listener signals) {
        this.calls = calls;
        this.dialect = dialect;
        this.signals = signals;
        this.claims = dialect.claims();
        this.scheduler = new Scheduler(dialect, policy);
        this.settler = new Settler(dialect, policy);
    }

    /** An answer, and whether it is news: whether the call changed anything. */
    record Answer<T>(T value, boolean isNews) {}

    @Override
    public Scheduling schedule(NewJob job, Duration expected) {
        Answer<Scheduling> answer = scheduler.schedule(calls, job, expected);
        if (answer.isNews()) {
            signals.workAvailable(job.kind());
        }
        return answer.value();
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return calls.call(handle -> handle.createQuery(FIND)
                .bind("id", id.value())
                .bind("owner", reader.value())
                .map((rs, context) -> new JobSnapshot(JobRow.read(rs).toJob(), SqlTypes.instant(rs, "as_of")))
                .findOne());
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return claims.claim(calls, claim);
    }

    @Override
    public Optional<Lease> renew(JobId id, LeaseToken token, Duration length) {
        Lease.length(length);
        return calls.call(handle -> handle.createQuery(dialect.renew())
                .bind("id", id.value())
                .bind("token", token.value())
                .bind("lease", TimeUnit.MICROSECONDS.convert(length))
                .map((rs, context) ->
                        new Lease(token, new WorkerId(rs.getString("worker")), SqlTypes.instant(rs, "available_at")))
                .findOne());
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        Optional<JobKind> released = calls.call(handle -> handle.createQuery(dialect.release())
                .bind("id", id.value())
                .bind("token", token.value())
                .map((rs, context) -> new JobKind(rs.getString("kind")))
                .findOne());
        released.ifPresent(signals::workAvailable);
        return released.isPresent();
    }

    @Override
    public Settlement settle(JobId id, LeaseToken token, Outcome outcome) {
        Answer<Settlement> answer = calls.transact(handle -> settler.settle(handle, id, token, outcome));
        if (answer.isNews() && answer.value() instanceof Settlement.Accepted accepted) {
            tellOf(accepted.job().job());
        }
        return answer.value();
    }

    @Override
    public int failSpent(int max) {
        List<UUID> ended = calls.transact(handle -> settler.failSpent(handle, max));
        ended.forEach(id -> signals.jobChanged(new JobId(id)));
        return ended.size();
    }

    @Override
    public int forget(int max) {
        return calls.call(
                handle -> handle.createUpdate(dialect.forget()).bind("max", max).execute());
    }

    @Override
    public Instant now() {
        return calls.call(handle ->
                handle.createQuery("select <now>").mapTo(Instant.class).one());
    }

    private void tellOf(AsyncJob job) {
        signals.jobChanged(job.id());
        if (job instanceof AsyncJob.Pending) {
            signals.workAvailable(job.kind());
        }
    }
}
