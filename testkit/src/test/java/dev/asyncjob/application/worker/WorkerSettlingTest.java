package dev.asyncjob.application.worker;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.UnreliableJobStore.Intent;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} settles outcomes. */
class WorkerSettlingTest extends WorkerFixture {
    @Test
    void handlers_do_not_wait_for_outcomes_to_be_settled_and_outcomes_are_sent_in_batches()
            throws InterruptedException {
        Semaphore handled = new Semaphore(0);
        store.beforeEach(
                Intent.SETTLE, () -> assertThat(gate.await(30, SECONDS)).isTrue());
        List<NewJob> all = scheduleMany(50);
        worker(claimed -> {
                    handled.release();
                    return Jobs.DONE;
                })
                .start();

        assertThat(handled.tryAcquire(50, 30, SECONDS)).isTrue();
        gate.countDown();

        for (NewJob job : all) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
        assertThat(store.countOf(Intent.SETTLE)).isLessThan(10);
    }

    @Test
    void a_whole_batch_of_outcomes_does_not_wait_until_another_is_settled() throws InterruptedException {
        CountDownLatch both = new CountDownLatch(2);
        store.beforeEach(Intent.SETTLE, () -> {
            both.countDown();
            assertThat(both.await(30, SECONDS)).isTrue();
        });
        List<NewJob> all = scheduleMany(1000);
        worker(SUCCEEDS).start();

        for (NewJob job : all) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
    }

    @Test
    void no_more_is_claimed_while_hundreds_of_outcomes_cannot_be_settled() throws InterruptedException {
        Semaphore handled = new Semaphore(0);
        store.breakDown(Intent.SETTLE);
        scheduleMany(2000);
        worker(
                        claimed -> {
                            handled.release();
                            return Jobs.DONE;
                        },
                        SETTINGS.withStopTimeout(Duration.ZERO),
                        signals)
                .start();

        assertThat(handled.tryAcquire(400, 30, SECONDS)).isTrue();
        assertThat(handled.tryAcquire(600, 500, MILLISECONDS))
                .as("1,000 in all")
                .isFalse();
    }
}
