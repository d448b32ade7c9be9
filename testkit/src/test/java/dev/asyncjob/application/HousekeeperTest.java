package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HousekeeperTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY;
    private static final NewJob LAST_CHANCE = newJob().withMaxAttempts(1);

    private final SettableClock clock = new SettableClock();
    private final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, new LocalJobSignals());
    private final UnreliableJobStore store = new UnreliableJobStore(memory);

    @AutoClose
    private final Housekeeper housekeeper = new Housekeeper(store);

    @Test
    void a_job_whose_last_attempt_ran_out_of_its_lease_ends_failed() {
        scheduledAndClaimed(memory, LAST_CHANCE);
        clock.advance(LEASE);

        housekeeper.tidy();

        assertThat(memory.find(OWNER, LAST_CHANCE.id()).orElseThrow().job().status())
                .isEqualTo(JobStatus.FAILED);
    }

    @Test
    void a_job_past_its_retention_is_removed() {
        settle(memory, scheduledAndClaimed(memory, newJob()), Jobs.DONE);
        clock.advance(POLICY.retention());

        housekeeper.tidy();

        assertThat(memory.forget(1)).isZero();
    }

    @Test
    void an_intervention_past_its_retention_is_removed() {
        Interventions interventions = memory.interventions();
        interventions.pause(Jobs.KIND, null, new Intervention(UUID.randomUUID(), OWNER, "r"));
        clock.advance(POLICY.auditRetention());
        housekeeper.tidy();
        assertThat(interventions.audit(null, 9).entries()).hasSize(1);

        clock.advance(Duration.ofMillis(1));
        housekeeper.tidy();
        assertThat(interventions.audit(null, 9).entries()).isEmpty();
    }

    @Test
    void a_payload_that_was_kept_for_a_retry_is_removed_after_its_time() {
        NewJob job = newJob();
        settle(memory, scheduledAndClaimed(memory, job), Outcome.failed(new Failure("no paper")));
        clock.advance(POLICY.failedPayload());

        housekeeper.tidy();

        assertThat(memory.interventions().forgetPayloads(1)).isZero();
    }

    @Test
    void more_than_a_batch_is_tidied_at_once() {
        for (int i = 0; i <= Housekeeper.BATCH; i++) {
            scheduledAndClaimed(memory, newJob().withMaxAttempts(1));
        }
        clock.advance(LEASE);
        housekeeper.tidy();
        assertThat(memory.failSpent(1)).isZero();

        clock.advance(POLICY.retention());
        housekeeper.tidy();
        assertThat(memory.forget(1)).isZero();
    }

    @Test
    void a_store_that_fails_is_called_again_later() {
        scheduledAndClaimed(memory, LAST_CHANCE);
        clock.advance(LEASE);
        store.breakDown(Intent.FAIL_SPENT, 1, new StoreUnavailable(new IOException("down on purpose")));
        store.breakDown(Intent.FORGET, 1, new IllegalStateException("broken on purpose"));

        housekeeper.tidy();
        assertThat(memory.find(OWNER, LAST_CHANCE.id()).orElseThrow().job().status())
                .isEqualTo(JobStatus.PENDING);
        housekeeper.tidy();
        assertThat(memory.find(OWNER, LAST_CHANCE.id()).orElseThrow().job().status())
                .isEqualTo(JobStatus.FAILED);
        housekeeper.tidy();
    }

    @Test
    void once_started_it_repeats_after_every_failure() throws InterruptedException {
        store.breakDown(Intent.FAIL_SPENT, 1, new IllegalStateException("broken on purpose"));

        housekeeper.start();
        housekeeper.start();

        store.awaitCalls(Intent.FAIL_SPENT, 2);
        store.awaitCalls(Intent.FORGET, 1);
    }

    @Test
    void an_error_in_one_task_ends_neither_the_other_tasks_nor_the_repetition() throws InterruptedException {
        for (Intent task : List.of(Intent.FAIL_SPENT, Intent.FORGET)) {
            store.beforeEach(task, () -> {
                throw new StackOverflowError("on purpose");
            });
        }

        housekeeper.start();

        store.awaitCalls(Intent.FORGET, 2);
        store.awaitCalls(Intent.FAIL_SPENT, 2);
        store.awaitCalls(Intent.MAINTAIN, 2);
    }

    @Test
    void closing_waits_for_a_step_in_progress_and_begins_no_other() throws InterruptedException {
        CountDownLatch underWay = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        store.beforeEach(Intent.FAIL_SPENT, () -> {
            underWay.countDown();
            assertThat(mayEnd.await(30, SECONDS)).isTrue();
        });
        housekeeper.start();
        assertThat(underWay.await(30, SECONDS)).isTrue();

        Closing closing = Closing.begun(housekeeper::close);
        mayEnd.countDown();
        closing.end();

        assertThat(store.wasCalled(Intent.FAIL_SPENT)).isTrue();
        assertThat(store.wasCalled(Intent.FORGET)).isFalse();
    }

    @Test
    void after_closing_nothing_starts() {
        housekeeper.close();

        housekeeper.start();
        housekeeper.tidy();

        assertThat(store.wasCalled(Intent.FAIL_SPENT)).isFalse();
    }
}
