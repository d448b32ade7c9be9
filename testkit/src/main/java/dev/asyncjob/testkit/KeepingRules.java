package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Maintenance, the clock, concurrent calls and several nodes. A part of {@link JobStoreContract}. */
interface KeepingRules extends StoreUnderTest {
    @Test
    default void rule_73_a_job_whose_last_attempt_ran_out_of_its_lease_ends_failed() {
        NewJob job = newJob().withMaxAttempts(1);
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));

        assertThat(store().failSpent(10)).isEqualTo(1);

        AsyncJob.Failed failed = (AsyncJob.Failed) read(job).job();
        assertThat(failed.failure()).isEqualTo(Failure.ATTEMPTS_SPENT);
        assertThat(failed.links()).isEqualTo(LINKS);
        assertThat(Duration.between(failed.endedAt(), failed.keptUntil())).isEqualTo(POLICY.retention());
        assertThat(refused(settle(store(), claimed, Jobs.DONE)).job()).isEqualTo(failed);
        lost(renewal(claimed));
        assertThat(store().release(job.id(), claimed.lease().token())).isFalse();
        assertThat(store().failSpent(10)).isZero();
    }

    @Test
    default void rule_74_a_job_that_may_still_be_done_is_not_ended() {
        NewJob untried = newJob().withMaxAttempts(1);
        settle(store(), scheduledAndClaimed(store(), newJob()), Outcome.retry(new Failure("later")));
        scheduledAndClaimed(store(), newJob()); // one attempt made, two left
        ClaimedJob renewed = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        ClaimedJob released = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        accepted(store().schedule(untried, EXPECTED));
        timePasses(LEASE.plus(TICKS));
        renew(renewed, LEASE);
        release(released);

        assertThat(store().failSpent(10)).isZero();
    }

    @Test
    default void rule_75_spent_jobs_are_ended_in_batches() {
        for (int i = 0; i < 5; i++) {
            scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        }
        timePasses(LEASE.plus(TICKS));

        assertThat(store().failSpent(2)).isEqualTo(2);
        assertThat(store().failSpent(2)).isEqualTo(2);
        assertThat(store().failSpent(2)).isEqualTo(1);
        assertThat(store().failSpent(2)).isZero();
    }

    @Test
    default void rule_76_jobs_past_their_retention_are_removed_in_batches() {
        for (int i = 0; i < 5; i++) {
            settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        }
        timePasses(POLICY.retention().plus(TICKS));

        assertThat(store().forget(2)).isEqualTo(2);
        assertThat(store().forget(2)).isEqualTo(2);
        assertThat(store().forget(2)).isEqualTo(1);
        assertThat(store().forget(2)).isZero();
    }

    @Test
    default void rule_77_a_job_within_its_retention_is_not_removed() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.failed(new Failure("no")));
        timePasses(POLICY.retention().minus(TICKS));

        assertThat(store().forget(10)).isZero();
        assertThat(read(job).job().status()).isEqualTo(JobStatus.FAILED);
    }

    @Test
    default void rule_78_a_pending_job_is_never_removed() {
        NewJob waiting = newJob();
        NewJob spent = newJob().withMaxAttempts(1);
        scheduledAndClaimed(store(), spent);
        accepted(store().schedule(waiting, EXPECTED));
        timePasses(Duration.ofDays(4000));

        assertThat(store().forget(10)).isZero();
        assertThat(read(waiting).job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(read(spent).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_79_a_removed_job_is_unknown_and_its_id_is_free() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        settle(store(), claimed, Jobs.DONE);
        timePasses(POLICY.retention().plus(TICKS));
        store().forget(10);

        assertThat(store().find(OWNER, job.id())).isEmpty();
        assertThat(settle(store(), claimed, Jobs.DONE)).isInstanceOf(SettleResult.Unknown.class);
        assertThat(accepted(store().schedule(job.withMaxAttempts(7), EXPECTED))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_80_the_stores_clock_does_not_go_back() {
        Instant before = store().now();
        Instant after = store().now();

        assertThat(after).isAfterOrEqualTo(before);
    }

    /** A database may fail over to a machine whose clock is behind. */
    @Test
    default void rule_260_after_the_clock_was_set_back_each_call_does_what_it_did_before() {
        List<NewJob> jobs = Stream.generate(Jobs::newJob).limit(5).toList();
        List<ClaimedJob> claims =
                jobs.stream().map(job -> scheduledAndClaimed(store(), job)).toList();
        settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        timePasses(Duration.ofHours(-1));
        Instant end = store().now().plusSeconds(60).truncatedTo(ChronoUnit.MILLIS);

        renewed(store().renew(
                        jobs.get(0).id(),
                        claims.get(0).lease().token(),
                        new LeaseExtension(LEASE, end, 10.0, "a step")));
        accepted(settle(store(), claims.get(1), Jobs.DONE));
        accepted(settle(store(), claims.get(2), Outcome.retry(new Failure("later"))));
        accepted(settle(store(), claims.get(3), Outcome.failed(new Failure("no"))));
        release(claims.get(4));

        assertThat(read(jobs.get(0)).eta()).isEqualTo(end);
        assertThat(jobs.stream().map(job -> read(job).job().status()))
                .containsExactly(
                        JobStatus.PENDING, JobStatus.DONE, JobStatus.PENDING, JobStatus.FAILED, JobStatus.PENDING);
        assertThat(jobs)
                .allSatisfy(job -> Explanation.of(store().facts(null, job.id()).orElseThrow()));
        assertThat(store().list(JobFilter.ANY).jobs()).hasSize(jobs.size() + 1);
        assertThat(store().recentDurations(Jobs.KIND, 10))
                .as("of jobs that have ended since")
                .hasSize(2);
        assertThat(store().workloads(10))
                .singleElement()
                .satisfies(load -> assertThat(load.oldest()).isGreaterThanOrEqualTo(Duration.ZERO));
        assertThat(ids(claimFrom(store(), 10))).containsExactly(jobs.get(4).id());
        assertThat(store().forget(OWNER, store().now(), 10)).isEqualTo(3);
    }

    // ---- Concurrent calls

    @Test
    default void rule_70_of_two_different_outcomes_at_once_one_counts() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);

            List<SettleResult> verdicts = together(List.of(
                    () -> settle(store(), claimed, Jobs.DONE),
                    () -> settle(store(), claimed, Outcome.failed(new Failure("no")))));

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
    default void rule_71_the_same_outcome_concurrently_counts_once_for_all() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        List<SettleResult> verdicts = together(16, () -> settle(store(), claimed, Jobs.DONE));

        AsyncJob end = read(job).job();
        assertThat(verdicts)
                .allSatisfy(verdict -> assertThat(accepted(verdict).job()).isEqualTo(end));
    }

    @Test
    default void rule_72_an_outcome_and_a_claim_at_once_do_not_both_succeed() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob first = scheduledAndClaimed(store(), job);
            timePasses(LEASE.plus(TICKS));

            List<Boolean> won = together(List.of(
                    () -> settle(store(), first, Jobs.DONE) instanceof SettleResult.Accepted,
                    () -> ids(claimFrom(store(), 20)).contains(job.id())));

            assertThat(won).isNotEqualTo(List.of(true, true));
            assertThat(read(job).job().status()).isEqualTo(won.get(0) ? JobStatus.DONE : JobStatus.PENDING);
        }
    }

    // ---- Several nodes

    @Test
    default void rule_118_what_one_node_acknowledges_every_node_reads() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(otherNode().find(OWNER, job.id())).isPresent();

        ClaimedJob claimed = claimed(otherNode(), job.id());
        JobSnapshot end = accepted(settle(store(), claimed, Jobs.DONE));

        assertThat(otherNode().find(OWNER, job.id()).orElseThrow().job()).isEqualTo(end.job());
    }

    @Test
    default void rule_119_claims_of_several_nodes_at_once_return_each_job_once() {
        List<JobId> all = schedule(60);

        List<List<ClaimedJob>> claims = together(IntStream.range(0, 12)
                .<Callable<List<ClaimedJob>>>mapToObj(n -> () -> claimFrom(n % 2 == 0 ? store() : otherNode(), 5))
                .toList());

        List<JobId> given = claims.stream()
                .flatMap(List::stream)
                .map(claimed -> claimed.job().id())
                .toList();
        assertThat(given).doesNotHaveDuplicates();
        List<JobId> rest =
                claimUntilNone(10).stream().map(claimed -> claimed.job().id()).toList();
        assertThat(Stream.concat(given.stream(), rest.stream())).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    default void rule_120_of_two_nodes_that_settle_at_once_one_counts() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);

            List<SettleResult> verdicts = together(List.of(
                    () -> settle(store(), claimed, Jobs.DONE),
                    () -> settle(otherNode(), claimed, Outcome.failed(new Failure("no")))));

            assertThat(verdicts)
                    .filteredOn(SettleResult.Accepted.class::isInstance)
                    .hasSize(1);
            assertThat(otherNode().find(OWNER, job.id()).orElseThrow().job())
                    .isEqualTo(read(job).job());
        }
    }

    // ---- Earlier attempts

    @Test
    default void rule_122_an_outcome_of_an_earlier_attempt_is_refused_after_attempts_were_spent_too() {
        NewJob job = newJob().withMaxAttempts(2);
        ClaimedJob first = scheduledAndClaimed(store(), job);
        Outcome later = Outcome.retry(new Failure("later"));
        settle(store(), first, later);
        timePasses(POLICY.backoff().after(job.id(), 1));
        claimed(store(), job.id());
        timePasses(LEASE.plus(TICKS));
        assertThat(store().failSpent(10)).isEqualTo(1);

        assertThat(failureOf(refused(settle(store(), first, later)))).isEqualTo(Failure.ATTEMPTS_SPENT);
    }
}
