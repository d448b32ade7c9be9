package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaitingClaimsTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY;
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, signals);
    private final UnreliableJobStore store = new UnreliableJobStore(memory);

    @AutoClose
    private final WaitingClaims waiting = new WaitingClaims(JobUseCases.over(store, POLICY), signals);

    private CompletableFuture<List<ClaimedJob>> claimOne(Duration wait) {
        return waiting.awaitClaim(claim(1, KIND), wait).toCompletableFuture();
    }

    private NewJob schedule(NewJob job) {
        accepted(memory.schedule(job, EXPECTED));
        return job;
    }

    private static List<ClaimedJob> given(CompletableFuture<List<ClaimedJob>> answer) throws Exception {
        return answer.get(30, SECONDS);
    }

    @Test
    void a_due_job_is_claimed_at_once() {
        NewJob job = schedule(newJob());

        assertThat(claimOne(A_MINUTE))
                .isCompletedWithValueMatching(jobs -> jobs.get(0).job().id().equals(job.id()));
    }

    @Test
    void a_claim_without_a_timeout_is_answered_at_once() {
        assertThat(claimOne(Duration.ZERO)).isCompletedWithValue(List.of());
        assertThat(claimOne(Duration.ofSeconds(-1))).isCompletedWithValue(List.of());
    }

    @Test
    void a_new_job_is_claimed_for_a_waiting_claim() throws Exception {
        waiting.start();
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);

        NewJob job = schedule(newJob());

        assertThat(given(answer))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.job().id()).isEqualTo(job.id()));
    }

    @Test
    void a_job_between_the_first_claim_and_the_place_in_the_queue_is_found() throws Exception {
        waiting.start();
        AtomicInteger calls = new AtomicInteger();
        JobUseCases slow = JobUseCases.over(
                new ForwardingJobStore(store) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        List<ClaimedJob> found = super.claim(claim);
                        if (calls.getAndIncrement() == 0) {
                            accepted(schedule(newJob(), EXPECTED));
                        }
                        return found;
                    }
                },
                POLICY);
        try (WaitingClaims others = new WaitingClaims(slow, listener -> () -> {})) {
            others.start();
            assertThat(given(others.awaitClaim(claim(1, KIND), A_MINUTE).toCompletableFuture()))
                    .hasSize(1);
        }
    }

    @Test
    void the_time_of_a_slow_first_claim_is_part_of_the_wait() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        JobUseCases slow = JobUseCases.over(
                new ForwardingJobStore(store) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        calls.getAndIncrement();
                        clock.advance(A_MINUTE);
                        return super.claim(claim);
                    }
                },
                POLICY);
        Execution onClock = new Execution() {
            @Override
            public long nanoTime() {
                return clock.nanoTime();
            }
        };
        try (WaitingClaims others = new WaitingClaims(slow, signals, onClock)) {
            others.start();
            assertThat(given(others.awaitClaim(claim(1, KIND), A_MINUTE).toCompletableFuture()))
                    .isEmpty();
        }
        assertThat(calls).hasValue(1);
    }

    @Test
    void a_job_that_becomes_due_without_a_signal_is_found_by_the_next_tick() throws Exception {
        schedule(newJob().notBefore(clock.instant().plusSeconds(60)));
        waiting.start();
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);

        clock.advance(A_MINUTE);

        assertThat(given(answer)).hasSize(1);
    }

    @Test
    void neither_an_error_nor_an_interrupt_ends_a_wait() throws Exception {
        waiting.start();
        for (boolean error : new boolean[] {true, false}) {
            CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);
            store.beforeEach(Intent.CLAIM, () -> {
                store.recover(Intent.CLAIM);
                Thread.currentThread().interrupt();
                if (error) {
                    throw new StackOverflowError("on purpose");
                }
            });
            store.awaitFreshCall(Intent.CLAIM);

            schedule(newJob());

            assertThat(given(answer)).hasSize(1);
        }
    }

    @Test
    void when_its_time_is_up_a_claim_is_answered_with_nothing() throws Exception {
        waiting.start();

        assertThat(given(claimOne(Duration.ofMillis(20)))).isEmpty();
    }

    @Test
    void claims_are_served_in_the_order_of_arrival() {
        List<CompletableFuture<List<ClaimedJob>>> answers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            answers.add(claimOne(A_MINUTE));
        }
        schedule(newJob());
        schedule(newJob());

        waiting.serveAll();

        assertThat(answers.get(0).join()).hasSize(1);
        assertThat(answers.get(1).join()).hasSize(1);
        assertThat(answers.get(2)).isNotDone();
    }

    @Test
    void a_job_of_another_kind_does_not_end_the_wait() {
        CompletableFuture<List<ClaimedJob>> other =
                waiting.awaitClaim(claim(1, OTHER_KIND), A_MINUTE).toCompletableFuture();
        CompletableFuture<List<ClaimedJob>> either =
                waiting.awaitClaim(claim(1, OTHER_KIND, KIND), A_MINUTE).toCompletableFuture();
        schedule(newJob());

        waiting.serveAll();

        assertThat(either.join()).hasSize(1);
        assertThat(other).isNotDone();
    }

    @Test
    void the_store_is_called_once_for_all_claims_of_the_same_kinds() {
        for (int i = 0; i < 1000; i++) {
            var unused = claimOne(A_MINUTE);
        }
        AtomicInteger calls = new AtomicInteger();
        store.beforeEach(Intent.CLAIM, calls::incrementAndGet);

        waiting.serveAll();
        waiting.serveAll();

        assertThat(calls).hasValue(2);
    }

    @Test
    void a_signal_of_one_kind_serves_only_claims_of_that_kind() {
        Object unused = waiting.awaitClaim(claim(1, OTHER_KIND), A_MINUTE);
        waiting.serveSignalled();
        unused = claimOne(A_MINUTE); // its arrival signals its own kind
        AtomicInteger calls = new AtomicInteger();
        store.beforeEach(Intent.CLAIM, calls::incrementAndGet);

        waiting.serveSignalled();

        assertThat(calls).hasValue(1);
        waiting.serveSignalled();
        assertThat(calls).hasValue(1);
    }

    @Test
    void a_claim_that_is_repeated_while_it_waits_is_answered_twice_with_the_same_jobs() throws Exception {
        Claim claim = new Claim(WORKER, Set.of(KIND), 1, LEASE, ClaimId.of(OWNER, "c-1"));
        CompletableFuture<List<ClaimedJob>> lost =
                waiting.awaitClaim(claim, A_MINUTE).toCompletableFuture();
        CompletableFuture<List<ClaimedJob>> other = claimOne(A_MINUTE);
        CompletableFuture<List<ClaimedJob>> again =
                waiting.awaitClaim(claim, A_MINUTE).toCompletableFuture();
        schedule(newJob());

        waiting.serveAll();

        assertThat(given(again)).isEqualTo(given(lost)).hasSize(1);
        assertThat(other).isNotDone();
    }

    @Test
    void a_job_of_a_claim_with_an_id_is_kept_for_its_repetition() throws Exception {
        Claim claim = new Claim(WORKER, Set.of(KIND), 1, LEASE, ClaimId.of(OWNER, "c-1"));
        CompletableFuture<List<ClaimedJob>> left =
                waiting.awaitClaim(claim, A_MINUTE).toCompletableFuture();
        NewJob job = schedule(newJob());
        store.beforeEach(Intent.CLAIM, () -> left.cancel(true));

        waiting.serveAll();
        waiting.close(); // waits for the answer

        assertThat(store.wasCalled(Intent.RELEASE)).isFalse();
        assertThat(memory.claim(claim))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.job().id()).isEqualTo(job.id()));
    }

    @Test
    void a_claim_that_was_cancelled_gets_no_job() throws Exception {
        CompletableFuture<List<ClaimedJob>> left = claimOne(A_MINUTE);
        left.cancel(true);
        schedule(newJob());

        waiting.serveAll();

        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_job_whose_claim_is_cancelled_meanwhile_is_released() throws Exception {
        CompletableFuture<List<ClaimedJob>> left = claimOne(A_MINUTE);
        schedule(newJob());
        store.beforeEach(Intent.CLAIM, () -> left.cancel(true));

        waiting.serveAll();

        store.awaitCalls(Intent.RELEASE, 1);
        assertThat(claimFrom(memory, 1))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.attempts().made()).isEqualTo(1));
    }

    @Test
    void an_outage_fails_the_first_claim_and_waiting_claims_keep_waiting() throws Exception {
        store.breakDown(Intent.CLAIM);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(claimOne(A_MINUTE)))
                .withCauseInstanceOf(StoreUnavailable.class);
        store.recover(Intent.CLAIM);
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);
        schedule(newJob());
        store.breakDown(Intent.CLAIM);
        waiting.serveAll();
        assertThat(answer).isNotDone();
        store.recover(Intent.CLAIM);

        waiting.serveAll();

        assertThat(given(answer)).hasSize(1);
    }

    @Test
    void a_failing_claim_does_not_end_the_wait() throws Exception {
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);
        schedule(newJob());
        store.breakDown(Intent.CLAIM, 1, new IllegalStateException("broken on purpose"));
        waiting.serveAll();

        waiting.serveAll();

        assertThat(given(answer)).hasSize(1);
    }

    @Test
    void closing_answers_all_waiting_claims_without_a_job_and_later_claims_do_not_wait() throws Exception {
        waiting.start();
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);

        waiting.close();

        assertThat(given(answer)).isEmpty();
        assertThat(claimOne(A_MINUTE)).isCompletedWithValue(List.of());
        schedule(newJob());
        assertThat(given(claimOne(A_MINUTE))).hasSize(1);
        waiting.close();
    }

    @Test
    void a_job_that_is_being_claimed_while_closing_goes_to_its_waiting_claim() throws Exception {
        waiting.start();
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);
        CompletableFuture<List<ClaimedJob>> other = claimOne(A_MINUTE);
        CountDownLatch claiming = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        store.beforeEach(Intent.CLAIM, () -> {
            claiming.countDown();
            assertThat(mayEnd.await(30, SECONDS)).isTrue();
        });
        NewJob job = schedule(newJob());
        assertThat(claiming.await(30, SECONDS)).isTrue();

        Closing closing = Closing.begun(waiting::close);
        mayEnd.countDown();
        closing.end();

        assertThat(given(answer))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.job().id()).isEqualTo(job.id()));
        assertThat(given(other)).isEmpty();
    }

    @Test
    void a_job_that_is_claimed_after_the_close_has_answered_its_claim_is_released() throws Exception {
        waiting.start();
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);
        CountDownLatch claiming = new CountDownLatch(1);
        store.beforeEach(Intent.CLAIM, () -> {
            claiming.countDown();
            assertThat(answer.join()).isEmpty();
        });
        schedule(newJob());
        assertThat(claiming.await(30, SECONDS)).isTrue();

        Thread.currentThread().interrupt(); // so that it does not wait for the claim
        waiting.close();
        assertThat(Thread.interrupted()).isTrue();

        store.awaitCalls(Intent.RELEASE, 1);
        assertThat(claimFrom(memory, 1)).hasSize(1);
    }

    @Test
    void a_claim_whose_first_try_is_in_the_store_while_closing_does_not_wait() {
        store.beforeEach(Intent.CLAIM, waiting::close);

        assertThat(claimOne(A_MINUTE)).isCompletedWithValue(List.of());
    }

    @Test
    void without_a_start_waiting_claims_are_answered_by_the_close() throws Exception {
        CompletableFuture<List<ClaimedJob>> answer = claimOne(A_MINUTE);

        waiting.close();
        waiting.start();

        assertThat(given(answer)).isEmpty();
    }

    @Test
    void claims_beyond_the_limit_are_answered_at_once() {
        Claim claim = claim(1, KIND);
        for (int i = 0; i < WaitingClaims.MAX_WAITING; i++) {
            var unused = waiting.awaitClaim(claim, A_MINUTE);
        }

        assertThat(claimOne(A_MINUTE)).isCompletedWithValue(List.of());
    }
}
