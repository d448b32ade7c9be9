package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jdbi.v3.core.HandleCallback;
import org.jspecify.annotations.Nullable;

/**
 * The store on two tables: {@code job} is read by owners and written at the beginning and the end, {@code work} is
 * claimed by workers and gone at the end.
 *
 * <p>SQL holds the guards; what becomes of a job is the domain's word. Signals are sent when the change is committed.
 * Safe for use from any thread and, on PostgreSQL, from any node.
 */
final class JdbiJobStore implements JobStore {
    /** Changes nothing, and fails where nothing could be changed: on a standby, or in a read-only database. */
    private static final String WRITE_NOTHING = "update asyncjob.work set token = token where 1 = 0";

    private final Transactions calls;
    private final SqlDialect dialect;
    private final JobSignals.Listener signals;
    private final Runnable upkeep;
    private final Claims claims;
    private final Leases leases;
    private final JobInserter scheduler;
    private final OutcomeApplier settler;

    /**
     * @param announcer tells other nodes, with the change
     * @param signals told on this node, after the change
     * @param upkeep what the database needs from time to time; run whenever somebody keeps house
     */
    JdbiJobStore(
            Transactions calls,
            Notifications announcer,
            WorkPolicy policy,
            JobSignals.Listener signals,
            Runnable upkeep) {
        this.calls = calls;
        this.dialect = announcer.dialect();
        this.signals = signals;
        this.upkeep = upkeep;
        this.claims = dialect.claims();
        this.leases = new Leases(dialect, announcer);
        this.scheduler = new JobInserter(dialect.rows(), policy, announcer);
        this.settler = new OutcomeApplier(dialect, policy, announcer);
    }

    /** An answer, and whether it is news: whether the call changed anything. */
    record Answer<T>(T value, boolean isNews) {}

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        Answer<ScheduleResult> answer = scheduler.schedule(calls, job, expected);
        if (answer.isNews()) {
            signals.workAvailable(job.kind());
        }
        return answer.value();
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        if (all.isEmpty()) {
            return List.of();
        }
        List<Optional<Answer<ScheduleResult>>> answers = calls.call(handle -> scheduler.scheduleNew(handle, all));
        IntStream.range(0, all.size())
                .filter(i -> answers.get(i).isPresent())
                .mapToObj(i -> all.get(i).job().kind())
                .distinct()
                .forEach(signals::workAvailable);
        return answers.stream().map(answer -> answer.map(Answer::value)).toList();
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return calls.call(handle -> JobQueries.find(handle, reader, id));
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> asked) {
        return asked.isEmpty() ? List.of() : calls.call(handle -> JobQueries.find(handle, asked));
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return calls.call(handle -> JobQueries.recentDurations(handle, kind, max));
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return claims.claim(calls, claim);
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        Answer<RenewResult> answer = leases.renew(calls, id, token, extension);
        if (answer.isNews()) {
            signals.jobChanged(id);
        }
        return answer.value();
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        Optional<JobKind> released = calls.transact(handle -> leases.release(handle, id, token));
        released.ifPresent(signals::workAvailable);
        return released.isPresent();
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return change(handle -> List.of(Optional.of(settler.settle(handle, report))))
                .get(0)
                .orElseThrow();
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return reports.isEmpty() ? List.of() : change(handle -> settler.settleFree(handle, reports));
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return change(handle -> List.of(Optional.of(settler.cancel(handle, owner, id))))
                .get(0)
                .orElseThrow();
    }

    /** Changes jobs in one transaction, and tells those on this node after it. */
    private List<Optional<SettleResult>> change(
            HandleCallback<List<Optional<Answer<SettleResult>>>, RuntimeException> changes) {
        List<Optional<Answer<SettleResult>>> answers = calls.transact(changes);
        answers.stream()
                .flatMap(Optional::stream)
                .filter(Answer::isNews)
                .map(Answer::value)
                .forEach(verdict -> {
                    if (verdict instanceof SettleResult.Accepted accepted) {
                        tellOf(accepted.job().job());
                    }
                });
        return answers.stream().map(answer -> answer.map(Answer::value)).toList();
    }

    @Override
    public JobPage list(JobFilter filter) {
        return calls.call(handle -> JobQueries.list(handle, filter));
    }

    @Override
    public int failSpent(int max) {
        List<JobId> ended = calls.transact(handle -> settler.failSpent(handle, max)).stream()
                .map(JobId::new)
                .toList();
        ended.forEach(signals::jobChanged);
        return ended.size();
    }

    @Override
    public int forget(int max) {
        return calls.call(
                handle -> handle.createUpdate(dialect.forget()).bind("max", max).execute());
    }

    @Override
    public void maintain() {
        upkeep.run();
    }

    @Override
    public Instant now() {
        calls.requireRoom();
        return calls.transact(handle -> {
            handle.execute(WRITE_NOTHING);
            return handle.createQuery("select <now>").mapTo(Instant.class).one();
        });
    }

    private void tellOf(AsyncJob job) {
        signals.jobChanged(job.id());
        if (job instanceof AsyncJob.Pending) {
            signals.workAvailable(job.kind());
        }
    }
}
