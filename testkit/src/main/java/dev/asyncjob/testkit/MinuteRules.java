package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.DONE;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The jobs that ended in each minute. A part of {@link JobStoreContract}. */
interface MinuteRules extends StoreUnderTest {
    /** The numbers of a kind do not depend on the node that reads them, nor on those that wrote them. */
    @Test
    default void rule_271_jobs_that_end_are_counted_by_how_they_end_on_all_nodes_together() {
        JobKind kind = new JobKind("sorts." + Jobs.newId());
        ClaimedJob late = claimed(store(), newJob(kind));
        claimed(store(), newJob(kind).withMaxAttempts(1)); // its lease will run out
        timePasses(LEASE.plus(TICKS));
        Instant begin = store().now();
        accepted(settle(store(), late, DONE));
        assertThat(store().failSpent(10)).isEqualTo(1);
        accepted(settle(store(), claimed(store(), newJob(kind)), Outcome.retry(new Failure("later"))));
        accepted(settle(store(), claimed(store(), newJob(kind)), Outcome.failed(new Failure("no"))));
        ClaimedJob done = claimed(otherNode(), newJob(kind));
        accepted(settle(otherNode(), done, DONE));
        accepted(settle(otherNode(), done, DONE));
        accepted(otherNode()
                .cancel(null, claimed(otherNode(), newJob(kind)).job().id()));

        store().maintain();
        otherNode().maintain();

        EndedMinute all = new EndedMinute(kind, begin, 5, 2, 4, 2);
        for (JobStore node : List.of(store(), otherNode())) {
            assertThat(minutes(node, 1, kind).reduce(EndedMinute::plus).orElseThrow())
                    .isIn(all, new EndedMinute(kind, begin.plusSeconds(60), 5, 2, 4, 2));
        }
    }

    @Test
    default void rule_272_of_the_minutes_in_which_jobs_ended_the_last_are_read_the_newest_first() {
        JobKind old = new JobKind("old." + Jobs.newId());
        JobKind young = new JobKind("young." + Jobs.newId());
        ended(old);
        Duration halfAnHour = Duration.ofMinutes(32); // whole minutes, since a stored minute moves with them
        timePasses(halfAnHour);
        ended(young);

        assertThat(minutes(store(), 40, old, young))
                .extracting(EndedMinute::kind)
                .containsExactly(young, old);
        assertThat(minutes(store(), 30, old, young))
                .extracting(EndedMinute::kind)
                .containsExactly(young);
        assertThat(minutes(store(), 40, old))
                .singleElement()
                .satisfies(one -> assertThat(one.minute())
                        .isBetween(
                                store().now().minus(halfAnHour).minusSeconds(60).minus(TICKS),
                                store().now().minus(halfAnHour)));

        timePasses(Duration.ofMinutes(EndedMinute.MINUTES + 1));
        ended(new JobKind("new." + Jobs.newId()));
        assertThat(minutes(store(), EndedMinute.MINUTES, old, young)).isEmpty();
    }

    private void ended(JobKind kind) {
        accepted(settle(store(), claimed(store(), newJob(kind)), DONE));
        store().maintain();
    }

    private static ClaimedJob claimed(JobStore store, NewJob job) {
        accepted(store.schedule(job, EXPECTED));
        return store.claim(claim(1, job.kind())).get(0);
    }

    private static Stream<EndedMinute> minutes(JobStore store, int minutes, JobKind... kinds) {
        return store.endedMinutes(minutes).stream().filter(one -> List.of(kinds).contains(one.kind()));
    }
}
