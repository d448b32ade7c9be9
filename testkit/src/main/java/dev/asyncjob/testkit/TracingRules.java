package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.TraceContext;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The trace in which a job was scheduled. A part of {@link JobStoreContract}. */
interface TracingRules extends StoreUnderTest {
    /** A trace with a state. */
    TraceContext TRACE =
            new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rojo=00f067,congo=t61rc");

    /** Another trace, without. */
    TraceContext OTHER_TRACE = new TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", null);

    @Test
    default void rule_247_each_claim_of_a_job_has_its_trace() {
        NewJob job = newJob().withTrace(TRACE);
        ClaimedJob first = scheduledAndClaimed(store(), job);
        settle(store(), first, Outcome.retry(new Failure("later")));
        timePasses(POLICY.backoff().max().plus(TICKS));

        assertThat(first.trace()).isEqualTo(TRACE);
        assertThat(claimed(otherNode(), job.id()).trace()).isEqualTo(TRACE);
    }

    @Test
    default void rule_248_jobs_of_a_batch_have_each_its_own_trace() {
        NewJob one = newJob().withTrace(TRACE);
        NewJob other = newJob().withTrace(OTHER_TRACE);
        NewJob none = newJob();
        scheduleAll(List.of(one, other, none));

        assertThat(claimFrom(store(), 3)).allSatisfy(claimed -> {
            NewJob job = List.of(one, other, none).stream()
                    .filter(some -> some.id().equals(claimed.job().id()))
                    .findFirst()
                    .orElseThrow();
            assertThat(claimed.trace()).isEqualTo(job.trace());
        });
    }

    @Test
    default void rule_249_a_repetition_may_have_another_trace_and_the_first_stays() {
        NewJob job = newJob().withTrace(TRACE);
        accepted(store().schedule(job, EXPECTED));

        accepted(store().schedule(job.withTrace(OTHER_TRACE), EXPECTED));
        accepted(store().schedule(job.withTrace(null), EXPECTED));

        assertThat(claimed(store(), job.id()).trace()).isEqualTo(TRACE);
    }

    @Test
    default void rule_273_facts_have_the_trace_also_after_the_end() {
        TraceContext parent = new TraceContext(TRACE.traceparent(), null);
        NewJob traced = newJob().withTrace(TRACE);
        NewJob other = newJob(OTHER_KIND);
        scheduleAll(List.of(traced, other));

        assertThat(knownTrace(traced)).as("while it can be claimed").isEqualTo(parent);
        assertThat(knownTrace(other)).isNull();

        ClaimedJob claimed = claimed(store(), traced.id());
        assertThat(knownTrace(traced)).as("while it runs").isEqualTo(parent);

        accepted(settle(store(), claimed, Jobs.DONE));
        assertThat(knownTrace(traced)).as("when it has ended").isEqualTo(parent);
    }

    private @Nullable TraceContext knownTrace(NewJob job) {
        return otherNode().facts(null, job.id()).orElseThrow().trace();
    }
}
