package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.Closing;
import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} starts and stops. */
class WorkerStoppingTest extends WorkerFixture {
    @Test
    void closing_releases_jobs_claimed_ahead_at_once() throws InterruptedException {
        AtomicInteger handled = new AtomicInteger();
        Semaphore stuck = new Semaphore(0);
        scheduleMany(400);
        JobWorker worker = worker(
                claimed -> {
                    if (handled.incrementAndGet() > 200) {
                        stuck.release();
                        assertThat(gate.await(30, SECONDS)).isTrue();
                    }
                    return Jobs.DONE;
                },
                SETTINGS.withStopTimeout(Duration.ZERO),
                signals);
        worker.start();
        assertThat(stuck.tryAcquire(SETTINGS.concurrency(), 30, SECONDS)).isTrue();

        worker.close();

        assertThat(claimFrom(memory, 200)).hasSize(200);
    }

    @Test
    void no_thread_exists_before_the_start_nor_after_the_close() throws InterruptedException {
        Set<Thread> others = threads();
        JobWorker worker = worker(SUCCEEDS);
        assertThat(threads()).isSubsetOf(others);

        NewJob job = schedule(newJob());
        worker.start();
        endOf(job);
        Set<Thread> own = threads();
        own.removeAll(others);
        assertThat(own).isNotEmpty();
        worker.close();

        for (Thread thread : own) {
            thread.join(30_000);
            assertThat(thread.isAlive()).as(thread.getName()).isFalse();
        }
    }

    @Test
    void starting_twice_starts_once() throws InterruptedException {
        AtomicInteger subscriptions = new AtomicInteger();
        JobWorker worker = worker(SUCCEEDS, SETTINGS, listener -> {
            subscriptions.incrementAndGet();
            return signals.subscribe(listener);
        });

        worker.start();
        worker.start();

        NewJob job = schedule(newJob());
        endOf(job);
        assertThat(subscriptions).hasValue(1);
    }

    @Test
    void after_closing_nothing_starts() {
        JobWorker worker = worker(SUCCEEDS);
        worker.close();
        worker.close();

        worker.start();
        schedule(newJob());

        assertThat(store.wasCalled(Intent.CLAIM)).isFalse();
        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_closed_worker_gets_no_signals() throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        JobWorker worker = worker(SUCCEEDS, SETTINGS, listener -> closed::countDown);
        worker.start();

        worker.close();

        assertThat(closed.await(0, SECONDS)).isTrue();
    }

    @Test
    void closing_waits_for_handlers_and_settles_their_outcomes() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(waitingForGate(started));
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        Closing closing = Closing.begun(worker::close);
        clock.advance(LEASE.minusSeconds(1));
        store.awaitFreshCall(Intent.RENEW);
        clock.advance(LEASE.minusSeconds(1));
        assertThat(claimFrom(memory, 1)).isEmpty(); // leases are renewed while close() waits for handlers
        assertThat(closing.isInProgress()).isTrue();
        gate.countDown();
        closing.end();

        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void closing_releases_jobs_whose_handlers_do_not_end_in_time() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob().withMaxAttempts(1));
        JobWorker worker = worker(waitingForGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        worker.close();

        ClaimedJob again = claimed(memory, job.id());
        assertThat(again.attempts().made()).isEqualTo(1);
        assertThat(store.wasCalled(Intent.SETTLE)).isFalse();
    }

    @Test
    void closing_does_not_wait_for_ever_for_a_handler_that_ignores_interrupts() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Thread> handlerThread = new CompletableFuture<>();
        NewJob job = schedule(newJob());
        JobWorker worker = worker(
                claimed -> {
                    handlerThread.complete(Thread.currentThread());
                    started.countDown();
                    awaitUninterruptibly(gate);
                    return Jobs.DONE;
                },
                SETTINGS.withStopTimeout(Duration.ZERO),
                signals);
        worker.start();
        assertThat(started.await(30, SECONDS)).isTrue();

        worker.close();

        claimed(memory, job.id());
        gate.countDown();
        handlerThread.join().join(30_000);
        assertThat(store.wasCalled(Intent.SETTLE)).isFalse();
        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void closing_survives_an_outage_during_release() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        schedule(newJob());
        schedule(newJob());
        JobWorker worker = worker(waitingForGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();
        store.breakDown(Intent.RELEASE, 1, unavailable());

        worker.close();

        assertThat(claimFrom(memory, 2)).hasSize(1);
    }

    @Test
    void closing_survives_a_failing_release() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        schedule(newJob());
        schedule(newJob());
        JobWorker worker = worker(waitingForGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();
        store.breakDown(Intent.RELEASE, 1, new IllegalStateException("broken on purpose"));

        worker.close();

        assertThat(claimFrom(memory, 2)).hasSize(1);
    }

    @Test
    void a_job_that_was_claimed_while_closing_is_released() throws InterruptedException {
        CountDownLatch claiming = new CountDownLatch(1);
        NewJob job = schedule(newJob().withMaxAttempts(1));
        store.beforeEach(Intent.CLAIM, () -> {
            claiming.countDown();
            assertThat(gate.await(30, SECONDS)).isTrue();
        });
        AtomicBoolean handled = new AtomicBoolean();
        JobWorker worker = worker(
                claimed -> {
                    handled.set(true);
                    return Jobs.DONE;
                },
                SETTINGS.withStopTimeout(Duration.ZERO),
                signals);
        worker.start();
        assertThat(claiming.await(30, SECONDS)).isTrue();
        worker.close();

        gate.countDown();
        store.awaitCalls(Intent.RELEASE, 1);

        assertThat(claimed(memory, job.id()).attempts().made()).isEqualTo(1);
        assertThat(handled).isFalse();
    }

    @Test
    void closing_ends_the_wait_for_an_unavailable_store() throws InterruptedException {
        schedule(newJob());
        store.breakDown(Intent.SETTLE);
        JobWorker worker = worker(SUCCEEDS, SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        store.awaitCalls(Intent.SETTLE, 1);

        worker.close();

        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_worker_has_at_least_one_handler() {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> new JobWorker(jobs, signals, Map.of(), SETTINGS));
    }
}
