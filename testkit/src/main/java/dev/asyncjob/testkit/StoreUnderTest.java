package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.renewed;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Backoff;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The store under test, and what the rules of {@link JobStoreContract} share. */
public interface StoreUnderTest {
    /**
     * The defaults but 3 attempts, pauses of 1 min to 10 min, an hour of retention, two days of audit, and half an hour
     * of failed payloads.
     */
    WorkPolicy POLICY = WorkPolicy.defaults()
            .withMaxAttempts(3)
            .withBackoff(new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(10)))
            .withRetention(Duration.ofHours(1))
            .withAuditRetention(Duration.ofDays(2))
            .withFailedPayload(Duration.ofMinutes(30));

    /** How far a store's own clock may advance while a rule runs. */
    Duration TICKS = Duration.ofSeconds(20);

    /** The largest difference between instants that one intent reads from the clock. */
    Duration A_MOMENT = Duration.ofSeconds(5);

    /** The store of this test: empty when the test begins, opened with {@link #POLICY}, the same at every call. */
    JobStore store();

    /**
     * Advances the store's clock by {@code duration}: moves a settable clock, or else every stored and cached instant
     * into the past. A negative duration sets it back.
     */
    void timePasses(Duration duration);

    /**
     * The same jobs as another node sees them: a second store over the same storage, opened like the first; the store
     * itself where storage cannot be shared.
     */
    default JobStore otherNode() {
        return store();
    }

    // ---- Short forms

    default JobSnapshot read(NewJob job) {
        return store().find(job.owner(), job.id()).orElseThrow();
    }

    /** Schedules jobs in a batch, and alone the jobs that the batch left out. */
    default List<ScheduleResult> scheduleAll(List<NewJob> jobs) {
        List<Optional<ScheduleResult>> together = store().scheduleBatch(jobs.stream()
                .map(job -> new ScheduleCommand(job, EXPECTED))
                .toList());
        assertThat(together).hasSameSizeAs(jobs);
        return IntStream.range(0, jobs.size())
                .mapToObj(i -> together.get(i).orElseGet(() -> store().schedule(jobs.get(i), EXPECTED)))
                .toList();
    }

    /** Settles reports in a batch, and alone the reports that the batch left out. */
    default List<SettleResult> settleAll(List<OutcomeReport> reports) {
        List<Optional<SettleResult>> together = store().settleBatch(reports);
        assertThat(together).hasSameSizeAs(reports);
        return IntStream.range(0, reports.size())
                .mapToObj(i -> together.get(i).orElseGet(() -> settleAlone(reports.get(i))))
                .toList();
    }

    default SettleResult settleAlone(OutcomeReport report) {
        return store().settle(report);
    }

    default OutcomeReport report(ClaimedJob claimed, Outcome outcome) {
        return new OutcomeReport(claimed.job().id(), claimed.lease().token(), outcome);
    }

    default IdempotencyKey key(String key, String request) {
        return IdempotencyKey.of(Jobs.OWNER, key, request);
    }

    default List<JobId> schedule(int count) {
        return Stream.generate(Jobs::newJob)
                .limit(count)
                .peek(job -> accepted(store().schedule(job, EXPECTED)))
                .map(NewJob::id)
                .toList();
    }

    default List<ClaimedJob> claimUntilNone(int max) {
        List<ClaimedJob> all = new ArrayList<>();
        List<ClaimedJob> claimed = claimFrom(store(), max);
        while (!claimed.isEmpty()) {
            all.addAll(claimed);
            claimed = claimFrom(store(), max);
        }
        return all;
    }

    default Lease renew(ClaimedJob claimed, Duration length) {
        return renewed(store().renew(claimed.job().id(), claimed.lease().token(), LeaseExtension.of(length)));
    }

    default RenewResult renewal(ClaimedJob claimed) {
        return store().renew(claimed.job().id(), claimed.lease().token(), LeaseExtension.of(LEASE));
    }

    default void release(ClaimedJob claimed) {
        assertThat(store().release(claimed.job().id(), claimed.lease().token())).isTrue();
    }

    default AsyncJob.Pending pending(JobSnapshot snapshot) {
        return (AsyncJob.Pending) snapshot.job();
    }

    default Failure failureOf(JobSnapshot snapshot) {
        return ((AsyncJob.Failed) snapshot.job()).failure();
    }

    default List<JobId> ids(Collection<ClaimedJob> claimed) {
        return claimed.stream().map(job -> job.job().id()).toList();
    }

    default <T> List<T> together(int count, Callable<T> task) {
        return together(Collections.nCopies(count, task));
    }

    /** Runs the tasks concurrently, each in a thread of its own; the results are in their order. */
    default <T> List<T> together(List<? extends Callable<T>> tasks) {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        CountDownLatch ready = new CountDownLatch(tasks.size());
        try {
            List<Future<T>> futures = tasks.stream()
                    .map(task -> threads.submit(() -> {
                        ready.countDown();
                        ready.await();
                        return task.call();
                    }))
                    .toList();
            List<T> answers = new ArrayList<>();
            for (Future<T> future : futures) {
                answers.add(future.get(60, SECONDS));
            }
            return answers;
        } catch (Exception e) {
            throw new AssertionError("a concurrent task failed", e);
        } finally {
            threads.shutdownNow();
        }
    }
}
