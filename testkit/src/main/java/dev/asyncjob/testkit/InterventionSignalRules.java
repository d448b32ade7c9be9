package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.InterventionRules.operator;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Retry;
import org.junit.jupiter.api.Test;

/** The signals of interventions. A part of {@link JobSignalsContract}. */
interface InterventionSignalRules {
    /**
     * The store that sends: empty when the test begins, opened under {@link JobStoreContract#POLICY}, the same at every
     * call.
     */
    JobStore store();

    /** The store's signals, ready to subscribe to. */
    JobSignals signals();

    @Test
    default void rule_19_a_kind_that_is_resumed_or_whose_limit_changes_signals_work() {
        RecordingListener listener = new RecordingListener();
        signals().subscribe(listener);
        store().interventions().pause(KIND, null, operator());

        store().interventions().resume(KIND, operator());
        listener.awaitWork(KIND);
        store().interventions().limit(KIND, 3, operator());
        listener.awaitWork(KIND);
        store().interventions().limit(KIND, null, operator());
        listener.awaitWork(KIND);
    }

    @Test
    default void rule_20_a_job_of_a_limited_kind_that_ends_signals_work() {
        RecordingListener listener = new RecordingListener();
        signals().subscribe(listener);
        accepted(store().schedule(newJob(), EXPECTED));
        listener.awaitWork(KIND); // two jobs at a time may be one signal
        accepted(store().schedule(newJob(), EXPECTED));
        listener.awaitWork(KIND);
        store().interventions().limit(KIND, 1, operator());
        listener.awaitWork(KIND);
        ClaimedJob claimed = claimFrom(store(), 2).get(0);
        assertThat(claimFrom(store(), 1)).isEmpty();

        settle(store(), claimed, Jobs.DONE);

        listener.awaitWork(KIND);
        assertThat(claimFrom(store(), 1)).hasSize(1);
    }

    @Test
    default void rule_21_a_retry_signals_work() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.failed(new Failure("no paper")));
        RecordingListener listener = new RecordingListener();
        signals().subscribe(listener);

        store().interventions().retry(new Retry(job.id(), Jobs.newId(), null, null), EXPECTED, operator());

        listener.awaitWork(KIND);
    }
}
