package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.RESULT;
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
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How attempts are settled. A part of {@link JobStoreContract}. */
interface SettlingRules extends StoreUnderTest {
    @Test
    default void rule_53_a_completed_job_is_done_with_its_result() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        Instant before = store().now();
        JobSnapshot answer = accepted(settle(store(), claimed, Jobs.DONE));
        Instant after = store().now();

        AsyncJob.Done done = (AsyncJob.Done) answer.job();
        assertThat(done.links()).isEqualTo(RESULT);
        assertThat(done.createdAt()).isEqualTo(claimed.job().createdAt());
        assertThat(done.endedAt()).isBetween(before, after);
        assertThat(Duration.between(done.endedAt(), done.keptUntil())).isEqualTo(POLICY.retention());
        assertThat(read(job).job()).isEqualTo(done);
    }

    @Test
    default void rule_54_a_failed_job_has_its_failure_and_keeps_its_links() {
        NewJob job = newJob();
        Failure failure = Failure.coded(1002, "Композиція вже існує \uD83C\uDFE5 '\"\\");

        JobSnapshot answer = accepted(settle(store(), scheduledAndClaimed(store(), job), Outcome.failed(failure)));

        AsyncJob.Failed failed = (AsyncJob.Failed) answer.job();
        assertThat(failed.failure()).isEqualTo(failure);
        assertThat(failed.links()).isEqualTo(LINKS);
        assertThat(Duration.between(failed.endedAt(), failed.keptUntil())).isEqualTo(POLICY.retention());
        assertThat(read(job).job()).isEqualTo(failed);
    }

    @Test
    default void rule_55_a_retry_pauses_as_the_policy_says_and_the_forecast_follows() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        Duration pause = POLICY.backoff().after(job.id(), 1);

        JobSnapshot answer = accepted(settle(store(), claimed, Outcome.retry(new Failure("later"))));

        AsyncJob.Pending pending = pending(answer);
        assertThat(Duration.between(answer.asOf(), pending.eta().from())).isCloseTo(pause, A_MOMENT);
        assertThat(pending.eta())
                .isEqualTo(claimed.job().eta().restartedAt(pending.eta().from()));
        assertThat(pending.createdAt()).isEqualTo(claimed.job().createdAt());
        assertThat(pending(read(job))).isEqualTo(pending);
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_56_a_retried_job_is_claimable_after_its_pause_with_a_greater_token() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        settle(store(), first, Outcome.retry(new Failure("later")));

        timePasses(POLICY.backoff().after(job.id(), 1).minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(TICKS);

        ClaimedJob second = claimed(store(), job.id());
        assertThat(second.attempts()).isEqualTo(new Attempts(2, POLICY.maxAttempts()));
        assertThat(second.lease().token().value())
                .isGreaterThan(first.lease().token().value());
    }

    @Test
    default void rule_57_each_retry_pauses_longer() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.retry(new Failure("later")));
        timePasses(POLICY.backoff().after(job.id(), 1));

        JobSnapshot answer =
                accepted(settle(store(), claimed(store(), job.id()), Outcome.retry(new Failure("later still"))));

        assertThat(Duration.between(answer.asOf(), pending(answer).eta().from()))
                .isCloseTo(POLICY.backoff().after(job.id(), 2), A_MOMENT);
    }

    @Test
    default void rule_58_a_retry_with_attempts_spent_ends_the_job_with_its_own_failure() {
        NewJob job = newJob().withMaxAttempts(1);
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        accepted(settle(store(), claimed, Outcome.retry(new Failure("the last straw"))));

        assertThat(failureOf(read(job))).isEqualTo(new Failure("the last straw"));
    }

    @Test
    default void rule_59_an_outcome_counts_after_the_lease_ran_out_while_the_job_was_not_claimed_again() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        timePasses(LEASE.multipliedBy(10));

        accepted(settle(store(), claimed, Jobs.DONE));

        assertThat(read(job).job().status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    default void rule_60_an_outcome_of_the_last_attempt_counts_after_its_lease_ran_out_too() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        timePasses(LEASE.plus(TICKS));

        assertThat(accepted(settle(store(), claimed, Jobs.DONE)).job().status()).isEqualTo(JobStatus.DONE);
        assertThat(store().failSpent(10)).isZero();
    }

    @Test
    default void rule_61_an_old_token_is_refused_with_the_job_as_it_stands() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));
        ClaimedJob second = claimed(store(), job.id());

        assertThat(refused(settle(store(), first, Jobs.DONE)).job()).isEqualTo(second.job());
        assertThat(refused(settle(store(), first, Outcome.failed(new Failure("no"))))
                        .job())
                .isEqualTo(second.job());
        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);

        JobSnapshot done = accepted(settle(store(), second, Jobs.DONE));
        assertThat(refused(settle(store(), first, Jobs.DONE)).job()).isEqualTo(done.job());
    }

    @Test
    default void rule_62_a_token_that_was_never_issued_is_refused() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(refused(store().settle(new OutcomeReport(job.id(), LeaseToken.FIRST, Jobs.DONE)))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);

        LeaseToken token = claimed(store(), job.id()).lease().token();
        assertThat(refused(store().settle(new OutcomeReport(job.id(), token.next(), Jobs.DONE)))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);
        lost(store().renew(job.id(), token.next(), LeaseExtension.of(LEASE)));
        assertThat(store().release(job.id(), token.next())).isFalse();
    }

    @Test
    default void rule_63_another_outcome_is_refused_and_changes_nothing() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        JobSnapshot done = accepted(settle(store(), claimed, Jobs.DONE));

        assertThat(Stream.of(
                        Outcome.completed(LINKS), Outcome.failed(new Failure("no")), Outcome.retry(new Failure("no"))))
                .allSatisfy(other -> assertThat(
                                refused(settle(store(), claimed, other)).job())
                        .isEqualTo(done.job()));
        assertThat(read(job).job()).isEqualTo(done.job());
    }

    @Test
    default void rule_64_the_same_outcome_again_is_answered_like_the_first_time() {
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        ClaimedJob failed = scheduledAndClaimed(store(), newJob());

        assertThat(accepted(settle(store(), done, Jobs.DONE)).job())
                .isEqualTo(accepted(settle(store(), done, Jobs.DONE)).job());
        Outcome no = Outcome.failed(new Failure("no"));
        assertThat(accepted(settle(store(), failed, no)).job())
                .isEqualTo(accepted(settle(store(), failed, no)).job());
    }

    @Test
    default void rule_65_an_end_is_replayed_unchanged_until_its_retention_is_over() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        settle(store(), claimed, Jobs.DONE);

        timePasses(POLICY.retention().minus(TICKS));
        assertThat(accepted(settle(store(), claimed, Jobs.DONE)).job())
                .isEqualTo(read(job).job());

        timePasses(TICKS.multipliedBy(2));
        assertThat(settle(store(), claimed, Jobs.DONE)).isInstanceOf(SettleResult.Unknown.class);
    }

    @Test
    default void rule_66_the_same_retry_again_pauses_no_longer() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        Outcome later = Outcome.retry(new Failure("later"));
        JobSnapshot first = accepted(settle(store(), claimed, later));

        assertThat(accepted(settle(store(), claimed, later)).job()).isEqualTo(first.job());
        assertThat(refused(settle(store(), claimed, Jobs.DONE)).job()).isEqualTo(first.job());
        assertThat(refused(settle(store(), claimed, Outcome.retry(new Failure("other"))))
                        .job())
                .isEqualTo(first.job());
    }

    @Test
    default void rule_67_a_retry_is_not_replayed_once_the_job_was_claimed_again() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        Outcome later = Outcome.retry(new Failure("later"));
        settle(store(), first, later);
        timePasses(POLICY.backoff().after(job.id(), 1));
        ClaimedJob second = claimed(store(), job.id());

        refused(settle(store(), first, later));

        renew(second, LEASE);
    }

    @Test
    default void rule_68_an_outcome_may_equal_that_of_the_attempt_before() {
        NewJob job = newJob();
        Outcome later = Outcome.retry(new Failure("later"));
        settle(store(), scheduledAndClaimed(store(), job), later);
        timePasses(POLICY.backoff().after(job.id(), 1));
        ClaimedJob second = claimed(store(), job.id());

        JobSnapshot answer = accepted(settle(store(), second, later));

        assertThat(Duration.between(answer.asOf(), pending(answer).eta().from()))
                .isCloseTo(POLICY.backoff().after(job.id(), 2), A_MOMENT);
    }

    @Test
    default void rule_69_an_outcome_of_an_unknown_job_is_reported_as_such() {
        assertThat(store().settle(new OutcomeReport(newId(), LeaseToken.FIRST, Jobs.DONE)))
                .isInstanceOf(SettleResult.Unknown.class);
    }
}
