package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.RESULT;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.Closing;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.UnreliableJobStore;
import dev.asyncjob.application.UnreliableJobStore.Intent;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JobWorkerTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY;

    /** So long that only a signal can be the reason when a job is picked up. */
    private static final Duration AN_HOUR = Duration.ofHours(1);

    private static final Duration LEASE = Duration.ofMinutes(10);
    private static final Duration A_BLINK = Duration.ofMillis(10);
    private static final WorkerSettings SETTINGS =
            new WorkerSettings(new WorkerId("embedded"), 4, LEASE, A_BLINK, AN_HOUR, AN_HOUR, Duration.ofSeconds(30));
    private static final JobHandler SUCCEEDS = job -> Jobs.DONE;

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, signals);
    private final UnreliableJobStore store = new UnreliableJobStore(memory);
    private final JobUseCases jobs = JobUseCases.over(store, POLICY);
    private final List<JobWorker> workers = new ArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        workers.forEach(JobWorker::close);
    }

    // ---- In the caller's thread

    @Test
    void due_jobs_are_worked_off_in_the_callers_thread() {
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
    void a_handler_may_say_that_the_work_cannot_be_done() {
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
    void nothing_that_an_exception_says_reaches_the_client() {
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
    void what_a_handler_says_by_its_outcome_reaches_the_client() {
        NewJob job = schedule(newJob());

        worker(claimed -> Outcome.failed(new Failure("1003: not in state FINAL")))
                .runDueJobs();

        assertThat(failureOf(job)).isEqualTo("1003: not in state FINAL");
    }

    @Test
    @SuppressWarnings("NullAway") // a handler written without null checks may do this
    void a_handler_that_says_nothing_fails_its_attempt() {
        NewJob job = schedule(newJob().withMaxAttempts(1));

        worker(claimed -> null).runDueJobs();

        assertThat(failureOf(job)).isEqualTo("the handler failed");
    }

    @Test
    void an_interrupt_that_is_not_ours_neither_reaches_the_store_nor_gets_lost() {
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
                    throw new InterruptedException("by somebody else");
                })
                .runDueJobs();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(failureOf(job)).isEqualTo("interrupted");
    }

    @Test
    void a_store_that_is_away_for_a_moment_gets_the_outcome_later() {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.SETTLE, 2, unavailable());

        worker(SUCCEEDS).runDueJobs();

        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void an_outcome_the_store_chokes_on_is_not_reported_again() {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.SETTLE, 1, new IllegalStateException("broken on purpose"));

        assertThat(worker(SUCCEEDS).runDueJobs()).isEqualTo(1);

        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void a_job_of_a_kind_that_was_not_asked_for_fails_its_attempt_and_nothing_else() {
        NewJob stray = schedule(newJob(OTHER_KIND).withMaxAttempts(1));
        NewJob job = schedule(newJob());
        JobUseCases careless = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        return memory.claim(Jobs.claim(1, KIND, OTHER_KIND));
                    }
                },
                POLICY);

        JobWorker worker = new JobWorker(careless, signals, Map.of(KIND, SUCCEEDS), SETTINGS);

        assertThat(worker.runDueJobs()).isEqualTo(2);
        assertThat(failureOf(stray)).isEqualTo("the handler failed");
        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    // ---- In threads of its own

    @Test
    void a_job_that_waits_already_is_handled() throws InterruptedException {
        NewJob job = schedule(newJob());

        worker(SUCCEEDS).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_signal_wakes_the_worker_long_before_the_next_poll() throws InterruptedException {
        worker(SUCCEEDS).start();
        store.awaitAnswers(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void without_signals_the_poll_finds_the_job() throws InterruptedException {
        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), listener -> () -> {})
                .start();
        store.awaitAnswers(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_signal_for_work_of_others_does_not_wake_it() throws InterruptedException {
        worker(SUCCEEDS).start();
        store.awaitAnswers(Intent.CLAIM, 1);

        schedule(newJob(OTHER_KIND));
        NewJob job = schedule(newJob());
        endOf(job);

        assertThat(claimFrom(memory, 1)).isEmpty();
        assertThat(memory.claim(Jobs.claim(1, OTHER_KIND))).hasSize(1);
    }

    @Test
    void one_failing_handler_does_not_harm_another() throws InterruptedException {
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
    void it_takes_no_more_jobs_than_it_can_handle_at_once() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        for (int i = 0; i < 5; i++) {
            schedule(newJob());
        }

        worker(waitingAtTheGate(started), SETTINGS.withConcurrency(2), signals).start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();

        assertThat(claimFrom(memory, 10)).hasSize(3);
    }

    @Test
    void a_place_that_is_free_again_is_used() throws InterruptedException {
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
    void the_lease_is_kept_alive_while_a_long_handler_runs() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        worker(waitingAtTheGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        for (int i = 0; i < 5; i++) {
            clock.advance(LEASE.dividedBy(2).plusSeconds(1));
            store.awaitFreshAnswer(Intent.RENEW);
            assertThat(claimFrom(memory, 1)).isEmpty();
        }
        gate.countDown();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_renewal_that_fails_harms_neither_the_handler_nor_later_renewals() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        store.breakDown(Intent.RENEW, 1, new IllegalStateException("broken on purpose"));
        worker(waitingAtTheGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.awaitFreshAnswer(Intent.RENEW);

        store.breakDown(Intent.RENEW);
        store.awaitFreshAnswer(Intent.RENEW);
        store.recover(Intent.RENEW);
        clock.advance(LEASE);
        store.awaitFreshAnswer(Intent.RENEW);

        assertThat(claimFrom(memory, 1)).isEmpty();
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_lease_that_cannot_be_renewed_does_not_keep_others_from_being_renewed() throws InterruptedException {
        CompletableFuture<JobId> locked =
                new CompletableFuture<>(); // by somebody's transaction; the first to be asked for
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
        JobWorker worker = new JobWorker(partly, signals, Map.of(KIND, waitingAtTheGate(started)), SETTINGS);
        workers.add(worker);
        worker.start();
        assertThat(started.tryAcquire(SETTINGS.concurrency(), 30, SECONDS)).isTrue();

        renewals.remove(locked.join());
        for (CountDownLatch renewed : renewals.values()) {
            assertThat(renewed.await(10, SECONDS)).as("renewed three times").isTrue();
        }
    }

    @Test
    void a_lost_lease_interrupts_the_handler_and_its_outcome_counts_for_nothing() throws InterruptedException {
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
            return Outcome.failed(new Failure("from the one who lost"));
        });
        worker.start();
        assertThat(started.await(30, SECONDS)).isTrue();

        ClaimedJob stolen = stealFromWorker(job);

        assertThat(interrupted.await(30, SECONDS)).isTrue();
        worker.close();
        assertThat(store.wasAsked(Intent.SETTLE)).isFalse();
        assertThat(accepted(settle(memory, stolen, Jobs.DONE)).job()).isEqualTo(read(job));
    }

    @Test
    void a_cancelled_job_interrupts_its_handler_whose_outcome_counts_for_nothing() throws InterruptedException {
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
        assertThat(store.wasAsked(Intent.SETTLE)).isFalse();
        assertThat(failureOf(job)).isEqualTo("cancelled");
    }

    @Test
    void a_handler_that_takes_too_long_is_interrupted_and_its_attempt_has_failed() throws InterruptedException {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        worker(waitingAtTheGate(new Semaphore(0)), SETTINGS.withHandlerTimeout(A_BLINK), signals)
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Failed.class);
        assertThat(failureOf(job)).isEqualTo("timed out");
    }

    @Test
    void a_handler_that_does_not_listen_cannot_keep_its_job_from_ending() throws InterruptedException {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        JobWorker worker = worker(
                claimed -> {
                    awaitStubbornly(gate);
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
    void a_handler_that_is_in_time_is_left_alone() throws InterruptedException {
        NewJob job = schedule(newJob());
        worker(SUCCEEDS, SETTINGS.withHandlerTimeout(Duration.ofSeconds(30)), signals)
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void handlers_run_in_virtual_threads_where_the_jvm_has_them() throws Exception {
        CompletableFuture<Thread> hand = new CompletableFuture<>();
        NewJob job = schedule(newJob());
        worker(claimed -> {
                    hand.complete(Thread.currentThread());
                    return Jobs.DONE;
                })
                .start();
        endOf(job);

        boolean hasThem = Runtime.version().feature() >= 21;
        boolean isVirtual =
                hasThem && (boolean) Thread.class.getMethod("isVirtual").invoke(hand.join());
        assertThat(isVirtual).isEqualTo(hasThem);
        assertThat(hand.join().getName()).startsWith("asyncjob-work-");
    }

    @Test
    void an_outcome_after_a_loss_that_nobody_noticed_counts_for_nothing_either() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(waitingAtTheGate(started));
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.breakDown(Intent.RENEW);
        store.awaitFreshAnswer(Intent.RENEW);
        clock.advance(LEASE);
        ClaimedJob stolen = claimed(memory, job.id());
        gate.countDown();
        store.awaitAnswers(Intent.SETTLE, 1);

        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
        assertThat(accepted(settle(memory, stolen, Jobs.DONE)).job().status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void a_store_that_cannot_be_reached_for_claims_is_asked_again_before_the_next_poll() throws InterruptedException {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.CLAIM, 1, unavailable());

        worker(SUCCEEDS).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void a_store_that_chokes_on_a_claim_is_asked_again() throws InterruptedException {
        NewJob job = schedule(newJob());
        store.breakDown(Intent.CLAIM, 3, new IllegalStateException("broken on purpose"));

        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), signals).start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_error_while_claiming_does_not_end_claiming() throws InterruptedException {
        throwErrorOnce(Intent.CLAIM);
        worker(SUCCEEDS, SETTINGS.withPollInterval(A_BLINK), signals).start();
        store.awaitAnswers(Intent.CLAIM, 1);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_error_while_renewing_does_not_end_renewing() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        throwErrorOnce(Intent.RENEW);
        worker(waitingAtTheGate(started)).start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();
        store.awaitAnswers(Intent.RENEW, 1);

        clock.advance(LEASE.minusSeconds(1));
        store.awaitAnswers(Intent.RENEW, 2);
        clock.advance(LEASE.minusSeconds(1));

        assertThat(claimFrom(memory, 1)).isEmpty();
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void an_error_while_settling_does_not_end_settling() throws InterruptedException {
        NewJob lost = schedule(newJob());
        throwErrorOnce(Intent.SETTLE);
        store.breakDown(Intent.RENEW); // the lease of the lost outcome runs out
        worker(SUCCEEDS).start();
        store.awaitAnswers(Intent.SETTLE, 1);
        clock.advance(LEASE);

        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        assertThat(endOf(lost)).isInstanceOf(AsyncJob.Done.class);
    }

    private void throwErrorOnce(Intent intent) {
        store.beforeEach(intent, () -> {
            store.recover(intent);
            throw new StackOverflowError("on purpose");
        });
    }

    // ---- Many at once

    @Test
    void handlers_do_not_wait_for_outcomes_to_be_settled_and_those_that_gather_go_together()
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

    @Test
    void what_was_claimed_ahead_and_finds_no_hand_is_given_back() throws InterruptedException {
        AtomicInteger begun = new AtomicInteger();
        scheduleMany(400);
        worker(claimed -> {
                    if (begun.incrementAndGet() > 200) {
                        assertThat(gate.await(30, SECONDS)).isTrue();
                    }
                    return Jobs.DONE;
                })
                .start();
        store.awaitAnswers(Intent.RELEASE, 1);

        int free = 0;
        while (free < 200 - SETTINGS.concurrency()) {
            List<ClaimedJob> some = claimFrom(memory, 200);
            assertThat(some).allSatisfy(job -> assertThat(job.attempts().made()).isEqualTo(1));
            free += some.size();
            Thread.onSpinWait();
        }
        assertThat(free).isEqualTo(200 - SETTINGS.concurrency());
    }

    @Test
    void closing_gives_back_at_once_what_was_claimed_ahead() throws InterruptedException {
        AtomicInteger begun = new AtomicInteger();
        Semaphore stuck = new Semaphore(0);
        scheduleMany(400);
        JobWorker worker = worker(
                claimed -> {
                    if (begun.incrementAndGet() > 200) {
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

    // ---- Starting and stopping

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

        assertThat(store.wasAsked(Intent.CLAIM)).isFalse();
        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_closed_worker_hears_no_signals() throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        JobWorker worker = worker(SUCCEEDS, SETTINGS, listener -> closed::countDown);
        worker.start();

        worker.close();

        assertThat(closed.await(0, SECONDS)).isTrue();
    }

    @Test
    void closing_waits_for_handlers_and_settles_what_they_say() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob());
        JobWorker worker = worker(waitingAtTheGate(started));
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        Closing closing = Closing.begun(worker::close);
        clock.advance(LEASE.minusSeconds(1));
        store.awaitFreshAnswer(Intent.RENEW);
        clock.advance(LEASE.minusSeconds(1));
        assertThat(claimFrom(memory, 1)).isEmpty(); // leases are kept alive while handlers are waited for
        assertThat(closing.isUnderWay()).isTrue();
        gate.countDown();
        closing.end();

        assertThat(read(job).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void closing_gives_back_what_handlers_do_not_finish_in_time() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob job = schedule(newJob().withMaxAttempts(1));
        JobWorker worker = worker(waitingAtTheGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        worker.close();

        ClaimedJob again = claimed(memory, job.id());
        assertThat(again.attempts().made()).isEqualTo(1);
        assertThat(store.wasAsked(Intent.SETTLE)).isFalse();
    }

    @Test
    void closing_does_not_wait_for_ever_for_a_handler_that_does_not_listen() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Thread> hand = new CompletableFuture<>();
        NewJob job = schedule(newJob());
        JobWorker worker = worker(
                claimed -> {
                    hand.complete(Thread.currentThread());
                    started.countDown();
                    awaitStubbornly(gate);
                    return Jobs.DONE;
                },
                SETTINGS.withStopTimeout(Duration.ZERO),
                signals);
        worker.start();
        assertThat(started.await(30, SECONDS)).isTrue();

        worker.close();

        claimed(memory, job.id());
        gate.countDown();
        hand.join().join(30_000);
        assertThat(store.wasAsked(Intent.SETTLE)).isFalse();
        assertThat(read(job).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void closing_survives_a_store_that_takes_nothing_back() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        schedule(newJob());
        schedule(newJob());
        JobWorker worker = worker(waitingAtTheGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();
        store.breakDown(Intent.RELEASE, 1, unavailable());

        worker.close();

        assertThat(claimFrom(memory, 2)).hasSize(1);
    }

    @Test
    void closing_survives_a_store_that_chokes_on_what_is_given_back() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        schedule(newJob());
        schedule(newJob());
        JobWorker worker = worker(waitingAtTheGate(started), SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();
        store.breakDown(Intent.RELEASE, 1, new IllegalStateException("broken on purpose"));

        worker.close();

        assertThat(claimFrom(memory, 2)).hasSize(1);
    }

    @Test
    void a_job_that_was_claimed_while_closing_is_given_back() throws InterruptedException {
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
        store.awaitAnswers(Intent.RELEASE, 1);

        assertThat(claimed(memory, job.id()).attempts().made()).isEqualTo(1);
        assertThat(handled).isFalse();
    }

    @Test
    void closing_ends_the_wait_for_a_store_that_is_away() throws InterruptedException {
        schedule(newJob());
        store.breakDown(Intent.SETTLE);
        JobWorker worker = worker(SUCCEEDS, SETTINGS.withStopTimeout(Duration.ZERO), signals);
        worker.start();
        store.awaitAnswers(Intent.SETTLE, 1);

        worker.close();

        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_worker_can_do_something() {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> new JobWorker(jobs, signals, Map.of(), SETTINGS));
    }

    // ---- In short

    private JobWorker worker(JobHandler handler) {
        return worker(handler, SETTINGS, signals);
    }

    private JobWorker worker(JobHandler handler, WorkerSettings settings, JobSignals heard) {
        JobWorker worker = new JobWorker(jobs, heard, Map.of(KIND, handler), settings);
        workers.add(worker);
        return worker;
    }

    private JobHandler waitingAtTheGate(Semaphore started) {
        return job -> {
            started.release();
            assertThat(gate.await(30, SECONDS)).isTrue();
            return Jobs.DONE;
        };
    }

    private NewJob schedule(NewJob job) {
        accepted(memory.schedule(job, EXPECTED));
        return job;
    }

    private List<NewJob> scheduleMany(int count) {
        return Stream.generate(() -> schedule(newJob())).limit(count).toList();
    }

    private AsyncJob read(NewJob job) {
        return memory.find(OWNER, job.id()).orElseThrow().job();
    }

    private String failureOf(NewJob job) {
        return ((AsyncJob.Failed) read(job)).failure().message();
    }

    private String failureAfter(Throwable thrown) {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        worker(claimed -> {
                    if (thrown instanceof Error error) {
                        throw error;
                    }
                    throw (Exception) thrown;
                })
                .runDueJobs();
        return failureOf(job);
    }

    /** The job as it ended, waited for. */
    private AsyncJob endOf(NewJob job) throws InterruptedException {
        Semaphore changed = new Semaphore(0);
        JobSignals.Subscription subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                changed.release();
            }
        });
        while (read(job).status() == JobStatus.PENDING) {
            assertThat(changed.tryAcquire(30, SECONDS)).as("the job ended").isTrue();
        }
        subscription.close();
        return read(job);
    }

    /** Lets the lease run out while it cannot be renewed, and claims the job for another. */
    private ClaimedJob stealFromWorker(NewJob job) throws InterruptedException {
        store.breakDown(Intent.RENEW);
        store.awaitFreshAnswer(Intent.RENEW);
        clock.advance(LEASE);
        ClaimedJob stolen = claimed(memory, job.id());
        store.recover(Intent.RENEW);
        return stolen;
    }

    private static StoreUnavailable unavailable() {
        return new StoreUnavailable(new IOException("down on purpose"));
    }

    private static void awaitStubbornly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException ignored) {
                // goes on waiting on purpose
            }
        }
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("asyncjob-"))
                .collect(Collectors.toSet());
    }
}
