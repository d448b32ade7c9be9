package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static dev.asyncjob.testkit.RecordingListener.findAtSignal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.ScheduleCommand;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The contract of {@link JobSignals} while connections hold, as tests: implement this in a test class of your signals.
 *
 * <p>Not promised: that a signal comes when the connection to the sender is broken, that it comes once, in what order,
 * or on which thread. Promised: a listener that reads the store after a signal sees the change.
 */
public interface JobSignalsContract extends InterventionSignalRules {
    /** How long a rule waits for a signal before it fails. */
    int PATIENCE_SECONDS = 30;

    /** Advances the store's clock, as {@link JobStoreContract#timePasses} does. */
    void timePasses(Duration duration);

    @Test
    default void rule_01_a_scheduled_job_signals_work() {
        RecordingListener listener = listen();

        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));

        listener.awaitWork(OTHER_KIND);
    }

    @Test
    default void rule_02_a_released_job_signals_work() {
        RecordingListener listener = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        listener.awaitWork(KIND);

        store().release(claimed.job().id(), claimed.lease().token());

        listener.awaitWork(KIND);
    }

    @Test
    default void rule_03_a_settled_job_signals_its_change() {
        RecordingListener listener = listen();
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        ClaimedJob failed = scheduledAndClaimed(store(), newJob());

        settle(store(), done, Jobs.DONE);
        settle(store(), failed, Outcome.failed(new Failure("no")));

        listener.awaitChange(done.job().id());
        listener.awaitChange(failed.job().id());
    }

    @Test
    default void rule_18_a_statement_of_a_worker_signals_a_change() {
        RecordingListener listener = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());

        store().renew(claimed.job().id(), claimed.lease().token(), new LeaseExtension(LEASE, null, null, "begun"));

        listener.awaitChange(claimed.job().id());
    }

    @Test
    default void rule_04_a_retried_job_signals_its_change_and_work() {
        RecordingListener listener = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        listener.awaitWork(KIND);

        settle(store(), claimed, Outcome.retry(new Failure("later")));

        listener.awaitChange(claimed.job().id());
        listener.awaitWork(KIND);
    }

    @Test
    default void rule_14_a_settled_job_with_a_callback_signals_its_delivery() {
        RecordingListener listener = listen();
        settle(store(), scheduledAndClaimed(store(), newJob().withCallback()), Jobs.DONE);
        listener.awaitWork(Callback.KIND);
    }

    @Test
    default void rule_15_a_job_with_a_callback_that_is_settled_in_a_batch_signals_its_delivery() {
        RecordingListener listener = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob().withCallback());
        store().settleBatch(List.of(
                new OutcomeReport(claimed.job().id(), claimed.lease().token(), Jobs.DONE)));
        listener.awaitWork(Callback.KIND);
    }

    @Test
    default void rule_16_a_cancelled_job_with_a_callback_signals_its_delivery() {
        RecordingListener listener = listen();
        NewJob job = newJob().withCallback();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().cancel(OWNER, job.id()));
        listener.awaitWork(Callback.KIND);
    }

    @Test
    default void rule_17_a_job_with_a_callback_whose_attempts_are_spent_signals_its_delivery() {
        RecordingListener listener = listen();
        scheduledAndClaimed(store(), newJob().withMaxAttempts(1).withCallback());
        timePasses(Jobs.LEASE.plusSeconds(20));
        assertThat(store().failSpent(10)).isEqualTo(1);
        listener.awaitWork(Callback.KIND);
    }

    @Test
    default void rule_05_every_listener_gets_the_signal() {
        RecordingListener one = listen();
        RecordingListener two = listen();

        accepted(store().schedule(newJob(), EXPECTED));

        one.awaitWork(KIND);
        two.awaitWork(KIND);
    }

    @Test
    default void rule_06_a_closed_subscription_gets_no_more_signals_and_the_others_do() {
        RecordingListener closed = new RecordingListener();
        JobSignals.Subscription subscription = signals().subscribe(closed);
        RecordingListener open = listen();
        subscription.close();
        subscription.close();

        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        settle(store(), claimed, Jobs.DONE);

        open.awaitWork(KIND);
        open.awaitChange(claimed.job().id());
        assertThat(closed.hasReceivedNothing()).isTrue();
    }

    @Test
    default void rule_07_one_listener_may_subscribe_twice_and_close_one_subscription() {
        RecordingListener listener = new RecordingListener();
        JobSignals.Subscription first = signals().subscribe(listener);
        signals().subscribe(listener);
        first.close();

        accepted(store().schedule(newJob(), EXPECTED));

        listener.awaitWork(KIND);
    }

    @Test
    default void rule_08_a_listener_that_throws_affects_neither_the_sender_nor_the_others() {
        RecordingListener before = listen();
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
        RecordingListener after = listen();

        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        accepted(settle(store(), claimed, Jobs.DONE));
        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));

        for (RecordingListener listener : new RecordingListener[] {before, after}) {
            listener.awaitWork(KIND);
            listener.awaitChange(claimed.job().id());
            listener.awaitWork(OTHER_KIND);
        }
    }

    @Test
    default void rule_09_a_listener_that_reads_the_store_at_once_sees_the_change() {
        ClaimedJob settled = scheduledAndClaimed(store(), newJob());
        ClaimedJob inBatch = scheduledAndClaimed(store(), newJob());
        ClaimedJob spent = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        NewJob cancelled = newJob();
        accepted(store().schedule(cancelled, EXPECTED));

        findAtSignal(signals(), settled.job().id(), end(settled.job().id()), () -> settle(store(), settled, Jobs.DONE));
        findAtSignal(
                signals(),
                inBatch.job().id(),
                end(inBatch.job().id()),
                () -> store().settleBatch(List.of(done(inBatch))));
        findAtSignal(signals(), cancelled.id(), end(cancelled.id()), () -> store().cancel(OWNER, cancelled.id()));
        timePasses(Jobs.LEASE.plus(JobStoreContract.TICKS));
        findAtSignal(signals(), spent.job().id(), end(spent.job().id()), () -> store().failSpent(10));
    }

    private Supplier<Stream<AsyncJob>> end(JobId id) {
        return () -> store().find(OWNER, id).map(JobSnapshot::job).filter(AsyncJob.Ended.class::isInstance).stream();
    }

    @Test
    default void rule_13_a_listener_that_claims_at_once_gets_the_work() {
        JobKind kind = new JobKind("claimed.at-once");
        NewJob job = newJob(kind);
        Supplier<Stream<ClaimedJob>> claim = () -> store().claim(claim(1, kind)).stream();

        ClaimedJob first = findAtSignal(signals(), kind, claim, () -> store().schedule(job, EXPECTED));
        findAtSignal(
                signals(),
                kind,
                claim,
                () -> store().release(job.id(), first.lease().token()));
        findAtSignal(
                signals(),
                kind,
                claim,
                () -> store().scheduleBatch(List.of(new ScheduleCommand(newJob(kind), EXPECTED))));
    }

    private static OutcomeReport done(ClaimedJob claimed) {
        return new OutcomeReport(claimed.job().id(), claimed.lease().token(), Jobs.DONE);
    }

    @Test
    default void rule_10_a_job_that_ends_because_its_attempts_are_spent_signals_its_change() {
        RecordingListener listener = listen();
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        timePasses(Jobs.LEASE.plus(JobStoreContract.TICKS));

        assertThat(store().failSpent(10)).isEqualTo(1);

        listener.awaitChange(claimed.job().id());
    }

    @Test
    default void rule_11_jobs_that_are_scheduled_in_a_batch_signal_work_of_each_kind() {
        RecordingListener listener = listen();

        store().scheduleBatch(List.of(
                new ScheduleCommand(newJob(), EXPECTED), new ScheduleCommand(newJob(OTHER_KIND), EXPECTED)));

        listener.awaitWork(KIND);
        listener.awaitWork(OTHER_KIND);
    }

    @Test
    default void rule_12_jobs_that_are_settled_in_a_batch_signal_each_change() {
        RecordingListener listener = listen();
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        ClaimedJob tried = scheduledAndClaimed(store(), newJob());

        store().settleBatch(List.of(
                done(done),
                new OutcomeReport(tried.job().id(), tried.lease().token(), Outcome.retry(new Failure("later")))));

        listener.awaitChange(done.job().id());
        listener.awaitChange(tried.job().id());
    }

    private RecordingListener listen() {
        RecordingListener listener = new RecordingListener();
        signals().subscribe(listener);
        return listener;
    }
}
