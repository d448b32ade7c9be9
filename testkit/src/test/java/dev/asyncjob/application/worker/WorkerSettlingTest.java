package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
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

    /**
     * The pauses between the end of one sending and the next outcome sweep over the time in which a sender finishes.
     */
    @Test
    void an_outcome_that_is_added_while_the_sender_finishes_is_sent() {
        ClaimedJob job = scheduledAndClaimed(memory, newJob());
        AtomicInteger sendings = new AtomicInteger();
        OutcomeReporter reporter =
                new OutcomeReporter(jobs, attempt -> {}, attempt -> {}, sendings::incrementAndGet, Execution.JVM);
        reporter.start();
        try {
            for (int i = 0; i < 20_000; i++) {
                reporter.add(new Attempt(jobs, SUCCEEDS, job, Execution.JVM, stated -> {}), Jobs.DONE);
                long end = System.nanoTime() + SECONDS.toNanos(10);
                while (sendings.get() <= i && System.nanoTime() - end < 0) {
                    Thread.onSpinWait();
                }
                assertThat(sendings).as("outcome %d", i).hasValue(i + 1);
                for (int pause = i % 20; pause > 0; pause--) {
                    Thread.onSpinWait();
                }
            }
        } finally {
            reporter.close();
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
