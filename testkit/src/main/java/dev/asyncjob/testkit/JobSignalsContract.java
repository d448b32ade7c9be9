package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.ScheduleCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/**
 * What every {@link JobSignals} keeps in good weather, as rules that run: implement this in a test class of your
 * signals.
 *
 * <p>Not promised: that a signal comes at all when the line to the sender is broken, that it comes once, in what order,
 * or on which thread. What is promised is that who hears it and then asks the store sees the change.
 */
public interface JobSignalsContract {
    /** How long a rule waits for a signal before it fails. */
    int PATIENCE_SECONDS = 30;

    /**
     * The store that sends: empty when the test begins, opened under {@link JobStoreContract#POLICY}, the same at every
     * call.
     */
    JobStore store();

    /** Makes the store's clock seem to have moved on, as {@link JobStoreContract#timePasses} does. */
    void timePasses(Duration duration);

    /** The store's signals, ready to hear. */
    JobSignals signals();

    @Test
    default void rule_01_a_scheduled_job_wakes_who_waits_for_work() {
        Ear ear = listen();

        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));

        ear.awaitWork(OTHER_KIND);
    }

    @Test
    default void rule_02_a_released_job_wakes_who_waits_for_work() {
        Ear ear = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        ear.awaitWork(KIND);

        store().release(claimed.job().id(), claimed.lease().token());

        ear.awaitWork(KIND);
    }

    @Test
    default void rule_03_a_settled_job_wakes_who_waits_for_it() {
        Ear ear = listen();
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        ClaimedJob failed = scheduledAndClaimed(store(), newJob());

        settle(store(), done, Jobs.DONE);
        settle(store(), failed, Outcome.failed(new Failure("no")));

        ear.awaitChange(done.job().id());
        ear.awaitChange(failed.job().id());
    }

    @Test
    default void rule_04_a_retried_job_wakes_who_waits_for_it_and_who_waits_for_work() {
        Ear ear = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        ear.awaitWork(KIND);

        settle(store(), claimed, Outcome.retry(new Failure("later")));

        ear.awaitChange(claimed.job().id());
        ear.awaitWork(KIND);
    }

    @Test
    default void rule_05_every_listener_hears() {
        Ear one = listen();
        Ear two = listen();

        accepted(store().schedule(newJob(), EXPECTED));

        one.awaitWork(KIND);
        two.awaitWork(KIND);
    }

    @Test
    default void rule_06_a_closed_subscription_hears_nothing_more_and_the_others_go_on() {
        Ear closed = new Ear();
        JobSignals.Subscription subscription = signals().subscribe(closed);
        Ear open = listen();
        subscription.close();
        subscription.close();

        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        settle(store(), claimed, Jobs.DONE);

        open.awaitWork(KIND);
        open.awaitChange(claimed.job().id());
        assertThat(closed.heardNothing()).isTrue();
    }

    @Test
    default void rule_07_one_listener_may_subscribe_twice_and_leave_once() {
        Ear ear = new Ear();
        JobSignals.Subscription first = signals().subscribe(ear);
        signals().subscribe(ear);
        first.close();

        accepted(store().schedule(newJob(), EXPECTED));

        ear.awaitWork(KIND);
    }

    @Test
    default void rule_08_a_listener_that_throws_harms_neither_the_sender_nor_the_others() {
        Ear before = listen();
        signals().subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                throw new IllegalStateException("thrown on purpose");
            }

            @Override
            public void jobChanged(JobId id) {
                throw new AssertionError("thrown on purpose");
            }
        });
        Ear after = listen();

        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        accepted(settle(store(), claimed, Jobs.DONE));
        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));

        for (Ear ear : new Ear[] {before, after}) {
            ear.awaitWork(KIND);
            ear.awaitChange(claimed.job().id());
            ear.awaitWork(OTHER_KIND);
        }
    }

    @Test
    default void rule_09_who_hears_of_a_change_and_asks_sees_it() throws InterruptedException {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        CountDownLatch heard = new CountDownLatch(1);
        signals().subscribe(new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                if (id.equals(job.id())) {
                    heard.countDown();
                }
            }
        });

        settle(store(), claimed, Jobs.DONE);

        assertThat(heard.await(PATIENCE_SECONDS, SECONDS)).isTrue();
        Optional<JobSnapshot> read = store().find(OWNER, job.id());
        assertThat(read.orElseThrow().job().status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    default void rule_10_a_job_that_ends_because_its_attempts_are_spent_wakes_who_waits_for_it() {
        Ear ear = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        timePasses(Jobs.LEASE.plus(JobStoreContract.TICKS));

        assertThat(store().failSpent(10)).isEqualTo(1);

        ear.awaitChange(claimed.job().id());
    }

    @Test
    default void rule_11_jobs_that_are_sent_together_wake_who_waits_for_work_of_each_kind() {
        Ear ear = listen();

        store().scheduleBatch(List.of(
                new ScheduleCommand(newJob(), EXPECTED), new ScheduleCommand(newJob(OTHER_KIND), EXPECTED)));

        ear.awaitWork(KIND);
        ear.awaitWork(OTHER_KIND);
    }

    @Test
    default void rule_12_jobs_that_are_settled_together_wake_who_waits_for_each() {
        Ear ear = listen();
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        ClaimedJob tried = scheduledAndClaimed(store(), newJob());

        store().settleBatch(List.of(
                new OutcomeReport(done.job().id(), done.lease().token(), Jobs.DONE),
                new OutcomeReport(tried.job().id(), tried.lease().token(), Outcome.retry(new Failure("later")))));

        ear.awaitChange(done.job().id());
        ear.awaitChange(tried.job().id());
    }

    private Ear listen() {
        Ear ear = new Ear();
        signals().subscribe(ear);
        return ear;
    }

    /** A listener that remembers what it heard until a rule asks for it. */
    final class Ear implements JobSignals.Listener {
        private final Map<Object, Semaphore> heard = new ConcurrentHashMap<>();

        @Override
        public void workAvailable(JobKind kind) {
            timesHeard(kind).release();
        }

        @Override
        public void jobChanged(JobId id) {
            timesHeard(id).release();
        }

        void awaitWork(JobKind kind) {
            await(kind);
        }

        void awaitChange(JobId id) {
            await(id);
        }

        boolean heardNothing() {
            return heard.isEmpty();
        }

        private void await(Object what) {
            try {
                assertThat(timesHeard(what).tryAcquire(PATIENCE_SECONDS, SECONDS))
                        .as("heard of %s", what)
                        .isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while listening", e);
            }
        }

        private Semaphore timesHeard(Object what) {
            return heard.computeIfAbsent(what, unused -> new Semaphore(0));
        }
    }
}
