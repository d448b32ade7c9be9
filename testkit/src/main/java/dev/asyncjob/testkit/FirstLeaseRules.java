package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.renewed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Jobs that are born leased. A part of {@link JobStoreContract}. */
interface FirstLeaseRules extends StoreUnderTest {
    @Test
    default void rule_158_a_job_that_is_born_leased_cannot_be_claimed_before_its_lease_ends() {
        NewJob job = leased();
        ScheduleResult result = store().schedule(job, EXPECTED);

        Lease lease = result.firstLease().orElseThrow();
        assertThat(lease)
                .isEqualTo(new Lease(
                        LeaseToken.FIRST,
                        WORKER,
                        accepted(result).job().createdAt().plus(LEASE)));
        assertThat(claimFrom(store(), 10)).isEmpty();
        JobPage.Entry entry = store().list(JobFilter.ANY).jobs().get(0);
        assertThat(entry.attempts()).isEqualTo(1);
        assertThat(entry.lease()).isEqualTo(lease);
        assertThat(read(job).job()).isEqualTo(accepted(result).job());
        timePasses(LEASE.minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
        assertThat(store().schedule(newJob(), EXPECTED).firstLease()).isEmpty();
    }

    @Test
    default void rule_159_its_worker_renews_and_settles_it_like_any_other() {
        NewJob job = leased();
        accepted(store().schedule(job, EXPECTED));
        timePasses(LEASE.minus(TICKS));

        Lease renewed = renewed(renewal(job));
        assertThat(renewed.token()).isEqualTo(LeaseToken.FIRST);
        assertThat(renewed.worker()).isEqualTo(WORKER);
        timePasses(LEASE.minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();

        accepted(settled(job, Jobs.DONE));
        assertThat(read(job).job().status()).isEqualTo(JobStatus.DONE);
        accepted(settled(job, Jobs.DONE));
        refused(settled(job, Outcome.failed(new Failure("no"))));
    }

    @Test
    default void rule_160_after_its_lease_it_is_claimed_and_its_first_worker_has_lost_it() {
        NewJob job = leased();
        accepted(store().schedule(job, EXPECTED));
        timePasses(LEASE.plus(TICKS));

        ClaimedJob claimed = claimed(store(), job.id());

        assertThat(claimed.attempts()).isEqualTo(new Attempts(2, POLICY.maxAttempts()));
        assertThat(claimed.lease().token()).isEqualTo(LeaseToken.FIRST.next());
        lost(renewal(job));
        refused(settled(job, Jobs.DONE));
        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_161_its_worker_may_settle_it_after_its_lease_until_it_is_claimed() {
        NewJob job = leased();
        accepted(store().schedule(job, EXPECTED));
        timePasses(LEASE.plus(TICKS));

        accepted(settled(job, Jobs.DONE));
    }

    @Test
    default void rule_162_with_one_attempt_it_ends_failed_after_its_lease() {
        NewJob job = leased().withMaxAttempts(1);
        accepted(store().schedule(job, EXPECTED));
        assertThat(store().failSpent(10)).isZero();
        timePasses(LEASE.plus(TICKS));

        assertThat(claimFrom(store(), 10)).isEmpty();
        assertThat(store().failSpent(10)).isEqualTo(1);
        assertThat(failureOf(read(job))).isEqualTo(Failure.ATTEMPTS_SPENT);
    }

    @Test
    default void rule_163_a_last_attempt_after_the_lease_of_its_birth_is_a_suspects() {
        NewJob job = leased().withMaxAttempts(2);
        accepted(store().schedule(job, EXPECTED));
        timePasses(LEASE.plus(TICKS));

        assertThat(claimed(store(), job.id()).suspect()).isTrue();
    }

    @Test
    default void rule_164_a_failed_first_attempt_is_tried_again() {
        NewJob job = leased();
        accepted(store().schedule(job, EXPECTED));
        accepted(settled(job, Outcome.retry(new Failure("later"))));
        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(POLICY.backoff().after(job.id(), 1).plus(TICKS));

        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(2);
    }

    @Test
    default void rule_165_released_it_is_claimed_at_once_as_if_untried() {
        NewJob job = leased().withMaxAttempts(1);
        accepted(store().schedule(job, EXPECTED));

        assertThat(store().release(job.id(), LeaseToken.FIRST)).isTrue();

        ClaimedJob claimed = claimed(store(), job.id());
        assertThat(claimed.attempts()).isEqualTo(new Attempts(1, 1));
        assertThat(claimed.lease().token()).isEqualTo(LeaseToken.FIRST.next());
    }

    @Test
    default void rule_166_a_repetition_gets_the_first_lease_whatever_became_of_it() {
        NewJob job = leased().withIdempotencyKey(key("k", "request"));
        ScheduleResult first = store().schedule(job, EXPECTED);
        assertThat(store().schedule(job, EXPECTED)).isEqualTo(first);
        assertThat(store().repeated(withId(job, newId()))).contains(first);
        renewed(store().renew(job.id(), LeaseToken.FIRST, LeaseExtension.of(LEASE.plus(LEASE))));
        assertThat(store().schedule(job, EXPECTED)).isEqualTo(first);
        accepted(settled(job, Jobs.DONE));
        assertThat(store().schedule(job, EXPECTED)).isEqualTo(first);

        NewJob lost = leased();
        accepted(store().schedule(lost, EXPECTED));
        timePasses(LEASE.plus(TICKS));
        claimed(store(), lost.id());
        ScheduleResult again = store().schedule(lost, EXPECTED);
        Lease lease = again.firstLease().orElseThrow();
        assertThat(lease.token()).isEqualTo(LeaseToken.FIRST);
        assertThat(Duration.between(accepted(again).job().createdAt(), lease.expiresAt()))
                .isEqualTo(LEASE);
        refused(settled(lost, Jobs.DONE));
    }

    @Test
    default void rule_167_another_lease_is_other_content() {
        NewJob job = leased();
        accepted(store().schedule(job, EXPECTED));
        NewJob unleased = newJob();
        accepted(store().schedule(unleased, EXPECTED));

        for (NewJob other : List.of(
                job.leasedTo(new WorkerId("worker-2"), LEASE),
                job.leasedTo(WORKER, LEASE.plusSeconds(1)),
                NewJob.of(job.id(), OWNER, job.kind(), job.links()),
                unleased.leasedTo(WORKER, LEASE))) {
            assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class);
        }
        assertThat(store().schedule(job.scheduledBy(new Owner("another")), EXPECTED))
                .isInstanceOf(ScheduleResult.Contradiction.class);
    }

    @Test
    default void rule_168_leased_jobs_and_others_are_scheduled_together() {
        NewJob leased = leased();
        NewJob open = newJob();

        List<ScheduleResult> results = scheduleAll(List.of(leased, open, leased().withMaxAttempts(1)));

        assertThat(results)
                .extracting(result -> result.firstLease().isPresent())
                .containsExactly(true, false, true);
        assertThat(claimFrom(store(), 10)).singleElement().satisfies(claimed -> {
            assertThat(claimed.job().id()).isEqualTo(open.id());
            assertThat(claimed.attempts().made()).isEqualTo(1);
        });
        accepted(settled(leased, Jobs.DONE));
    }

    @Test
    default void rule_169_a_repetition_under_the_key_gets_no_lease_that_the_job_was_not_born_with() {
        NewJob unleased = newJob().withIdempotencyKey(key("k", "request"));
        accepted(store().schedule(unleased, EXPECTED));
        NewJob leased = leased().withIdempotencyKey(key("l", "request"));
        accepted(store().schedule(leased, EXPECTED));

        for (NewJob other : List.of(
                unleased.leasedTo(WORKER, LEASE),
                leased.leasedTo(new WorkerId("worker-2"), LEASE),
                newJob().withIdempotencyKey(key("l", "request")))) {
            assertThat(store().schedule(other, EXPECTED).firstLease()).isEmpty();
        }
    }

    private static NewJob leased() {
        return newJob().leasedTo(WORKER, LEASE);
    }

    private static NewJob withId(NewJob job, JobId id) {
        return NewJob.of(id, job.owner(), job.kind(), job.links())
                .leasedTo(WORKER, LEASE)
                .withIdempotencyKey(java.util.Objects.requireNonNull(job.idempotencyKey()));
    }

    private RenewResult renewal(NewJob job) {
        return store().renew(job.id(), LeaseToken.FIRST, LeaseExtension.of(LEASE));
    }

    private SettleResult settled(NewJob job, Outcome outcome) {
        return store().settle(new OutcomeReport(job.id(), LeaseToken.FIRST, outcome));
    }
}
