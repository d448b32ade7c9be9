package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How jobs are claimed. A part of {@link JobStoreContract}. */
interface ClaimingRules extends StoreUnderTest {
    @Test
    default void rule_27_a_claimed_job_carries_all_that_a_worker_needs() {
        NewJob job = newJob().withPayload(new Payload("[1]")).withMaxAttempts(9);

        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        assertThat(claimed.job()).isEqualTo(read(job).job());
        assertThat(claimed.attempts()).isEqualTo(new Attempts(1, 9));
        assertThat(claimed.payload()).isEqualTo(job.payload());
        assertThat(claimed.lease().worker()).isEqualTo(WORKER);
        assertThat(Duration.between(store().now(), claimed.lease().expiresAt())).isBetween(LEASE.minus(TICKS), LEASE);
    }

    @Test
    default void rule_28_attempts_are_the_policys_unless_the_producer_sets_them() {
        assertThat(scheduledAndClaimed(store(), newJob()).attempts()).isEqualTo(new Attempts(1, POLICY.maxAttempts()));
    }

    @Test
    default void rule_29_jobs_are_claimed_by_kind() {
        NewJob one = newJob(KIND);
        NewJob other = newJob(OTHER_KIND);
        accepted(store().schedule(one, EXPECTED));
        accepted(store().schedule(other, EXPECTED));

        assertThat(store().claim(claim(10, new JobKind("never.scheduled")))).isEmpty();
        assertThat(ids(store().claim(claim(10, OTHER_KIND)))).containsExactly(other.id());
        assertThat(ids(store().claim(claim(10, OTHER_KIND, KIND)))).containsExactly(one.id());
    }

    @Test
    default void rule_30_of_several_kinds_one_claim_takes_the_longest_due_in_their_order() {
        List<JobId> due = due(KIND, OTHER_KIND, OTHER_KIND, KIND, OTHER_KIND, KIND);

        assertThat(ids(store().claim(claim(4, KIND, OTHER_KIND)))).isEqualTo(due.subList(0, 4));
        assertThat(ids(store().claim(claim(4, KIND, OTHER_KIND)))).isEqualTo(due.subList(4, 6));
    }

    @Test
    default void rule_31_no_claim_returns_more_than_its_maximum() {
        schedule(5);

        assertThat(claimFrom(store(), 3)).hasSize(3);
        assertThat(claimFrom(store(), 3)).hasSize(2);
        assertThat(claimFrom(store(), 3)).isEmpty();
    }

    @Test
    default void rule_32_the_longest_due_comes_first() {
        List<JobId> due = due(KIND, KIND, KIND, KIND);

        assertThat(ids(claimFrom(store(), 2))).isEqualTo(due.subList(0, 2));
        assertThat(ids(claimFrom(store(), 2))).isEqualTo(due.subList(2, 4));
    }

    /** Schedules a job of each kind, the last first; all become due, one after the other. */
    private List<JobId> due(JobKind... kinds) {
        Deque<JobId> due = new ArrayDeque<>();
        Instant later = store().now().plus(Duration.ofHours(1));
        for (int i = kinds.length - 1; i >= 0; i--) {
            NewJob job = newJob(kinds[i]).notBefore(later.plus(Duration.ofMinutes(i)));
            accepted(store().schedule(job, EXPECTED));
            due.addFirst(job.id());
        }
        timePasses(Duration.ofHours(2));
        return List.copyOf(due);
    }

    @Test
    default void rule_33_a_lease_that_ran_out_and_a_pause_that_is_over_are_in_the_same_order() {
        ClaimedJob pausing = scheduledAndClaimed(store(), newJob());
        settle(store(), pausing, Outcome.retry(new Failure("later"))); // due in about a minute
        ClaimedJob leased = scheduledAndClaimed(store(), newJob()); // due in ten minutes
        NewJob planned = newJob().notBefore(store().now().plus(Duration.ofMinutes(5)));
        accepted(store().schedule(planned, EXPECTED));
        timePasses(Duration.ofHours(1));

        assertThat(ids(claimFrom(store(), 10)))
                .containsExactly(pausing.job().id(), planned.id(), leased.job().id());
    }

    @Test
    default void rule_34_no_job_is_claimable_before_it_is_due() {
        NewJob job = newJob().notBefore(store().now().plus(Duration.ofMinutes(10)));
        accepted(store().schedule(job, EXPECTED));

        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(Duration.ofMinutes(10).minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(TICKS);
        assertThat(ids(claimFrom(store(), 10))).containsExactly(job.id());
    }

    @Test
    default void rule_35_a_leased_job_is_not_claimable_again() {
        scheduledAndClaimed(store(), newJob());

        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(LEASE.minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_36_a_lease_that_ran_out_is_claimable_again_with_a_greater_token() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plusMillis(1));

        ClaimedJob second = claimed(store(), job.id());

        assertThat(second.lease().token().value())
                .isGreaterThan(first.lease().token().value());
        assertThat(second.attempts()).isEqualTo(new Attempts(2, POLICY.maxAttempts()));
        assertThat(second.payload()).isEqualTo(first.payload());
    }

    @Test
    default void rule_37_a_job_whose_attempts_are_spent_is_not_claimable() {
        NewJob job = newJob().withMaxAttempts(2);
        scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));
        claimed(store(), job.id());
        timePasses(LEASE.plus(TICKS));

        assertThat(claimFrom(store(), 10)).isEmpty();
        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_38_an_ended_job_is_not_claimable() {
        settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        settle(store(), scheduledAndClaimed(store(), newJob()), Outcome.failed(new Failure("no")));
        timePasses(Duration.ofMinutes(30));

        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_39_a_claim_leaves_the_owners_view_untouched() {
        NewJob job = newJob();
        JobSnapshot scheduled = accepted(store().schedule(job, EXPECTED));

        claimed(store(), job.id());

        assertThat(read(job).job()).isEqualTo(scheduled.job());
    }

    @Test
    default void rule_40_of_many_claims_at_once_for_one_job_one_gets_it() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        List<List<ClaimedJob>> answers = together(64, () -> claimFrom(store(), 1));

        assertThat(answers.stream().flatMap(List::stream))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.job().id()).isEqualTo(job.id()));
    }

    @Test
    default void rule_41_many_claims_at_once_for_many_jobs_return_each_once() {
        List<JobId> all = schedule(200);
        List<ClaimedJob> claimed = Collections.synchronizedList(new ArrayList<>());

        together(8, () -> claimed.addAll(claimUntilNone(7)));
        claimed.addAll(claimUntilNone(7));

        assertThat(ids(claimed)).containsExactlyInAnyOrderElementsOf(all);
        assertThat(claimed).allSatisfy(job -> assertThat(job.attempts().made()).isEqualTo(1));
    }

    @Test
    default void rule_89_a_claim_repeated_under_its_id_gives_the_same_jobs_while_their_leases_hold() {
        schedule(3);
        List<ClaimedJob> first = store().claim(claim(2, KIND).withId(id("c1")));

        List<ClaimedJob> second = store().claim(claim(2, KIND).withId(id("c1")));

        assertThat(first).hasSize(2);
        assertThat(second).containsExactlyInAnyOrderElementsOf(first);
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_90_a_repeated_claim_gives_what_is_left_of_its_jobs() {
        schedule(2);
        List<ClaimedJob> first = store().claim(claim(2, KIND).withId(id("c1")));
        settle(store(), first.get(0), Jobs.DONE);

        assertThat(store().claim(claim(2, KIND).withId(id("c1")))).containsExactly(first.get(1));
    }

    @Test
    default void rule_91_a_repeated_claim_shows_a_renewed_lease_as_it_is() {
        schedule(1);
        ClaimedJob first = store().claim(claim(1, KIND).withId(id("c1"))).get(0);
        Lease longer = renew(first, LEASE.multipliedBy(2));

        assertThat(store().claim(claim(1, KIND).withId(id("c1"))))
                .singleElement()
                .satisfies(again -> assertThat(again.lease()).isEqualTo(longer));
    }

    @Test
    default void rule_92_a_claim_repeated_after_its_leases_ran_out_is_a_new_claim() {
        schedule(1);
        ClaimedJob first = store().claim(claim(1, KIND).withId(id("c1"))).get(0);
        timePasses(LEASE.plus(TICKS));

        assertThat(store().claim(claim(1, KIND).withId(id("c1"))))
                .singleElement()
                .satisfies(again -> {
                    assertThat(again.lease().token())
                            .isEqualTo(first.lease().token().next());
                    assertThat(again.attempts().made()).isEqualTo(2);
                });
    }

    @Test
    default void rule_93_claims_of_other_ids_or_clients_or_without_an_id_are_other_claims() {
        schedule(1);
        store().claim(claim(1, KIND).withId(id("c1")));

        assertThat(store().claim(claim(1, KIND).withId(id("c2")))).isEmpty();
        assertThat(store().claim(claim(1, KIND).withId(ClaimId.of(OTHER_OWNER, "c1"))))
                .isEmpty();
        assertThat(store().claim(claim(1, KIND))).isEmpty();
    }

    @Test
    default void rule_94_a_claim_without_an_id_ends_what_an_earlier_id_knew() {
        schedule(1);
        store().claim(claim(1, KIND).withId(id("c1")));
        timePasses(LEASE.plus(TICKS));
        assertThat(claimFrom(store(), 1)).hasSize(1);

        assertThat(store().claim(claim(1, KIND).withId(id("c1")))).isEmpty();
    }

    @Test
    default void rule_95_one_claim_sent_concurrently_gives_all_the_same_jobs() {
        schedule(40);

        List<List<ClaimedJob>> answers =
                together(16, () -> store().claim(claim(2, KIND).withId(id("c1"))));

        assertThat(answers.get(0)).hasSize(2);
        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer).containsExactlyInAnyOrderElementsOf(answers.get(0)));
        assertThat(claimUntilNone(50)).hasSize(38);
    }

    private static ClaimId id(String name) {
        return ClaimId.of(OWNER, name);
    }
}
