package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How the jobs of an owner are counted and removed. A part of {@link JobStoreContract}. */
interface ErasingRules extends StoreUnderTest {
    @Test
    default void rule_154_ended_jobs_of_one_owner_are_removed_in_batches_within_their_retention() {
        for (int i = 0; i < 5; i++) {
            settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        }
        NewJob cancelled = newJob();
        accepted(store().schedule(cancelled, EXPECTED));
        accepted(store().cancel(null, cancelled.id()));
        NewJob foreign = NewJob.of(newId(), OTHER_OWNER, KIND, LINKS);
        settle(store(), scheduledAndClaimed(store(), foreign), Jobs.DONE);
        NewJob waiting = newJob();
        accepted(store().schedule(waiting, EXPECTED));

        assertThat(store().forget(OWNER, store().now().minus(Duration.ofDays(1)), 4))
                .isZero();
        assertThat(store().forget(OWNER, store().now(), 4)).isEqualTo(4);
        assertThat(store().forget(OWNER, store().now(), 4)).isEqualTo(2);
        assertThat(store().forget(OWNER, store().now(), 4)).isZero();
        assertThat(store().forget(new Owner("unknown"), store().now(), 4)).isZero();
        assertThat(store().find(OWNER, cancelled.id())).isEmpty();
        assertThat(read(waiting).job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(read(foreign).job().status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    default void rule_155_a_removed_jobs_id_and_key_are_free_and_its_outcome_unknown() {
        NewJob job = newJob().withIdempotencyKey(key("k", "request")).withReference(new Reference("17"));
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        settle(store(), claimed, Jobs.DONE);

        assertThat(store().forget(OWNER, store().now(), 10)).isEqualTo(1);

        assertThat(store().repeated(job)).isEmpty();
        assertThat(store().list(JobFilter.ANY).jobs()).isEmpty();
        assertThat(store().recentDurations(KIND, 10)).isEmpty();
        assertThat(settle(store(), claimed, Jobs.DONE)).isInstanceOf(SettleResult.Unknown.class);
        NewJob other = NewJob.of(job.id(), OTHER_OWNER, KIND, LINKS).withIdempotencyKey(key("k", "another request"));
        assertThat(accepted(store().schedule(other, EXPECTED)).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_156_the_pending_jobs_of_an_owner_are_counted() {
        assertThat(store().pending(OWNER, 10)).isZero();
        settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        accepted(store().schedule(NewJob.of(newId(), OTHER_OWNER, KIND, LINKS), EXPECTED));
        for (NewJob job : List.of(newJob(), newJob().scheduledBy(OTHER_OWNER), newJob().withMaxAttempts(1))) {
            accepted(store().schedule(job, EXPECTED));
        }
        claimFrom(store(), 4);

        assertThat(store().pending(OWNER, 10)).isEqualTo(3);
        assertThat(store().pending(OWNER, 2)).isEqualTo(2);
        assertThat(store().pending(OTHER_OWNER, 10)).isEqualTo(1);
    }

    @Test
    default void rule_157_ended_jobs_of_one_owner_are_removed_once_by_several_at_a_time() {
        for (NewJob job : Stream.generate(Jobs::newJob).limit(30).toList()) {
            accepted(store().schedule(job, EXPECTED));
            accepted(store().cancel(null, job.id()));
        }

        List<Integer> removed = together(4, () -> {
            int sum = 0;
            for (int step = store().forget(OWNER, store().now(), 7);
                    step > 0;
                    step = store().forget(OWNER, store().now(), 7)) {
                sum += step;
            }
            return sum;
        });

        assertThat(removed.stream().mapToInt(Integer::intValue).sum()).isEqualTo(30);
        assertThat(store().list(JobFilter.ANY).jobs()).isEmpty();
    }
}
