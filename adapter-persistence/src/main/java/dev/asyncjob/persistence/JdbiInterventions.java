package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * The interventions of operators, each a transaction with its row in the audit. Safe for use from any thread.
 *
 * <p>Claims read the rows that are written here; see {@link PostgresClaims}. What a claim could take afterwards is
 * signalled to all nodes.
 */
final class JdbiInterventions implements Interventions {
    private static final String LOCK = "select 1 from asyncjob.kind where kind = :kind for update";

    private static final String INSERT = "insert into asyncjob.kind (kind) values (:kind)";

    private static final String PAUSE = """
            update asyncjob.kind set paused_since = <now>, paused_by = :by, pause_reason = :reason
            where kind = :kind and paused_since is null
            """;

    private static final String RESUME = """
            update asyncjob.kind set paused_since = null, paused_by = null, pause_reason = null
            where kind = :kind and paused_since is not null
            """;

    private static final String LIMIT = """
            update asyncjob.kind set running_limit = cast(:limit as integer)
            where kind = :kind and running_limit is distinct from cast(:limit as integer)
            """;

    private final Transactions transactions;
    private final JobInserter inserter;
    private final OutcomeApplier outcomes;
    private final Notifications notifications;
    private final JobSignals.Listener signals;
    private final ChangeNews news;
    private final AuditRows audit;

    JdbiInterventions(
            Transactions transactions,
            JobInserter inserter,
            OutcomeApplier outcomes,
            Notifications notifications,
            WorkPolicy policy,
            JobSignals.Listener signals,
            ChangeNews news) {
        this.transactions = transactions;
        this.inserter = inserter;
        this.outcomes = outcomes;
        this.notifications = notifications;
        this.signals = signals;
        this.news = news;
        this.audit = new AuditRows(policy.auditRetention());
    }

    @Override
    public List<KindState> kinds() {
        return transactions.call(KindRows::list);
    }

    @Override
    public KindState pause(JobKind kind, @Nullable String reason, Intervention by) {
        return transactions.transact(handle -> {
            ensure(handle, kind);
            Update pause =
                    handle.createUpdate(PAUSE).bind("by", by.by().value()).bind("reason", reason);
            return change(handle, pause, kind, AuditEntry.Action.PAUSE, reason, by);
        });
    }

    @Override
    public KindState resume(JobKind kind, Intervention by) {
        KindState state = transactions.transact(handle -> {
            notifications.send(handle, notifications.work(Stream.of(kind)));
            return change(handle, handle.createUpdate(RESUME), kind, AuditEntry.Action.RESUME, null, by);
        });
        signals.workAvailable(kind);
        return state;
    }

    @Override
    public KindState limit(JobKind kind, @Nullable Integer running, Intervention by) {
        KindState wanted = KindState.of(kind).withLimit(running); // judges the number
        KindState state = transactions.transact(handle -> {
            notifications.send(handle, notifications.work(Stream.of(kind)));
            Update limit = handle.createUpdate(LIMIT).bind("limit", wanted.limit());
            if (running == null) {
                return change(handle, limit, kind, AuditEntry.Action.UNLIMIT, null, by);
            }
            ensure(handle, kind);
            return change(handle, limit, kind, AuditEntry.Action.LIMIT, running.toString(), by);
        });
        signals.workAvailable(kind);
        return state;
    }

    /** Locks the row of a kind, so that it is not forgotten meanwhile; two inserts collide, and one is repeated. */
    private static void ensure(Handle handle, JobKind kind) {
        boolean known = handle.createQuery(LOCK)
                .bind("kind", kind.value())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
        if (!known) {
            handle.createUpdate(INSERT).bind("kind", kind.value()).execute();
        }
    }

    private KindState change(
            Handle handle,
            Update update,
            JobKind kind,
            AuditEntry.Action action,
            @Nullable String detail,
            Intervention by) {
        int changed = update.bind("kind", kind.value()).execute();
        audit.add(handle, by, action, kind.value(), detail, changed);
        return KindRows.read(handle, kind);
    }

    @Override
    public SettleResult cancel(JobId id, Intervention by) {
        Effect<SettleResult> effect = transactions.transact(List.of(id), handle -> {
            Effect<SettleResult> cancelled = outcomes.cancel(handle, null, id);
            if (cancelled.changed()
                    && cancelled.result() instanceof SettleResult.Accepted accepted
                    && !accepted.job().job().owner().equals(by.by())) {
                audit.add(handle, by, AuditEntry.Action.CANCEL, id.toString(), null, 1);
            }
            return cancelled;
        });
        news.settled(effect);
        return effect.result();
    }

    @Override
    public RetryResult retry(Retry retry, Duration expected, Intervention by) {
        IdempotencyKey key = retry.key();
        List<Object> names = key == null ? List.of(retry.id()) : List.of(retry.id(), key.value());
        Optional<Effect<RetryResult>> effect = Optional.empty();
        while (effect.isEmpty()) { // repeats only if another call inserts or deletes the key between lookup and insert
            effect = transactions.transact(names, handle -> retry(handle, retry, expected, by));
        }
        RetryResult result = effect.get().result();
        if (effect.get().changed() && result instanceof RetryResult.Accepted accepted) {
            news.stored(accepted.job().job().kind());
        }
        return result;
    }

    private Optional<Effect<RetryResult>> retry(Handle handle, Retry retry, Duration expected, Intervention by) {
        Retry.Old old = FailedWork.find(handle, retry.of()).orElse(null);
        if (old == null) {
            return Optional.of(new Effect<>(new RetryResult.Unknown(), false));
        }
        NewJob job = retry.newJob(old, by.by());
        boolean kept = old.work() != null;
        Effect<ScheduleResult> scheduled = inserter.schedule(handle, new ScheduleCommand(job, expected), kept)
                .orElse(null);
        if (scheduled == null) {
            return kept ? Optional.empty() : Optional.of(new Effect<>(old.refusal(), false));
        }
        if (scheduled.changed()) {
            FailedWork.mark(handle, List.of(job));
            String id = retry.of().toString();
            audit.add(handle, by, AuditEntry.Action.RETRY, id, retry.id().toString(), 1);
        }
        return Optional.of(new Effect<>(RetryResult.of(scheduled.result()), scheduled.changed()));
    }

    @Override
    public Bulk.Preview preview(Bulk bulk) {
        return transactions.call(handle -> BulkQueries.preview(handle, bulk));
    }

    @Override
    public int notKept(Bulk bulk) {
        return transactions.call(handle -> BulkQueries.countNotKept(handle, bulk));
    }

    @Override
    public List<Bulk.Candidate> select(Bulk bulk, JobFilter.@Nullable Place after, int max) {
        return transactions.call(handle -> BulkQueries.select(handle, bulk, after, max));
    }

    @Override
    public Bulk.Step cancel(List<JobId> jobs, Bulk bulk, Intervention by) {
        Optional<List<Optional<Effect<SettleResult>>>> done = transactions.transactUnlessLocked(handle -> {
            List<Optional<Effect<SettleResult>>> cancelled = outcomes.cancelUnlocked(handle, jobs);
            audit.add(handle, by, bulk.action().audited(), bulk.subject(), null, changed(cancelled));
            return cancelled;
        });
        if (done.isEmpty()) {
            return new Bulk.Step(0, jobs.size());
        }
        List<Optional<Effect<SettleResult>>> effects = done.get();
        effects.forEach(effect -> effect.ifPresent(news::settled));
        int left = (int) effects.stream().filter(Optional::isEmpty).count();
        return new Bulk.Step(changed(effects), left);
    }

    private static int changed(List<Optional<Effect<SettleResult>>> effects) {
        return (int) effects.stream()
                .filter(effect -> effect.map(Effect::changed).orElse(false))
                .count();
    }

    @Override
    public Bulk.Step retry(List<Retry> retries, Map<JobKind, Duration> expected, Bulk bulk, Intervention by) {
        int within = transactions.call(handle ->
                FailedWork.within(handle, retries.stream().map(Retry::of).toList(), Claim.MAX_PAYLOAD));
        List<NewJob> stored = transactions.transact(handle -> {
            List<NewJob> jobs = insert(handle, retries.subList(0, within), expected, by);
            audit.add(handle, by, bulk.action().audited(), bulk.subject(), null, jobs.size());
            return jobs;
        });
        news.stored(stored);
        return new Bulk.Step(stored.size(), retries.size() - within);
    }

    private List<NewJob> insert(Handle handle, List<Retry> retries, Map<JobKind, Duration> expected, Intervention by) {
        Map<JobId, Retry> byOld = retries.stream().collect(Collectors.toMap(Retry::of, Function.identity()));
        List<NewJob> jobs = FailedWork.take(
                        handle, retries.stream().map(Retry::of).toList())
                .stream()
                .map(old -> Objects.requireNonNull(
                                byOld.get(old.snapshot().job().id()))
                        .newJob(old, by.by()))
                .toList();
        if (jobs.isEmpty()) {
            return jobs;
        }
        List<ScheduleCommand> commands = jobs.stream()
                .map(job -> new ScheduleCommand(job, Objects.requireNonNull(expected.get(job.kind()))))
                .toList();
        List<Optional<Effect<ScheduleResult>>> effects = inserter.scheduleNew(handle, commands, one -> true);
        List<NewJob> inserted = IntStream.range(0, jobs.size())
                .filter(i -> effects.get(i).isPresent())
                .mapToObj(jobs::get)
                .toList();
        FailedWork.mark(handle, inserted);
        return inserted;
    }

    @Override
    public int forgetPayloads(int max) {
        return transactions.call(handle -> FailedWork.forget(handle, max));
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max, Intervention by) {
        return transactions.transact(handle -> {
            int forgotten = JobQueries.forget(handle, owner, endedBy, max);
            audit.add(handle, by, AuditEntry.Action.ERASE, owner.value(), null, forgotten);
            return forgotten;
        });
    }

    @Override
    public AuditEntry.Page audit(AuditEntry.@Nullable Place after, int limit) {
        return transactions.call(handle -> AuditRows.page(handle, after, limit));
    }

    @Override
    public int forgetAudit(int max) {
        return transactions.call(handle -> audit.forget(handle, max));
    }
}
