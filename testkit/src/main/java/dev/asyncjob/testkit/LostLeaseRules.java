package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a claim takes, and what a lost lease costs. A part of {@link JobStoreContract}. */
interface LostLeaseRules extends StoreUnderTest {
    @Test
    default void rule_140_the_last_attempt_after_one_that_ended_with_its_lease_is_claimed_alone() {
        List<JobId> suspects = schedule(2, 2);
        assertThat(claimFrom(store(), 10)).hasSize(2);
        timePasses(LEASE.plus(TICKS));

        List<ClaimedJob> first = claimFrom(store(), 10);
        List<JobId> innocent = schedule(2, 2);
        List<ClaimedJob> second = claimFrom(store(), 10);
        List<ClaimedJob> rest = claimFrom(store(), 10);

        assertThat(ids(Stream.concat(first.stream(), second.stream()).toList()))
                .containsExactlyInAnyOrderElementsOf(suspects);
        assertThat(first).singleElement().satisfies(job -> {
            assertThat(job.suspect()).isTrue();
            assertThat(job.attempts()).isEqualTo(new Attempts(2, 2));
        });
        assertThat(second)
                .singleElement()
                .satisfies(job -> assertThat(job.suspect()).isTrue());
        assertThat(ids(rest)).containsExactlyInAnyOrderElementsOf(innocent);
        assertThat(rest).noneMatch(ClaimedJob::suspect);
    }

    @Test
    default void rule_141_a_claim_ends_before_a_suspect() {
        NewJob early = newJob().notBefore(store().now().plus(LEASE.dividedBy(2)));
        List<JobId> suspect = schedule(1, 2);
        assertThat(claimFrom(store(), 10)).hasSize(1);
        accepted(store().schedule(early, EXPECTED));
        timePasses(LEASE.plus(TICKS));

        assertThat(ids(claimFrom(store(), 10))).containsExactly(early.id());
        List<JobId> late = schedule(1, 2);
        assertThat(ids(claimFrom(store(), 10))).isEqualTo(suspect);
        assertThat(ids(claimFrom(store(), 10))).isEqualTo(late);
    }

    @Test
    default void rule_142_an_earlier_attempt_and_one_after_a_failure_are_claimed_together_with_others() {
        List<JobId> all = schedule(2, 3);
        List<ClaimedJob> lost = claimFrom(store(), 10);
        timePasses(LEASE.plus(TICKS));

        List<ClaimedJob> second = claimFrom(store(), 10);
        assertThat(ids(second)).containsExactlyInAnyOrderElementsOf(all);
        assertThat(second).noneMatch(ClaimedJob::suspect);
        second.forEach(job -> settle(store(), job, Outcome.retry(new Failure("later"))));
        timePasses(POLICY.backoff().max().plus(TICKS));

        List<ClaimedJob> third = claimFrom(store(), 10);
        assertThat(lost).hasSize(2);
        assertThat(ids(third)).containsExactlyInAnyOrderElementsOf(all);
        assertThat(third).noneMatch(ClaimedJob::suspect);
    }

    @Test
    default void rule_143_a_suspect_that_is_released_stays_one() {
        schedule(1, 2);
        assertThat(claimFrom(store(), 10)).hasSize(1);
        timePasses(LEASE.plus(TICKS));

        release(claimFrom(store(), 10).get(0));

        assertThat(claimFrom(store(), 10)).singleElement().satisfies(job -> {
            assertThat(job.suspect()).isTrue();
            assertThat(job.attempts()).isEqualTo(new Attempts(2, 2));
        });
    }

    @Test
    default void rule_144_a_lease_that_is_lost_before_the_jobs_turn_costs_no_attempt_once() {
        schedule(3, 5);
        Claim oneReady = claim(10, KIND).withReady(1);
        List<ClaimedJob> first = store().claim(oneReady);
        assertThat(attemptsMade(first)).containsExactly(1, 1, 1);
        timePasses(LEASE.plus(TICKS));

        List<ClaimedJob> second = store().claim(oneReady);
        assertThat(attemptsMade(second)).containsExactlyInAnyOrder(2, 1, 1);
        timePasses(LEASE.plus(TICKS));

        assertThat(attemptsMade(claimFrom(store(), 10))).containsExactlyInAnyOrder(3, 2, 2);
    }

    @Test
    default void rule_145_no_last_attempt_waits_for_a_thread() {
        schedule(3, 1);

        assertThat(store().claim(claim(10, KIND).withReady(0))).isEmpty();
        assertThat(store().claim(claim(10, KIND).withReady(2))).hasSize(2);
        assertThat(store().claim(claim(10, KIND).withReady(2))).hasSize(1);
    }

    @Test
    default void rule_146_a_claim_takes_no_more_payload_than_its_limit_but_one_job_always() {
        Payload large = new Payload('"' + "x".repeat(Payload.MAX_LENGTH - 2) + '"');
        int fits = Claim.MAX_PAYLOAD / Payload.MAX_LENGTH;
        IntStream.range(0, fits + 1).forEach(i -> accepted(store().schedule(newJob().withPayload(large), EXPECTED)));

        assertThat(claimFrom(store(), 10)).hasSize(fits);
        assertThat(claimFrom(store(), 10)).hasSize(1);
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    private List<JobId> schedule(int count, int maxAttempts) {
        return Stream.generate(() -> newJob().withMaxAttempts(maxAttempts))
                .limit(count)
                .peek(job -> accepted(store().schedule(job, EXPECTED)))
                .map(NewJob::id)
                .toList();
    }

    private static List<Integer> attemptsMade(List<ClaimedJob> jobs) {
        return jobs.stream().map(job -> job.attempts().made()).toList();
    }
}
