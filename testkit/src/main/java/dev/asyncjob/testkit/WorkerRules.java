package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.domain.WorkerLoad;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What workers hold, as operators see it. A part of {@link JobStoreContract}. */
interface WorkerRules extends StoreUnderTest {
    @Test
    default void rule_269_workers_are_listed_with_the_leases_that_they_hold_of_each_kind() {
        WorkerId other = new WorkerId("worker-2");
        assertThat(store().workers(9)).isEmpty();
        ClaimedJob old = scheduledAndClaimed(store(), newJob());
        timePasses(Duration.ofMinutes(1));
        ClaimedJob young = scheduledAndClaimed(store(), newJob());
        renew(old, LEASE.plusMinutes(1));
        timePasses(Duration.ofMinutes(1));
        NewJob born = newJob(OTHER_KIND).leasedTo(other, Duration.ofMinutes(2));
        accepted(store().schedule(born, EXPECTED));
        settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        release(scheduledAndClaimed(store(), newJob()));
        accepted(store().schedule(
                        newJob(OTHER_KIND).notBefore(store().now().plus(LEASE).truncatedTo(ChronoUnit.MILLIS)),
                        EXPECTED));

        WorkerLoad first = new WorkerLoad(
                WORKER, KIND, 2, begun(old.job().id()), leased(young.job().id()));
        WorkerLoad second = new WorkerLoad(other, OTHER_KIND, 1, begun(born.id()), leased(born.id()));
        for (var node : List.of(store(), otherNode())) {
            assertThat(node.workers(9)).containsExactly(first, second);
            assertThat(node.workers(1)).containsExactly(first);
        }

        timePasses(Duration.ofMinutes(2).plus(TICKS));
        assertThat(store().workers(9)).extracting(WorkerLoad::worker).containsExactly(WORKER);
        timePasses(LEASE);
        assertThat(store().workers(9)).isEmpty();
    }

    private JobFacts facts(JobId id) {
        return store().facts(null, id).orElseThrow();
    }

    private Instant begun(JobId id) {
        return Objects.requireNonNull(Objects.requireNonNull(facts(id).work()).begunAt());
    }

    private Instant leased(JobId id) {
        return Objects.requireNonNull(facts(id).entry().lease()).expiresAt();
    }
}
