package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.RecordedLog;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} handles outages, errors and time limits. */
class WorkerErrorsTest extends WorkerFixture {
    @Test
    void a_failing_handler_does_not_affect_another() throws InterruptedException {
        NewJob bad = newJob().withMaxAttempts(1);
        worker(claimed -> {
                    if (claimed.job().id().equals(bad.id())) {
                        throw new OutOfMemoryError("thrown on purpose");
                    }
                    assertThat(gate.await(30, SECONDS)).isTrue();
                    return Jobs.DONE;
                })
                .start();
        NewJob before = schedule(newJob());
        schedule(bad);
        assertThat(endOf(bad)).isInstanceOf(AsyncJob.Failed.class);
        NewJob after = schedule(newJob());
        gate.countDown();

        assertThat(endOf(before)).isInstanceOf(AsyncJob.Done.class);
        assertThat(endOf(after)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_handler_gets_the_trace_of_its_job_and_its_failure_is_logged_with_it() {
        TraceContext trace = new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null);
        NewJob job = schedule(newJob().withTrace(trace).withMaxAttempts(1));
        AtomicReference<TraceContext> seen = new AtomicReference<>();
        Logger logger = Logger.getLogger(Attempt.class.getName());
        logger.setLevel(Level.WARNING); // logs of tests are off
        try (RecordedLog log = new RecordedLog(Attempt.class.getName())) {
            worker(claimed -> {
                        seen.set(claimed.trace());
                        throw new IllegalStateException("on purpose");
                    })
                    .runDueJobs();

            assertThat(log.lines())
                    .containsExactly("attempt 1 at job " + job.id()
                            + " failed (trace_id=0af7651916cd43dd8448eb211c80319c)"
                            + " java.lang.IllegalStateException: on purpose");
        } finally {
            logger.setLevel(Level.OFF);
        }
        assertThat(seen).hasValue(trace);
    }

    @Test
    void a_handler_that_takes_too_long_is_interrupted_and_its_attempt_has_failed() throws InterruptedException {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        worker(waitingForGate(new Semaphore(0)), SETTINGS.withHandlerTimeout(A_BLINK), signals)
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Failed.class);
        assertThat(failureOf(job)).isEqualTo("timed out");
    }

    @Test
    void a_handler_that_ignores_interrupts_does_not_keep_its_job_from_ending() throws InterruptedException {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        JobWorker worker = worker(
                claimed -> {
                    awaitUninterruptibly(gate);
                    return Jobs.DONE;
                },
                SETTINGS.withHandlerTimeout(A_BLINK),
                signals);
        worker.start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Failed.class);

        gate.countDown();
        worker.close();
        assertThat(failureOf(job)).isEqualTo("timed out");
    }

    @Test
    void a_handler_within_its_time_limit_is_not_interrupted() throws InterruptedException {
        NewJob job = schedule(newJob());
        worker(SUCCEEDS, SETTINGS.withHandlerTimeout(Duration.ofSeconds(30)), signals)
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_outcome_after_an_unnoticed_loss_is_refused() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(waitingForGate(started));
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.breakDown(Intent.RENEW);
        store.awaitFreshCall(Intent.RENEW);
        clock.advance(LEASE);
        ClaimedJob stolen = claimed(memory, job.id());
        gate.countDown();
        store.awaitCalls(Intent.SETTLE, 1);

        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
        assertThat(accepted(settle(memory, stolen, Jobs.DONE)).job().status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void after_an_outage_the_worker_claims_again_before_the_next_poll() throws InterruptedException {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.CLAIM, 1, unavailable());

        worker(SUCCEEDS).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void after_a_failing_claim_the_worker_claims_again() throws InterruptedException {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.CLAIM, 3, new IllegalStateException("broken on purpose"));

        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), signals).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_error_while_claiming_does_not_end_claiming() throws InterruptedException {
        throwErrorOnce(Intent.CLAIM);
        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), signals).start();
        store.awaitCalls(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_error_while_renewing_does_not_end_renewing() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        throwErrorOnce(Intent.RENEW);
        worker(waitingForGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.awaitCalls(Intent.RENEW, 1);

        clock.advance(LEASE.minusSeconds(1));
        store.awaitFreshCall(Intent.RENEW);
        clock.advance(LEASE.minusSeconds(1));

        assertThat(claimFrom(memory, 1)).isEmpty();
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void after_an_error_while_settling_the_outcome_is_sent_again() throws InterruptedException {
        Semaphore begun = new Semaphore(0);
        NewJob job = schedule(newJob());
        throwErrorOnce(Intent.SETTLE);
        worker(claimed -> {
                    begun.release();
                    return Jobs.DONE;
                })
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        assertThat(begun.availablePermits()).isEqualTo(1);
    }
}
