package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobFacts;
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
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jdbi.v3.core.HandleCallback;
import org.jspecify.annotations.Nullable;

/**
 * The store in a database, through JDBI. Safe for use from any thread and, on PostgreSQL, from any node.
 *
 * <p><b>Two tables.</b> Owners read {@code asyncjob.job}. Workers claim rows of {@code asyncjob.work}, which exist only
 * for pending jobs, so that finished jobs cost claims nothing.
 *
 * <p><b>Guards in SQL, decisions in the domain.</b> Every change has its condition (token, id, owner, retention) in its
 * WHERE, at READ COMMITTED. The next state of a job comes from the transitions of {@code AsyncJob}, applied to the row
 * as it was read; the write has the condition that it is still so, and is otherwise repeated with what was read again.
 *
 * <p><b>Locks.</b> On PostgreSQL each change is one statement: no lock is held while this node has the word, and a node
 * that is cut off holds none. A change locks the work row first; inserts of many rows are in one fixed order. The
 * deadlocks that remain are repeated by {@link PooledTransactions}.
 *
 * <p><b>Time.</b> All instants come from the database's clock, {@code <now>} (contract section 3, promise 4).
 *
 * <p><b>Repeated calls.</b> They return the result of the first: a schedule by job id or idempotency key, a claim by
 * claim id, an outcome by lease token and fingerprint. {@link Effect} says whether a call changed anything.
 *
 * <p><b>Signals.</b> They follow the commit, through the listener; within a transaction of the caller's, PostgreSQL
 * sends {@link Notifications} at its commit. A lost signal only delays, since workers and nodes also poll.
 *
 * <p><b>Batches.</b> They return empty for an entry that takes more than one pass (an existing id, a locked row); the
 * caller repeats it with a single call, which waits for locks.
 */
final class JdbiJobStore implements JobStore {
    /** Changes no row, and fails on a standby or a read-only database. */
    private static final String WRITE_NOTHING = "update asyncjob.work set token = token where 1 = 0";

    private final Transactions transactions;
    private final SqlDialect dialect;
    private final JobSignals.Listener signals;
    private final JobObservers observers;
    private final ChangeNews news;
    private final Runnable maintenance;
    private final Claims claims;
    private final Leases leases;
    private final JobInserter inserter;
    private final OutcomeApplier outcomes;
    private final NodeTimes times = new NodeTimes();
    private final FactQueries facts;
    private final JdbiInterventions interventions;

    /**
     * Creates a store.
     *
     * @param keys of the fingerprints that it stores
     * @param notifications sends messages to other nodes within the transaction of the change
     * @param signals called after the change
     * @param observers told after the change
     * @param minutes one of the observers, which counts the jobs that end on this node
     */
    JdbiJobStore(
            Transactions transactions,
            FingerprintKeys keys,
            Notifications notifications,
            WorkPolicy policy,
            JobSignals.Listener signals,
            JobObservers observers,
            EndedMinutes minutes) {
        this.transactions = transactions;
        this.dialect = notifications.dialect();
        this.signals = signals;
        this.observers = observers;
        this.maintenance = transactions.isCallerOwned()
                ? () -> {}
                : minutes.writtenAfter(dialect.maintenance(transactions), transactions, dialect);
        this.claims = dialect.claims();
        this.news = new ChangeNews(signals, observers, claims::isLimited);
        this.leases = new Leases(dialect, notifications);
        this.inserter = new JobInserter(dialect.writer(), policy, notifications, keys);
        this.outcomes = new OutcomeApplier(dialect, policy, notifications, keys);
        this.facts = new FactQueries(claims, times);
        this.interventions =
                new JdbiInterventions(transactions, inserter, outcomes, notifications, policy, signals, news);
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        Effect<ScheduleResult> effect = inserter.schedule(transactions, new ScheduleCommand(job, expected));
        if (effect.changed()) {
            news.stored(List.of(job));
        }
        return effect.result();
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        if (all.isEmpty()) {
            return List.of();
        }
        List<Optional<Effect<ScheduleResult>>> effects = inserter.scheduleNew(transactions, all);
        news.stored(IntStream.range(0, all.size())
                .filter(i -> effects.get(i).isPresent())
                .mapToObj(i -> all.get(i).job())
                .toList());
        return effects.stream().map(effect -> effect.map(Effect::result)).toList();
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return inserter.repeated(transactions, job);
    }

    @Override
    public Backlog backlog(Owner client, int max) {
        return transactions.call(handle -> dialect.writer().backlog(handle, client, max));
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return transactions.read(handle -> JobQueries.find(handle, reader, id), JobQueries::showsEnd);
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> keys) {
        return keys.isEmpty()
                ? List.of()
                : transactions.read(handle -> JobQueries.find(handle, keys), JobQueries::showsEnd);
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return transactions.call(handle -> JobQueries.recentDurations(handle, kind, max));
    }

    @Override
    public Interventions interventions() {
        return interventions;
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        observers.tell(observer -> observer.asked(claim.worker(), claim.kinds()));
        List<Claims.Taken> taken = claims.claim(transactions, claim);
        times.asked(claim.kinds());
        taken.forEach(one -> one.tell(observers, claim.lease()));
        return taken.stream().map(Claims.Taken::job).toList();
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        Effect<RenewResult> effect = leases.renew(transactions, id, token, extension);
        if (effect.changed()) {
            signals.jobChanged(id);
        }
        return effect.result();
    }

    @Override
    public Set<HeldLease> renewBatch(Set<HeldLease> held, Duration length) {
        return leases.renew(transactions, held, length);
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        Optional<JobKind> released = transactions.call(List.of(id), handle -> leases.release(handle, id, token));
        released.ifPresent(signals::workAvailable);
        return released.isPresent();
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return change(report.id(), handle -> outcomes.settle(handle, report));
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        List<Optional<Effect<SettleResult>>> effects = reports.isEmpty()
                ? List.of()
                : transactions
                        .callUnlessLocked(handle -> outcomes.settleUnlocked(handle, reports))
                        .orElseGet(() -> Collections.nCopies(reports.size(), Optional.empty()));
        effects.forEach(effect -> effect.ifPresent(news::settled));
        return effects.stream().map(effect -> effect.map(Effect::result)).toList();
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return change(id, handle -> outcomes.cancel(handle, owner, id));
    }

    /** Changes a job, and signals the change after it. */
    private SettleResult change(JobId id, HandleCallback<Effect<SettleResult>, RuntimeException> change) {
        Effect<SettleResult> effect = transactions.call(List.of(id), change);
        news.settled(effect);
        return effect.result();
    }

    @Override
    public JobPage list(JobFilter filter) {
        return transactions.call(handle -> JobQueries.list(handle, filter));
    }

    @Override
    public Optional<JobFacts> facts(@Nullable Owner owner, JobId id) {
        return transactions.call(handle -> facts.read(handle, owner, id));
    }

    @Override
    public int failSpent(int max) {
        List<JobWriter.Changed> ended = transactions.call(handle -> outcomes.failSpent(handle, max));
        times.housekept();
        ended.forEach(news::spent);
        return ended.size();
    }

    @Override
    public int forget(int max) {
        return transactions.call(handle -> dialect.forget(handle, max));
    }

    @Override
    public int pending(Owner owner, int max) {
        return transactions.call(handle -> JobQueries.pending(handle, owner, max));
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max) {
        return transactions.call(handle -> JobQueries.forget(handle, owner, endedBy, max));
    }

    @Override
    public void maintain() {
        maintenance.run();
        times.write(transactions, claims);
    }

    @Override
    public List<EndedMinute> endedMinutes(int last) {
        return transactions.call(handle -> EndedMinutes.last(handle, last));
    }

    @Override
    public List<Workload> workloads(int max) {
        return transactions.call(
                handle -> KindRows.markPaused(handle, dialect.writer().workloads(handle, max)));
    }

    @Override
    public List<WorkerLoad> workers(int max) {
        return transactions.call(handle -> dialect.writer().workers(handle, max));
    }

    @Override
    public void observe(JobObserver observer) {
        observers.add(observer);
    }

    @Override
    public Instant now() {
        transactions.requireRoom();
        return transactions.transact(handle -> {
            handle.execute(WRITE_NOTHING);
            return handle.createQuery("select <now>").mapTo(Instant.class).one();
        });
    }
}
