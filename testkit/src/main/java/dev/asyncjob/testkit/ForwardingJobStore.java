package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobObserver;
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
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Passes every call on to another store; a test overrides the methods that it observes or lets fail. */
public abstract class ForwardingJobStore implements JobStore {
    private final JobStore store;

    /** Forwards to {@code store}. */
    protected ForwardingJobStore(JobStore store) {
        this.store = store;
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        return store.schedule(job, expected);
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return store.scheduleBatch(all);
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return store.repeated(job);
    }

    @Override
    public Backlog backlog(Owner client, int max) {
        return store.backlog(client, max);
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return store.find(reader, id);
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> asked) {
        return store.find(asked);
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return store.recentDurations(kind, max);
    }

    @Override
    public Interventions interventions() {
        return store.interventions();
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
    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        return store.renewBatch(leases, length);
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return store.release(id, token);
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return store.settle(report);
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return store.settleBatch(reports);
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return store.cancel(owner, id);
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
    public int failSpent(int max) {
        return store.failSpent(max);
    }

    @Override
    public int forget(int max) {
        return store.forget(max);
    }

    @Override
    public int pending(Owner owner, int max) {
        return store.pending(owner, max);
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max) {
        return store.forget(owner, endedBy, max);
    }

    @Override
    public void maintain() {
        store.maintain();
    }

    @Override
    public List<Workload> workloads(int max) {
        return store.workloads(max);
    }

    @Override
    public List<WorkerLoad> workers(int max) {
        return store.workers(max);
    }

    @Override
    public List<EndedMinute> endedMinutes(int minutes) {
        return store.endedMinutes(minutes);
    }

    @Override
    public void observe(JobObserver observer) {
        store.observe(observer);
    }

    @Override
    public Instant now() {
        return store.now();
    }
}
