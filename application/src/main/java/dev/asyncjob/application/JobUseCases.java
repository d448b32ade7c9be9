package dev.asyncjob.application;

import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Forecast;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The inbound ports over a {@link JobStore}, which holds the jobs and the clock.
 *
 * <p>Jobs that many threads schedule at the same time go to the store in batches, and so do outcomes. A subclass may
 * decorate single methods. Safe for use from any thread.
 */
public class JobUseCases
        implements JobReader, JobProducer, JobEraser, WorkQueue, KindAdministration, BulkAdministration {
    /** Jobs or outcomes in one call of the store at most. */
    private static final int MAX_BATCH = 200;

    /** Jobs in one call of the store that forgets those of an owner. */
    private static final int ERASED_AT_ONCE = 500;

    private final JobStore store;
    private final Forecasts forecasts;
    private final Quotas quotas;
    private final BulkChanges bulks;
    private final Batcher<ScheduleCommand, ScheduleResult> schedules;
    private final Batcher<OutcomeReport, SettleResult> outcomes;

    /**
     * For subclasses; others use {@link #over}.
     *
     * @param store the jobs
     * @param policy its expected duration holds for kinds of which too few jobs have ended; its quota for each client
     */
    protected JobUseCases(JobStore store, WorkPolicy policy) {
        this(store, policy, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    protected JobUseCases(JobStore store, WorkPolicy policy, Execution execution) {
        this.store = store;
        this.forecasts = new Forecasts(store, new Forecast(Forecast.SHARE, policy.expectedDuration()), execution);
        this.quotas = new Quotas(store, policy.quota(), execution);
        this.bulks = new BulkChanges(store, forecasts, execution);
        this.schedules = new Batcher<>(
                MAX_BATCH, store::scheduleBatch, one -> store.schedule(one.job(), one.expected()), execution);
        this.outcomes = new Batcher<>(MAX_BATCH, store::settleBatch, store::settle, execution);
    }

    /**
     * The ports over a store.
     *
     * @param policy gives the expected duration of kinds of which too few jobs have ended, and the quota of each client
     */
    public static JobUseCases over(JobStore store, WorkPolicy policy) {
        return new JobUseCases(store, policy);
    }

    /**
     * Whether a call of the store did not come back a few seconds ago, and none of its kind has since: its thread and
     * connection are lost, and the node should get no more requests.
     */
    public boolean isLosingCalls() {
        return schedules.isLosingCalls() || outcomes.isLosingCalls();
    }

    @Override
    public Optional<JobSnapshot> status(Owner reader, JobId id) {
        return store.find(reader, id);
    }

    @Override
    public List<JobSnapshot> statuses(Set<JobKey> keys) {
        return store.find(keys);
    }

    @Override
    public JobPage list(JobFilter filter) {
        return store.list(filter);
    }

    @Override
    public Optional<JobFacts> facts(@Nullable Owner owner, JobId id) {
        return store.facts(owner, id);
    }

    @Override
    public ScheduleResult schedule(NewJob job) {
        return refusal(job).orElseGet(() -> schedules.answerTo(command(job)));
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return store.repeated(job);
    }

    @Override
    public List<ScheduleResult> scheduleAll(List<NewJob> jobs) {
        List<Optional<ScheduleResult>> refusals =
                jobs.stream().map(this::refusal).toList();
        Iterator<EntryResult<ScheduleResult>> others = schedules
                .answersTo(IntStream.range(0, jobs.size())
                        .filter(i -> refusals.get(i).isEmpty())
                        .mapToObj(i -> command(jobs.get(i)))
                        .toList())
                .iterator();
        return refusals.stream()
                .map(refusal -> refusal.orElseGet(() -> others.next().orThrow()))
                .toList();
    }

    /** Refuses a job above the quota of its client, unless it was scheduled before. */
    private Optional<ScheduleResult> refusal(NewJob job) {
        return quotas.refuse(job).map(refusal -> store.repeated(job).orElse(refusal));
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return store.cancel(owner, id);
    }

    @Override
    public SettleResult cancel(JobId id, Intervention by) {
        return store.interventions().cancel(id, by);
    }

    @Override
    public RetryResult retry(Retry retry, Intervention by) {
        Optional<JobFacts> old = store.facts(null, retry.of()); // its kind, for the forecast
        return old.map(facts -> facts.entry().snapshot().job().kind())
                .map(kind -> store.interventions().retry(retry, forecasts.of(kind), by))
                .orElseGet(RetryResult.Unknown::new);
    }

    @Override
    public Bulk.Preview preview(Bulk bulk) {
        return bulks.preview(bulk);
    }

    @Override
    public Bulk.Result change(Bulk bulk, Supplier<JobId> ids, Intervention by) {
        return bulks.change(bulk, ids, by);
    }

    @Override
    public List<KindState> kinds() {
        return store.interventions().kinds();
    }

    @Override
    public KindState pause(JobKind kind, @Nullable String reason, Intervention by) {
        return store.interventions().pause(kind, reason, by);
    }

    @Override
    public KindState resume(JobKind kind, Intervention by) {
        return store.interventions().resume(kind, by);
    }

    @Override
    public KindState limit(JobKind kind, @Nullable Integer running, Intervention by) {
        return store.interventions().limit(kind, running, by);
    }

    @Override
    public AuditEntry.Page audit(AuditEntry.@Nullable Place after, int limit) {
        return store.interventions().audit(after, limit);
    }

    @Override
    public Erasure erase(Owner owner) {
        return erase(owner, begin -> store.forget(owner, begin, ERASED_AT_ONCE));
    }

    @Override
    public Erasure erase(Owner owner, Intervention by) {
        return erase(owner, begin -> store.interventions().forget(owner, begin, ERASED_AT_ONCE, by));
    }

    private Erasure erase(Owner owner, ToIntFunction<Instant> batch) {
        Instant begin = store.now();
        int pending = store.pending(owner, Backlog.MAX_JOBS);
        if (pending > 0) {
            return new Erasure(0, pending);
        }
        long forgotten = 0;
        int step;
        do { // until none is left: another call for the same owner may take a part of each batch
            step = batch.applyAsInt(begin);
            forgotten += step;
        } while (step > 0);
        return new Erasure(forgotten, 0);
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return store.claim(claim);
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        return store.renew(id, token, extension);
    }

    @Override
    public Set<HeldLease> renewAll(Set<HeldLease> leases, Duration length) {
        return store.renewBatch(leases, length);
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return store.release(id, token);
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return outcomes.answerTo(report);
    }

    @Override
    public List<EntryResult<SettleResult>> settleAll(List<OutcomeReport> reports) {
        return outcomes.answersTo(reports);
    }

    private ScheduleCommand command(NewJob job) {
        return new ScheduleCommand(job, forecasts.of(job.kind()));
    }
}
