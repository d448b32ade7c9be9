package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} renews leases, and what it does when one is lost. */
class WorkerRenewingTest extends WorkerFixture {
    @Test
    void the_lease_is_kept_alive_while_a_long_handler_runs() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        worker(waitingForGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        for (int i = 0; i < 5; i++) {
            clock.advance(LEASE.dividedBy(2).plusSeconds(1));
            store.awaitFreshCall(Intent.RENEW);
            assertThat(claimFrom(memory, 1)).isEmpty();
        }
        gate.countDown();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_renewal_that_fails_affects_neither_the_handler_nor_later_renewals() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        store.breakDown(Intent.RENEW, 1, new IllegalStateException("broken on purpose"));
        worker(waitingForGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.awaitFreshCall(Intent.RENEW);

        store.breakDown(Intent.RENEW);
        store.awaitFreshCall(Intent.RENEW);
        store.recover(Intent.RENEW);
        clock.advance(LEASE);
        store.awaitFreshCall(Intent.RENEW);

        assertThat(claimFrom(memory, 1)).isEmpty();
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_lease_that_cannot_be_renewed_does_not_keep_others_from_being_renewed() throws InterruptedException {
        CompletableFuture<JobId> locked = new CompletableFuture<>(); // by another transaction; the first to be renewed
        Map<JobId, CountDownLatch> renewals = new ConcurrentHashMap<>();
        for (int i = 0; i < SETTINGS.concurrency(); i++) {
            renewals.put(schedule(newJob()).id(), new CountDownLatch(3));
        }
        JobUseCases partly = JobUseCases.over(
                new ForwardingJobStore(store) {
                    @Override
                    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
                        return Set.of(); // all are left to single renewals
                    }

                    @Override
                    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
                        locked.complete(id);
                        if (id.equals(locked.join())) {
                            throw new StoreUnavailable(new TimeoutException("locked on purpose"));
                        }
                        Objects.requireNonNull(renewals.get(id)).countDown();
                        return super.renew(id, token, extension);
                    }
                },
                POLICY);
        Semaphore started = new Semaphore(0);
        JobWorker worker = new JobWorker(partly, signals, Map.of(KIND, waitingForGate(started)), SETTINGS);
        workers.add(worker);
        worker.start();
        assertThat(started.tryAcquire(SETTINGS.concurrency(), 30, SECONDS)).isTrue();

        renewals.remove(locked.join());
        for (CountDownLatch renewed : renewals.values()) {
            assertThat(renewed.await(10, SECONDS)).as("renewed three times").isTrue();
        }
    }

    @Test
    void leases_are_renewed_together() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        Semaphore together = new Semaphore(0);
        JobUseCases counted = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
                        if (leases.size() == SETTINGS.concurrency()) {
                            together.release();
                        }
                        return super.renewBatch(leases, length);
                    }

                    @Override
                    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
                        throw new AssertionError("no single renewal is needed");
                    }
                },
                POLICY);
        scheduleMany(SETTINGS.concurrency());
        JobWorker worker = new JobWorker(counted, signals, Map.of(KIND, waitingForGate(started)), SETTINGS);
        workers.add(worker);
        worker.start();

        assertThat(together.tryAcquire(2, 30, SECONDS)).isTrue();
    }

    @Test
    void a_lease_whose_outcome_is_being_settled_is_renewed_only_when_it_is_old() {
        Set<HeldLease> renewed = ConcurrentHashMap.newKeySet();
        JobUseCases recorded = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
                        renewed.addAll(leases);
                        return super.renewBatch(leases, length);
                    }
                },
                POLICY);
        schedule(newJob());
        Attempt attempt =
                new Attempt(recorded, job -> Jobs.DONE, claimFrom(memory, 1).get(0), Execution.JVM, stated -> {});
        RunningAttempts attempts = new RunningAttempts(recorded);
        WorkerSettings rarely = new WorkerSettings(
                SETTINGS.name(), 1, LEASE, LEASE.minusNanos(1), LEASE, LEASE, LEASE); // every lease is old
        attempts.add(attempt);
        assertThat(attempts.renewAll(SETTINGS)).isEqualTo(1);
        assertThat(renewed).as("before the handler ends").containsExactly(attempt.lease());
        renewed.clear();

        assertThat(attempt.run()).isPresent();
        assertThat(attempts.renewAll(SETTINGS)).isZero();
        assertThat(renewed).isEmpty();
        assertThat(attempts.renewAll(rarely)).isEqualTo(1);
        assertThat(renewed).containsExactly(attempt.lease());
    }

    @Test
    void a_lease_whose_outcome_was_settled_during_the_renewals_is_not_renewed_alone() {
        schedule(newJob());
        Set<JobId> alone = ConcurrentHashMap.newKeySet();
        CompletableFuture<Attempt> settled = new CompletableFuture<>();
        CompletableFuture<RunningAttempts> attempts = new CompletableFuture<>();
        JobUseCases settling = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
                        attempts.join().remove(settled.join());
                        return Set.of();
                    }

                    @Override
                    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
                        alone.add(id);
                        return super.renew(id, token, extension);
                    }
                },
                POLICY);
        Attempt attempt =
                new Attempt(settling, job -> Jobs.DONE, claimFrom(memory, 1).get(0), Execution.JVM, stated -> {});
        settled.complete(attempt);
        attempts.complete(new RunningAttempts(settling));
        attempts.join().add(attempt);

        assertThat(attempts.join().renewAll(SETTINGS)).isNotNegative();
        assertThat(alone).isEmpty();
    }

    @Test
    void no_more_jobs_are_held_than_can_be_renewed_in_time() {
        Semaphore untried = new Semaphore(0);
        ClaimCapacity capacity = new ClaimCapacity(1000, () -> 0, () -> {}, untried::release, Execution.JVM);
        assertThat(capacity.now()).as("before the first renewals").isEqualTo(Claim.MAX_JOBS);
        capacity.claimed(Claim.MAX_JOBS);
        assertThat(untried.availablePermits()).isZero();

        assertThat(capacity.now()).isZero();
        assertThat(untried.availablePermits()).as("asks for renewals").isEqualTo(1);

        capacity.renewed(200, Duration.ofMillis(50), Duration.ofSeconds(10));
        assertThat(capacity.now()).as("after quick renewals").isEqualTo(600);

        capacity.renewed(200, Duration.ofSeconds(5), Duration.ofSeconds(10));
        assertThat(capacity.now()).as("after slow renewals").isZero();
        for (int i = 0; i < 101; i++) {
            capacity.handlerEnded();
        }
        assertThat(capacity.now())
                .as("100 leases take a quarter of the interval")
                .isEqualTo(1);
        assertThat(untried.availablePermits()).isEqualTo(1);
    }

    @Test
    void a_pause_while_nothing_is_held_limits_no_claim() {
        ClaimCapacity capacity = new ClaimCapacity(4, () -> 0, () -> {}, () -> {}, Execution.JVM);

        capacity.renewed(0, Duration.ofSeconds(5), Duration.ofSeconds(10));

        assertThat(capacity.now()).isEqualTo(4);
    }

    @Test
    void a_lost_lease_interrupts_the_handler_and_its_outcome_is_ignored() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(claimed -> {
            started.countDown();
            try {
                assertThat(gate.await(30, SECONDS)).isTrue();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return Outcome.failed(new Failure("from the worker that lost the lease"));
        });
        worker.start();
        assertThat(started.await(30, SECONDS)).isTrue();

        ClaimedJob stolen = stealFromWorker(job);

        assertThat(interrupted.await(30, SECONDS)).isTrue();
        worker.close();
        assertThat(store.wasCalled(Intent.SETTLE)).isFalse();
        assertThat(accepted(settle(memory, stolen, Jobs.DONE)).job()).isEqualTo(read(job));
    }

    @Test
    void a_cancelled_job_interrupts_its_handler_and_its_outcome_is_ignored() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(claimed -> {
            started.countDown();
            try {
                assertThat(gate.await(30, SECONDS)).isTrue();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return Jobs.DONE;
        });
        worker.start();
        assertThat(started.await(30, SECONDS)).isTrue();

        accepted(memory.cancel(OWNER, job.id()));

        assertThat(interrupted.await(30, SECONDS)).isTrue();
        worker.close();
        assertThat(store.wasCalled(Intent.SETTLE)).isFalse();
        assertThat(failureOf(job)).isEqualTo("cancelled");
    }
}
