package dev.asyncjob.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
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

/** A store that fails when a test asks it to, and tells when it was asked. Safe for use from any thread. */
public final class UnreliableJobStore implements JobStore {
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
        NOW
    }

    /** What happens before an intent is carried out. */
    @FunctionalInterface
    public interface Hook {
        void run() throws InterruptedException;
    }

    private final JobStore store;
    private final Map<Intent, Hook> hooks = new ConcurrentHashMap<>();
    private final Map<Intent, Semaphore> answered = new EnumMap<>(Intent.class);

    public UnreliableJobStore(JobStore store) {
        this.store = store;
        for (Intent intent : Intent.values()) {
            answered.put(intent, new Semaphore(0));
        }
    }

    /** Cannot be reached for this intent, until told otherwise. */
    public void breakDown(Intent intent) {
        breakDown(intent, Integer.MAX_VALUE, new StoreUnavailable(new IOException("down on purpose")));
    }

    /** Throws at the next {@code times} calls. */
    public void breakDown(Intent intent, int times, RuntimeException fault) {
        AtomicInteger left = new AtomicInteger(times);
        beforeEach(intent, () -> {
            if (left.getAndDecrement() > 0) {
                throw fault;
            }
        });
    }

    /** Works again. */
    public void recover(Intent intent) {
        beforeEach(intent, () -> {});
    }

    /** Runs the hook in the caller's thread before each call. */
    public void beforeEach(Intent intent, Hook hook) {
        hooks.put(intent, hook);
    }

    /** Waits until the intent was answered, or failed, as many times since somebody last waited for it. */
    public void awaitAnswers(Intent intent, int times) throws InterruptedException {
        assertThat(semaphore(intent).tryAcquire(times, 30, TimeUnit.SECONDS))
                .as("asked to %s", intent)
                .isTrue();
    }

    /** Waits until the intent was asked for and answered, or failed, from now on. */
    public void awaitFreshAnswer(Intent intent) throws InterruptedException {
        semaphore(intent).drainPermits();
        awaitAnswers(intent, 2); // the first may have been asked for before
    }

    /** Whether the intent was asked for since somebody waited for it. */
    public boolean wasAsked(Intent intent) {
        return semaphore(intent).availablePermits() > 0;
    }

    /** How often the intent was asked for since somebody waited for it. */
    public int countOf(Intent intent) {
        return semaphore(intent).availablePermits();
    }

    private Semaphore semaphore(Intent intent) {
        return Optional.ofNullable(answered.get(intent)).orElseThrow();
    }

    private <T> T ask(Intent intent, Supplier<T> answer) {
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
        return ask(Intent.SCHEDULE, () -> store.schedule(job, expected));
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return ask(Intent.SCHEDULE, () -> store.scheduleBatch(all));
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return ask(Intent.FIND, () -> store.find(reader, id));
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> asked) {
        return ask(Intent.FIND_ALL, () -> store.find(asked));
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return ask(Intent.RECENT, () -> store.recentDurations(kind, max));
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return ask(Intent.CLAIM, () -> store.claim(claim));
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        return ask(Intent.RENEW, () -> store.renew(id, token, extension));
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return ask(Intent.RELEASE, () -> store.release(id, token));
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return ask(Intent.SETTLE, () -> store.settle(report));
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return ask(Intent.SETTLE, () -> store.settleBatch(reports));
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return ask(Intent.CANCEL, () -> store.cancel(owner, id));
    }

    @Override
    public JobPage list(JobFilter filter) {
        return ask(Intent.LIST, () -> store.list(filter));
    }

    @Override
    public int failSpent(int max) {
        return ask(Intent.FAIL_SPENT, () -> store.failSpent(max));
    }

    @Override
    public int forget(int max) {
        return ask(Intent.FORGET, () -> store.forget(max));
    }

    @Override
    public Instant now() {
        return ask(Intent.NOW, store::now);
    }
}
