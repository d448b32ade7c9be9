package dev.asyncjob.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
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
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store whose calls a test observes and lets fail. Safe for use from any thread. */
public final class UnreliableJobStore extends ForwardingJobStore {
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
        NOW
    }

    /** Runs before a call. */
    @FunctionalInterface
    public interface Hook {
        void run() throws InterruptedException;
    }

    private final Map<Intent, Hook> hooks = new ConcurrentHashMap<>();
    private final Map<Intent, Semaphore> calls = new EnumMap<>(Intent.class);

    public UnreliableJobStore(JobStore store) {
        super(store);
        for (Intent intent : Intent.values()) {
            calls.put(intent, new Semaphore(0));
        }
    }

    /** Makes the intent fail as unavailable until {@link #recover}. */
    public void breakDown(Intent intent) {
        breakDown(intent, Integer.MAX_VALUE, new StoreUnavailable(new IOException("down on purpose")));
    }

    /** Makes the next {@code times} calls throw {@code fault}. */
    public void breakDown(Intent intent, int times, RuntimeException fault) {
        AtomicInteger left = new AtomicInteger(times);
        beforeEach(intent, () -> {
            if (left.getAndDecrement() > 0) {
                throw fault;
            }
        });
    }

    /** Lets the intent work again. */
    public void recover(Intent intent) {
        beforeEach(intent, () -> {});
    }

    /** Runs the hook in the caller's thread before each call. */
    public void beforeEach(Intent intent, Hook hook) {
        hooks.put(intent, hook);
    }

    /** Waits until the intent was called so many times since the last wait for it, and has returned or failed. */
    public void awaitCalls(Intent intent, int times) throws InterruptedException {
        assertThat(semaphore(intent).tryAcquire(times, 30, TimeUnit.SECONDS))
                .as("called %s", intent)
                .isTrue();
    }

    /** Waits until the intent was called from now on, and has returned or failed. */
    public void awaitFreshCall(Intent intent) throws InterruptedException {
        semaphore(intent).drainPermits();
        awaitCalls(intent, 2); // the first may have begun before
    }

    /** Whether the intent was called since the last wait for it. */
    public boolean wasCalled(Intent intent) {
        return semaphore(intent).availablePermits() > 0;
    }

    /** How often the intent was called since the last wait for it. */
    public int countOf(Intent intent) {
        return semaphore(intent).availablePermits();
    }

    private Semaphore semaphore(Intent intent) {
        return Optional.ofNullable(calls.get(intent)).orElseThrow();
    }

    private <T> T call(Intent intent, Supplier<T> answer) {
        try {
            hooks.getOrDefault(intent, () -> {}).run();
            return answer.get();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted inside the store", e);
        } finally {
            semaphore(intent).release();
        }
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        return call(Intent.SCHEDULE, () -> super.schedule(job, expected));
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return call(Intent.SCHEDULE, () -> super.scheduleBatch(all));
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
