package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
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
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** The store in SQL: each intent one transaction, whose statements guard and whose outcome the domain decides. */
final class JdbiJobStore implements JobStore {
    private final Transactions transactions;
    private final SqlDialect dialect;
    private final WorkPolicy policy;
    private final LocalSignals signals;
    private final Claiming claiming;
    private final JobTables tables;

    JdbiJobStore(Jdbi jdbi, SqlDialect dialect, WorkPolicy policy, LocalSignals signals) {
        this.transactions = new Transactions(jdbi);
        this.dialect = dialect;
        this.policy = policy;
        this.signals = signals;
        this.claiming = new Claiming(dialect);
        this.tables = new JobTables(dialect);
    }

    @Override
    public Scheduling schedule(NewJob job, Duration expected) {
        Scheduling scheduling = transactions.in(handle -> schedule(handle, job, expected));
        scheduling.fold(
                accepted -> {
                    signals.workAvailable(job.kind());
                    return accepted;
                },
                () -> job);
        return scheduling;
    }

    private Scheduling schedule(Handle handle, NewJob job, Duration expected) {
        Optional<JobRow> present = tables.find(handle, job.id());
        if (present.isPresent() && present.get().forgotten()) {
            tables.delete(handle, job.id());
            present = Optional.empty();
        }
        return present.isPresent() ? repeated(job, present.get()) : insert(handle, job, expected);
    }

    private Scheduling insert(Handle handle, NewJob job, Duration expected) {
        Instant now = tables.now(handle);
        AsyncJob.Pending pending = job.acceptedAt(now, expected);
        handle.savepoint("insert");
        try {
            tables.insert(handle, job, pending, job.maxAttempts() == null ? policy.maxAttempts() : job.maxAttempts());
            return new Scheduling.Accepted(new JobSnapshot(pending, now));
        } catch (JdbiException e) {
            if (!Transactions.isDuplicate(e)) {
                throw e;
            }
            handle.rollbackToSavepoint("insert"); // somebody else was faster with the same id
            return repeated(job, tables.find(handle, job.id()).orElseThrow(() -> e));
        }
    }

    private static Scheduling repeated(NewJob job, JobRow present) {
        return present.fingerprint().equals(job.fingerprint())
                ? new Scheduling.Accepted(present.snapshot())
                : new Scheduling.Contradiction();
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return transactions.ask(handle -> tables.findFor(handle, reader, id)).map(JobRow::snapshot);
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return claiming.claim(transactions, claim);
    }

    @Override
    public Optional<Lease> renew(JobId id, LeaseToken token, Duration length) {
        Duration checked = Lease.length(length);
        String until = dialect.nowPlusMicros(":micros");
        return transactions.in(handle -> {
            int renewed = handle.createUpdate("""
                            update asyncjob.work set
                              available_at = case when available_at is not null then %1$s end,
                              final_until = case when final_until is not null then %1$s end
                            where job_id = :id and token = :token and leased
                            """.formatted(until))
                    .bind("micros", Claiming.micros(checked))
                    .bind("id", id.value())
                    .bind("token", token.value())
                    .execute();
            return renewed == 0 ? Optional.empty() : Optional.of(lease(handle, id, token));
        });
    }

    private static Lease lease(Handle handle, JobId id, LeaseToken token) {
        return handle.createQuery(
                        "select worker, coalesce(available_at, final_until) as leased_until from asyncjob.work where job_id = :id")
                .bind("id", id.value())
                .map((row, context) ->
                        new Lease(token, new WorkerId(row.getString("worker")), JobRow.instant(row, "leased_until")))
                .one();
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        Optional<JobRow> released = transactions.in(
                handle -> tables.release(handle, id, token) ? tables.find(handle, id) : Optional.empty());
        released.ifPresent(row -> signals.workAvailable(row.job().kind()));
        return released.isPresent();
    }

    @Override
    public Settlement settle(JobId id, LeaseToken token, Outcome outcome) {
        boolean[] changed = new boolean[1];
        Settlement settlement = transactions.in(handle -> {
            changed[0] = false;
            Optional<WorkRow> work = tables.lockWork(handle, id);
            Optional<JobRow> row = tables.find(handle, id).filter(found -> !found.forgotten());
            if (row.isEmpty()) {
                return new Settlement.Unknown();
            }
            JobRow job = row.get();
            if (work.isPresent() && work.get().isHeldWith(token) && job.job() instanceof AsyncJob.Pending pending) {
                changed[0] = true;
                return accept(handle, pending, work.get(), outcome, job.now());
            }
            boolean newest = work.map(found -> found.token() == token.value()).orElse(true);
            boolean same =
                    job.settledToken() == token.value() && outcome.fingerprint().equals(job.settledOutcome());
            return newest && same ? new Settlement.Accepted(job.snapshot()) : new Settlement.Refused(job.snapshot());
        });
        if (changed[0]) {
            settlement.fold(this::signal, this::signal, () -> false);
        }
        return settlement;
    }

    private Settlement accept(Handle handle, AsyncJob.Pending pending, WorkRow work, Outcome outcome, Instant now) {
        AsyncJob after = outcome.applyTo(pending, work.attempts(), now, policy);
        tables.write(handle, after, work.token(), outcome.fingerprint());
        return new Settlement.Accepted(new JobSnapshot(after, now));
    }

    private boolean signal(JobSnapshot snapshot) {
        signals.jobChanged(snapshot.job().id());
        if (snapshot.job().status() == JobStatus.PENDING) {
            signals.workAvailable(snapshot.job().kind());
        }
        return true;
    }

    @Override
    public int failSpent(int max) {
        List<JobId> ended = transactions.in(handle -> {
            List<JobId> spent = tables.spent(handle, max).stream()
                    .filter(id -> tables.lockSpent(handle, id))
                    .toList();
            for (JobId id : spent) {
                JobRow row = tables.find(handle, id).orElseThrow();
                AsyncJob.Pending pending = (AsyncJob.Pending) row.job();
                tables.write(handle, pending.fail(Failure.ATTEMPTS_SPENT, row.now(), policy.retention()), 0, null);
            }
            return spent;
        });
        ended.forEach(signals::jobChanged);
        return ended.size();
    }

    @Override
    public int forget(int max) {
        return transactions.in(handle -> tables.deleteForgotten(handle, max));
    }

    @Override
    public Instant now() {
        return transactions.ask(tables::now);
    }

    /**
     * A row of {@code asyncjob.work}, locked.
     *
     * @param leased false once the attempt was settled or released
     */
    record WorkRow(UUID id, long token, boolean leased, Attempts attempts) {
        boolean isHeldWith(LeaseToken other) {
            return leased && token == other.value();
        }
    }
}
