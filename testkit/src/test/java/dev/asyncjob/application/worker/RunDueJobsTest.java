package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.RESULT;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** {@link JobWorker#runDueJobs()}: attempts in the caller's thread. */
class RunDueJobsTest extends WorkerFixture {
    @Test
    void due_jobs_run_in_the_callers_thread() {
        NewJob one = schedule(newJob());
        NewJob two = schedule(newJob());
        schedule(newJob(OTHER_KIND));
        schedule(newJob().notBefore(clock.instant().plusSeconds(1)));
        List<Thread> threads = new ArrayList<>();

        int made = worker(job -> {
                    threads.add(Thread.currentThread());
                    return Jobs.DONE;
                })
                .runDueJobs();

        assertThat(made).isEqualTo(2);
        assertThat(threads).containsExactly(Thread.currentThread(), Thread.currentThread());
        assertThat(read(one)).isInstanceOf(AsyncJob.Done.class);
        assertThat(read(two)).isInstanceOf(AsyncJob.Done.class);
        assertThat(read(one).links()).isEqualTo(RESULT);
    }

    @Test
    void a_handler_sees_the_job_its_attempt_and_its_payload() {
        NewJob job = schedule(newJob().withPayload(new Payload("[1]")));
        CompletableFuture<ClaimedJob> seen = new CompletableFuture<>();

        worker(claimed -> {
                    seen.complete(claimed);
                    return Jobs.DONE;
                })
                .runDueJobs();

        assertThat(seen.join().job().id()).isEqualTo(job.id());
        assertThat(seen.join().attempts()).isEqualTo(new Attempts(1, POLICY.maxAttempts()));
        assertThat(seen.join().payload().json()).isEqualTo("[1]");
    }

    @Test
    void a_handler_may_report_that_the_work_cannot_be_done() {
        NewJob job = schedule(newJob());

        worker(claimed -> Outcome.failed(Failure.coded(1002, "it exists already")))
                .runDueJobs();

        assertThat(failureOf(job)).isEqualTo("1002: it exists already");
    }

    @Test
    void a_handler_may_ask_for_another_attempt() {
        NewJob job = schedule(newJob());
        JobWorker worker =
                worker(claimed -> claimed.attempts().made() == 1 ? Outcome.retry(new Failure("not yet")) : Jobs.DONE);

        assertThat(worker.runDueJobs()).isEqualTo(1);
        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
        assertThat(worker.runDueJobs()).isZero();

        clock.advance(POLICY.backoff().after(job.id(), 1));
        assertThat(worker.runDueJobs()).isEqualTo(1);
        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void a_handler_that_throws_is_tried_again_until_attempts_are_spent() {
        NewJob job = schedule(newJob());
        JobWorker worker = worker(claimed -> {
            throw new IOException("try %d".formatted(claimed.attempts().made()));
        });

        for (int attempt = 1; attempt < POLICY.maxAttempts(); attempt++) {
            assertThat(worker.runDueJobs()).isEqualTo(1);
            clock.advance(POLICY.backoff().after(job.id(), attempt));
        }
        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
        assertThat(worker.runDueJobs()).isEqualTo(1);

        assertThat(failureOf(job)).isEqualTo("the handler failed");
    }

    @Test
    void the_message_of_an_exception_does_not_reach_the_client() {
        assertThat(List.of(
                        new IllegalStateException("1003: not in state FINAL"),
                        new IOException("/var/lib/secret: permission denied"),
                        new RuntimeException(new IOException("insert into patient values ('Taras')")),
                        new NullPointerException("Cannot invoke \"dev.example.Secret.get()\""),
                        new NoClassDefFoundError("dev/example/Missing"),
                        new StackOverflowError()))
                .allSatisfy(thrown -> assertThat(failureAfter(thrown)).isEqualTo("the handler failed"));
    }

    @Test
    void an_exception_reaches_operators_as_class_and_message() {
        assertThat(errorAfter(new IOException("/var/lib/secret:\nfull")))
                .isEqualTo("java.io.IOException: /var/lib/secret: full");
        assertThat(errorAfter(new StackOverflowError())).isEqualTo("java.lang.StackOverflowError");
        assertThat(errorAfter(new ClassCastException() {
                    @Override
                    public String getMessage() {
                        throw new OutOfMemoryError("on purpose");
                    }
                }))
                .startsWith(RunDueJobsTest.class.getName());
    }

    private String errorAfter(Throwable thrown) {
        NewJob job = attemptedWith(thrown);
        return String.valueOf(store.facts(null, job.id()).orElseThrow().lastError());
    }

    @Test
    void the_message_of_an_outcome_reaches_the_client() {
        NewJob job = schedule(newJob());

        worker(claimed -> Outcome.failed(new Failure("1003: not in state FINAL")))
                .runDueJobs();

        assertThat(failureOf(job)).isEqualTo("1003: not in state FINAL");
    }

    @Test
    @SuppressWarnings("NullAway") // a handler written without null checks may do this
    void a_handler_that_returns_null_fails_its_attempt() {
        NewJob job = schedule(newJob().withMaxAttempts(1));

        worker(claimed -> null).runDueJobs();

        assertThat(failureOf(job)).isEqualTo("the handler failed");
    }

    @Test
    void an_interrupt_by_another_thread_neither_reaches_the_store_nor_gets_lost() {
        NewJob job = schedule(newJob());
        AtomicBoolean reachedStore = new AtomicBoolean();
        store.beforeEach(
                Intent.SETTLE, () -> reachedStore.set(Thread.currentThread().isInterrupted()));

        worker(claimed -> {
                    Thread.currentThread().interrupt();
                    return Jobs.DONE;
                })
                .runDueJobs();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(reachedStore).isFalse();
        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void an_interrupted_handler_fails_its_attempt() {
        NewJob job = schedule(newJob().withMaxAttempts(1));

        worker(claimed -> {
                    throw new InterruptedException("by another thread");
                })
                .runDueJobs();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(failureOf(job)).isEqualTo("interrupted");
    }

    @Test
    void an_outcome_is_sent_again_after_a_short_outage() {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.SETTLE, 2, unavailable());

        worker(SUCCEEDS).runDueJobs();

        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void an_outcome_on_which_the_store_fails_is_not_sent_again() {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.SETTLE, 1, new IllegalStateException("broken on purpose"));

        assertThat(worker(SUCCEEDS).runDueJobs()).isEqualTo(1);

        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void a_job_of_a_kind_that_was_not_claimed_fails_its_attempt_and_nothing_else() {
        NewJob other = schedule(newJob(OTHER_KIND).withMaxAttempts(1));
        NewJob job = schedule(newJob());
        JobUseCases otherKinds = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        return memory.claim(Jobs.claim(1, KIND, OTHER_KIND));
                    }
                },
                POLICY);

        JobWorker worker = new JobWorker(otherKinds, signals, Map.of(KIND, SUCCEEDS), SETTINGS);

        assertThat(worker.runDueJobs()).isEqualTo(2);
        assertThat(failureOf(other)).isEqualTo("the handler failed");
        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }
}
