package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.RenewResult;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How leases are renewed and released. A part of {@link JobStoreContract}. */
interface LeaseRules extends StoreUnderTest {
    @Test
    default void rule_42_renewing_prolongs_the_lease_from_now() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        timePasses(LEASE.minus(TICKS));

        Lease renewed = renew(claimed, LEASE);

        assertThat(renewed.token()).isEqualTo(claimed.lease().token());
        assertThat(renewed.worker()).isEqualTo(WORKER);
        assertThat(Duration.between(store().now(), renewed.expiresAt())).isBetween(LEASE.minus(TICKS), LEASE);
        timePasses(LEASE.minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(TICKS.multipliedBy(2));
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_43_renewing_may_shorten_the_lease() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());

        renew(claimed, Duration.ofSeconds(1));
        timePasses(Duration.ofSeconds(2));

        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_44_a_lease_that_ran_out_can_be_renewed_while_the_job_was_not_claimed_again() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        timePasses(LEASE.plus(TICKS));

        renew(claimed, LEASE);

        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_45_a_lease_is_lost_to_the_next_claim() {
        NewJob job = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));
        ClaimedJob second = claimed(store(), job.id());

        assertThat(lost(renewal(first)).job()).isEqualTo(read(job).job());
        renew(second, LEASE);
    }

    @Test
    default void rule_46_a_settled_released_or_never_given_lease_cannot_be_renewed() {
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        settle(store(), done, Jobs.DONE);
        ClaimedJob pausing = scheduledAndClaimed(store(), newJob());
        settle(store(), pausing, Outcome.retry(new Failure("later")));
        ClaimedJob released = scheduledAndClaimed(store(), newJob());
        release(released);
        NewJob unclaimed = newJob(OTHER_KIND);
        accepted(store().schedule(unclaimed, EXPECTED));

        assertThat(Stream.of(done, pausing, released))
                .allSatisfy(job -> assertThat(lost(renewal(job)).job().id())
                        .isEqualTo(job.job().id()));
        lost(store().renew(unclaimed.id(), LeaseToken.FIRST, LeaseExtension.of(LEASE)));
        assertThat(store().renew(newId(), LeaseToken.FIRST, LeaseExtension.of(LEASE)))
                .isInstanceOf(RenewResult.Unknown.class);
    }

    @Test
    default void rule_47_the_shortest_and_the_longest_lease_hold() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());

        renew(claimed, Lease.MIN);
        Lease longest = renew(claimed, Lease.MAX);

        assertThat(Duration.between(store().now(), longest.expiresAt())).isBetween(Lease.MAX.minus(TICKS), Lease.MAX);
    }

    @Test
    default void rule_48_a_renewal_counts_no_attempt() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        renew(claimed, LEASE);
        timePasses(LEASE.plus(TICKS));

        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(2);
    }

    @Test
    default void rule_49_a_released_job_is_due_at_once_and_the_attempt_does_not_count() {
        NewJob job = newJob().withMaxAttempts(1);
        ClaimedJob first = scheduledAndClaimed(store(), job);

        release(first);

        ClaimedJob second = claimed(store(), job.id());
        assertThat(second.attempts()).isEqualTo(new Attempts(1, 1));
        assertThat(second.lease().token().value())
                .isGreaterThan(first.lease().token().value());
    }

    @Test
    default void rule_50_a_lease_that_ran_out_can_be_released_while_the_job_was_not_claimed_again() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));

        release(claimed);

        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(1);
    }

    @Test
    default void rule_51_a_release_uses_the_token_up() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        release(claimed);

        assertThat(store().release(job.id(), claimed.lease().token())).isFalse();
        assertThat(refused(settle(store(), claimed, Jobs.DONE)).job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(1);
    }

    @Test
    default void rule_52_a_lost_settled_or_unknown_lease_cannot_be_released() {
        NewJob job = newJob();
        ClaimedJob lost = scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));
        claimed(store(), job.id());
        ClaimedJob settled = scheduledAndClaimed(store(), newJob());
        settle(store(), settled, Jobs.DONE);

        assertThat(store().release(job.id(), lost.lease().token())).isFalse();
        assertThat(store().release(settled.job().id(), settled.lease().token())).isFalse();
        assertThat(store().release(newId(), LeaseToken.FIRST)).isFalse();
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_139_leases_are_renewed_together_except_those_that_are_lost() {
        List<ClaimedJob> held = Stream.generate(() -> scheduledAndClaimed(store(), newJob()))
                .limit(3)
                .toList();
        ClaimedJob settled = scheduledAndClaimed(store(), newJob());
        settle(store(), settled, Jobs.DONE);
        ClaimedJob released = scheduledAndClaimed(store(), newJob());
        release(released);
        ClaimedJob stolen = claimed(store(), released.job().id());
        HeldLease never = new HeldLease(newId(), LeaseToken.FIRST);
        timePasses(LEASE.minus(TICKS));
        Set<HeldLease> asked = Stream.concat(held.stream(), Stream.of(settled, released))
                .map(this::lease)
                .collect(Collectors.toSet());
        asked.add(never);

        assertThat(store().renewBatch(asked, LEASE))
                .containsExactlyInAnyOrderElementsOf(
                        held.stream().map(this::lease).toList());

        timePasses(TICKS.multipliedBy(2));
        assertThat(ids(claimFrom(store(), 10))).containsExactly(stolen.job().id());
        assertThat(store().renewBatch(Set.of(), LEASE)).isEmpty();
    }

    private HeldLease lease(ClaimedJob claimed) {
        return new HeldLease(claimed.job().id(), claimed.lease().token());
    }

    @Test
    default void rule_96_a_worker_corrects_the_forecast_when_it_renews() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        Instant end = store().now().plus(Duration.ofHours(2)).truncatedTo(ChronoUnit.MILLIS);

        Lease renewed = renewed(
                store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE.multipliedBy(2), end, null)));

        assertThat(read(job).eta()).isEqualTo(end);
        assertThat(renewed.expiresAt()).isAfter(claimed.lease().expiresAt());
        assertThat(claimed.job().createdAt()).isEqualTo(read(job).job().createdAt());
    }

    @Test
    default void rule_97_a_forecast_that_is_not_ahead_is_refused_and_changes_nothing() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        Instant now = store().now();
        JobSnapshot before = read(job);

        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> store().renew(
                                job.id(),
                                claimed.lease().token(),
                                new LeaseExtension(LEASE.multipliedBy(2), now, null)));

        assertThat(read(job).job()).isEqualTo(before.job());
        timePasses(LEASE.plus(TICKS));
        assertThat(claimFrom(store(), 1)).hasSize(1);
    }

    @Test
    default void rule_261_a_forecast_too_far_ahead_is_refused_and_no_other_call_fails_for_it() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        JobSnapshot before = read(job);
        Instant end = store().now().plus(Eta.MAX_EXPECTED);
        Instant latest = end.minus(TICKS).truncatedTo(ChronoUnit.MILLIS);

        for (Instant late : List.of(end.plusSeconds(1), end.plus(TICKS), Instant.parse("9899-12-31T23:59:59Z"))) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() ->
                            store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, late, null)));
            assertThat(read(job).job()).isEqualTo(before.job());
        }
        renewed(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, latest, null)));

        assertThat(read(job).eta()).isEqualTo(latest);
        timePasses(LEASE.plus(TICKS));
        assertThat(claimFrom(store(), 1)).hasSize(1);
    }

    @Test
    default void rule_98_a_renewal_without_a_forecast_leaves_it() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        JobSnapshot before = read(job);

        renew(claimed, LEASE);

        assertThat(read(job).job()).isEqualTo(before.job());
    }

    @Test
    default void rule_99_a_lost_lease_corrects_no_forecast() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        JobSnapshot end = accepted(settle(store(), claimed, Jobs.DONE));
        Instant later = store().now().plus(Duration.ofHours(2));

        assertThat(lost(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, later, 50.0)))
                        .job())
                .isEqualTo(end.job());
        assertThat(read(job).job()).isEqualTo(end.job());
    }
}
