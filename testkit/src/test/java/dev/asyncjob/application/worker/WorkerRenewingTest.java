package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.UnreliableJobStore.Intent;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.Jobs;
import java.util.Map;
import java.util.Objects;
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
