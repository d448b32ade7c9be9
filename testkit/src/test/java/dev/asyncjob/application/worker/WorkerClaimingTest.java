package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} claims jobs and runs their handlers. */
class WorkerClaimingTest extends WorkerFixture {
    @Test
    void a_job_that_is_due_before_the_start_is_handled() throws InterruptedException {
        NewJob job = schedule(newJob());

        worker(SUCCEEDS).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_signal_wakes_the_worker_long_before_the_next_poll() throws InterruptedException {
        worker(SUCCEEDS).start();
        store.awaitCalls(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void without_signals_the_poll_finds_the_job() throws InterruptedException {
        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), listener -> () -> {})
                .start();
        store.awaitCalls(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_signal_for_other_kinds_does_not_wake_it() throws InterruptedException {
        worker(SUCCEEDS).start();
        store.awaitCalls(Intent.CLAIM, 1);

        schedule(newJob(OTHER_KIND));
        NewJob job = schedule(newJob());
        endOf(job);

        assertThat(claimFrom(memory, 1)).isEmpty();
        assertThat(memory.claim(Jobs.claim(1, OTHER_KIND))).hasSize(1);
    }

    @Test
    void it_takes_no_more_jobs_than_it_can_handle_at_once() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        for (int i = 0; i < 5; i++) {
            schedule(newJob());
        }

        worker(waitingForGate(started), SETTINGS.withConcurrency(2), signals).start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();

        assertThat(claimFrom(memory, 10)).hasSize(3);
    }

    @Test
    void a_handler_thread_that_is_free_again_is_used() throws InterruptedException {
        List<NewJob> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(schedule(newJob()));
        }

        worker(SUCCEEDS, SETTINGS.withConcurrency(1), signals).start();

        for (NewJob job : all) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
    }

    @Test
    void handlers_run_in_virtual_threads_where_the_jvm_has_them() throws Exception {
        CompletableFuture<Thread> handlerThread = new CompletableFuture<>();
        NewJob job = schedule(newJob());
        worker(claimed -> {
                    handlerThread.complete(Thread.currentThread());
                    return Jobs.DONE;
                })
                .start();
        endOf(job);

        boolean hasThem = Runtime.version().feature() >= 21;
        boolean isVirtual =
                hasThem && (boolean) Thread.class.getMethod("isVirtual").invoke(handlerThread.join());
        assertThat(isVirtual).isEqualTo(hasThem);
        assertThat(handlerThread.join().getName()).startsWith("asyncjob-work-");
    }

    @Test
    void jobs_claimed_ahead_are_released_when_no_thread_becomes_free() throws InterruptedException {
        AtomicInteger handled = new AtomicInteger();
        scheduleMany(400);
        worker(claimed -> {
                    if (handled.incrementAndGet() > 200) {
                        assertThat(gate.await(30, SECONDS)).isTrue();
                    }
                    return Jobs.DONE;
                })
                .start();
        store.awaitCalls(Intent.RELEASE, 1);

        int free = 0;
        while (free < 200 - SETTINGS.concurrency()) {
            List<ClaimedJob> some = claimFrom(memory, 200);
            assertThat(some).allSatisfy(job -> assertThat(job.attempts().made()).isEqualTo(1));
            free += some.size();
            Thread.onSpinWait();
        }
        assertThat(free).isEqualTo(200 - SETTINGS.concurrency());
    }
}
