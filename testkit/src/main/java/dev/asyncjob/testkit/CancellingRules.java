package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.SettleResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a job is cancelled. A part of {@link JobStoreContract}. */
interface CancellingRules extends StoreUnderTest {
    @Test
    default void rule_100_a_cancelled_job_has_failed_as_cancelled_and_is_not_claimable() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        JobSnapshot answer = accepted(store().cancel(OWNER, job.id()));

        assertThat(failureOf(answer)).isEqualTo(Failure.CANCELLED);
        assertThat(answer.job().links()).isEqualTo(LINKS);
        assertThat(answer.eta()).isEqualTo(((AsyncJob.Failed) answer.job()).endedAt());
        assertThat(read(job).job()).isEqualTo(answer.job());
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_101_the_worker_of_a_cancelled_job_has_lost_its_lease() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        JobSnapshot end = accepted(store().cancel(OWNER, job.id()));

        assertThat(lost(renewal(claimed)).job()).isEqualTo(end.job());
        assertThat(refused(settle(store(), claimed, Jobs.DONE)).job()).isEqualTo(end.job());
        assertThat(store().release(job.id(), claimed.lease().token())).isFalse();
        assertThat(read(job).job()).isEqualTo(end.job());
    }

    @Test
    default void rule_102_cancelling_again_is_answered_like_the_first_time() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        JobSnapshot first = accepted(store().cancel(OWNER, job.id()));

        assertThat(accepted(store().cancel(OWNER, job.id())).job()).isEqualTo(first.job());
    }

    @Test
    default void rule_103_a_job_that_ended_otherwise_cannot_be_cancelled() {
        NewJob done = newJob();
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), done), Jobs.DONE));
        NewJob failed = newJob();
        settle(store(), scheduledAndClaimed(store(), failed), Outcome.failed(new Failure("no")));

        assertThat(refused(store().cancel(OWNER, done.id())).job()).isEqualTo(end.job());
        assertThat(failureOf(refused(store().cancel(OWNER, failed.id())))).isEqualTo(new Failure("no"));
        assertThat(read(done).job()).isEqualTo(end.job());
    }

    @Test
    default void rule_104_anothers_job_or_none_cannot_be_cancelled() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(store().cancel(OTHER_OWNER, job.id())).isInstanceOf(SettleResult.Unknown.class);
        assertThat(store().cancel(OWNER, newId())).isInstanceOf(SettleResult.Unknown.class);
        assertThat(store().cancel(null, newId())).isInstanceOf(SettleResult.Unknown.class);
        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_105_an_operator_cancels_jobs_of_any_owner() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(failureOf(accepted(store().cancel(null, job.id())))).isEqualTo(Failure.CANCELLED);
    }

    @Test
    default void rule_106_of_an_outcome_and_a_cancellation_at_once_one_counts() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);

            List<SettleResult> verdicts =
                    together(List.of(() -> settle(store(), claimed, Jobs.DONE), () -> store().cancel(OWNER, job.id())));

            AsyncJob end = read(job).job();
            assertThat(verdicts)
                    .filteredOn(SettleResult.Accepted.class::isInstance)
                    .singleElement()
                    .satisfies(verdict -> assertThat(accepted(verdict).job()).isEqualTo(end));
            assertThat(verdicts)
                    .filteredOn(SettleResult.Refused.class::isInstance)
                    .singleElement()
                    .satisfies(verdict -> assertThat(refused(verdict).job()).isEqualTo(end));
        }
    }

    @Test
    default void rule_107_of_a_claim_and_a_cancellation_at_once_the_cancellation_stands() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            accepted(store().schedule(job, EXPECTED));

            List<List<ClaimedJob>> claims = together(List.of(() -> claimFrom(store(), 1), () -> {
                accepted(store().cancel(OWNER, job.id()));
                return List.of();
            }));

            assertThat(failureOf(read(job))).isEqualTo(Failure.CANCELLED);
            assertThat(claims.get(0)).allSatisfy(claimed -> lost(renewal(claimed)));
        }
    }

    @Test
    default void rule_108_a_cancelled_job_is_kept_and_forgotten_like_any_other_end() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().cancel(OWNER, job.id()));

        timePasses(POLICY.retention().minus(TICKS));
        assertThat(failureOf(read(job))).isEqualTo(Failure.CANCELLED);
        timePasses(TICKS.multipliedBy(2));
        assertThat(store().find(OWNER, job.id())).isEmpty();
        assertThat(store().cancel(OWNER, job.id())).isInstanceOf(SettleResult.Unknown.class);
    }

    @Test
    default void rule_121_an_outcome_of_an_earlier_attempt_is_refused_after_a_cancellation_too() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        Outcome later = Outcome.retry(new Failure("later"));
        settle(store(), first, later);
        timePasses(POLICY.backoff().after(job.id(), 1));
        claimed(store(), job.id());
        accepted(store().cancel(OWNER, job.id()));

        assertThat(failureOf(refused(settle(store(), first, later)))).isEqualTo(Failure.CANCELLED);
    }
}
