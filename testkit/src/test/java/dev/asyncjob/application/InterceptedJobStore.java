package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
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
import dev.asyncjob.testkit.ForwardingJobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store whose calls pass a method of a subclass. */
public abstract class InterceptedJobStore extends ForwardingJobStore {
    /** What a call wants. */
    public enum Intent {
        SCHEDULE,
        FIND,
        FIND_ALL,
        RECENT,
        CLAIM,
        RENEW,
        RELEASE,
        SETTLE,
        CANCEL,
        LIST,
        FAIL_SPENT,
        FORGET,
        ERASE,
        MAINTAIN,
        NOW,
        OTHER
    }

    /** Forwards to {@code store}. */
    protected InterceptedJobStore(JobStore store) {
        super(store);
    }

    /** Makes a call, or does something else. */
    protected abstract <T> T call(Intent intent, Supplier<T> answer);

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        return call(Intent.SCHEDULE, () -> super.schedule(job, expected));
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return call(Intent.SCHEDULE, () -> super.scheduleBatch(all));
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return call(Intent.OTHER, () -> super.repeated(job));
    }

    @Override
    public Backlog backlog(Owner client, int max) {
        return call(Intent.OTHER, () -> super.backlog(client, max));
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return call(Intent.FIND, () -> super.find(reader, id));
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> keys) {
        return call(Intent.FIND_ALL, () -> super.find(keys));
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return call(Intent.RECENT, () -> super.recentDurations(kind, max));
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return call(Intent.CLAIM, () -> super.claim(claim));
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        return call(Intent.RENEW, () -> super.renew(id, token, extension));
    }

    @Override
    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        return call(Intent.RENEW, () -> super.renewBatch(leases, length));
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return call(Intent.RELEASE, () -> super.release(id, token));
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return call(Intent.SETTLE, () -> super.settle(report));
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return call(Intent.SETTLE, () -> super.settleBatch(reports));
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return call(Intent.CANCEL, () -> super.cancel(owner, id));
    }

    @Override
    public JobPage list(JobFilter filter) {
        return call(Intent.LIST, () -> super.list(filter));
    }

    @Override
    public int failSpent(int max) {
        return call(Intent.FAIL_SPENT, () -> super.failSpent(max));
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max) {
        return call(Intent.ERASE, () -> super.forget(owner, endedBy, max));
    }

    @Override
    public int forget(int max) {
        return call(Intent.FORGET, () -> super.forget(max));
    }

    @Override
    public void maintain() {
        var unused = call(Intent.MAINTAIN, () -> {
            super.maintain();
            return true;
        });
    }

    @Override
    public Instant now() {
        return call(Intent.NOW, super::now);
    }
}
