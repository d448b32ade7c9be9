package dev.asyncjob.application.spi;

import static dev.asyncjob.application.spi.Jobs.EXPECTED;
import static dev.asyncjob.application.spi.Jobs.KIND;
import static dev.asyncjob.application.spi.Jobs.LEASE;
import static dev.asyncjob.application.spi.Jobs.LINKS;
import static dev.asyncjob.application.spi.Jobs.OTHER_KIND;
import static dev.asyncjob.application.spi.Jobs.OWNER;
import static dev.asyncjob.application.spi.Jobs.RESULT;
import static dev.asyncjob.application.spi.Jobs.STRANGER;
import static dev.asyncjob.application.spi.Jobs.WORKER;
import static dev.asyncjob.application.spi.Jobs.accepted;
import static dev.asyncjob.application.spi.Jobs.claim;
import static dev.asyncjob.application.spi.Jobs.claimFrom;
import static dev.asyncjob.application.spi.Jobs.claimed;
import static dev.asyncjob.application.spi.Jobs.newId;
import static dev.asyncjob.application.spi.Jobs.newJob;
import static dev.asyncjob.application.spi.Jobs.refused;
import static dev.asyncjob.application.spi.Jobs.scheduledAndClaimed;
import static dev.asyncjob.application.spi.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Backoff;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Scheduling;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link JobStore} keeps, as rules that run: implement this in a test class of your store.
 *
 * <p>The rules never wait and never compare instants from before and after {@link #timePasses}; they allow the store's
 * clock to tick on by itself for some seconds.
 *
 * <p>Not promised, so no rule asks for it:
 *
 * <ul>
 *   <li>an order among jobs that became due at the same instant;
 *   <li>that a claim finds every due job while other claims are under way: it may return fewer, never the same;
 *   <li>that a job is settled only within its lease, or that its handler runs only once;
 *   <li>instants finer than a microsecond;
 *   <li>tokens that go on growing when an id is used again after its retention;
 *   <li>an answer to a repeated outcome once the job was claimed again, or to a repeated release: both are refused.
 * </ul>
 */
public interface JobStoreContract {
    /** Defaults but for 3 attempts with rests of 1 min to 10 min, and an hour of retention. */
    WorkPolicy POLICY = WorkPolicy.defaults()
            .withMaxAttempts(3)
            .withBackoff(new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(10)))
            .withRetention(Duration.ofHours(1));

    /** How far a store's own clock may tick on while a rule runs. */
    Duration TICKS = Duration.ofSeconds(20);

    /** How far instants may lie apart that one intent took from the clock. */
    Duration A_MOMENT = Duration.ofSeconds(5);

    /** The store of this test: empty when the test begins, opened under {@link #POLICY}, the same at every call. */
    JobStore store();

    /**
     * Makes the store's clock seem to have moved on by {@code duration}: moves a settable clock, or else every stored
     * and cached instant into the past.
     */
    void timePasses(Duration duration);

    // ---- Scheduling

    @Test
    default void rule_01_a_scheduled_job_reads_pending_as_it_was_answered() {
        NewJob job = newJob();

        JobSnapshot answer = accepted(store().schedule(job, EXPECTED));

        assertThat(answer.job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(answer.job().id()).isEqualTo(job.id());
        assertThat(answer.job().owner()).isEqualTo(OWNER);
        assertThat(answer.job().kind()).isEqualTo(KIND);
        assertThat(answer.job().links()).isEqualTo(LINKS);
        assertThat(read(job).job()).isEqualTo(answer.job());
    }

    @Test
    default void rule_02_a_job_is_created_on_the_stores_clock() {
        Instant before = store().now();
        JobSnapshot answer = accepted(store().schedule(newJob(), EXPECTED));
        Instant after = store().now();

        assertThat(answer.asOf()).isBetween(before, after);
        assertThat(answer.job().createdAt()).isBetween(before, after);
    }

    @Test
    default void rule_03_the_same_job_sent_again_changes_nothing() {
        NewJob job = newJob().withPayload(new Payload("{\"a\":1}")).withMaxAttempts(2);
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));

        JobSnapshot second = accepted(store().schedule(job, EXPECTED.plusSeconds(5)));

        assertThat(second.job()).isEqualTo(first.job());
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_04_the_same_job_sent_again_while_it_is_worked_on_is_not_given_out_again() {
        NewJob job = newJob();
        scheduledAndClaimed(store(), job);

        JobSnapshot answer = accepted(store().schedule(job, EXPECTED));

        assertThat(answer.job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_05_the_same_job_sent_again_after_its_end_is_answered_with_its_end() {
        NewJob job = newJob();
        JobSnapshot ended = accepted(settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE));

        JobSnapshot answer = accepted(store().schedule(job, EXPECTED));

        assertThat(answer.job()).isEqualTo(ended.job());
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_06_an_id_taken_by_other_content_is_a_contradiction_and_changes_nothing() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        ResourceLinks otherLinks = ResourceLinks.of(ResourceLink.to("eHealth/other"));

        assertThat(Stream.of(
                        NewJob.of(job.id(), STRANGER, KIND, LINKS),
                        NewJob.of(job.id(), OWNER, OTHER_KIND, LINKS),
                        NewJob.of(job.id(), OWNER, KIND, otherLinks),
                        job.withPayload(new Payload("{}")),
                        job.notBefore(store().now().plusSeconds(60)),
                        job.withMaxAttempts(7)))
                .allSatisfy(other ->
                        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(Scheduling.Contradiction.class));
        assertThat(read(job).job()).isEqualTo(first.job());
        assertThat(store().find(STRANGER, job.id())).isEmpty();
    }

    @Test
    default void rule_07_an_id_is_taken_after_its_jobs_end_too() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);

        assertThat(store().schedule(job.withMaxAttempts(7), EXPECTED)).isInstanceOf(Scheduling.Contradiction.class);
    }

    @Test
    default void rule_08_an_id_past_its_retention_is_free_for_other_content() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);
        timePasses(POLICY.retention().plus(TICKS));
        NewJob other = NewJob.of(job.id(), STRANGER, OTHER_KIND, LINKS);

        JobSnapshot answer = accepted(store().schedule(other, EXPECTED));

        assertThat(answer.job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(answer.job().owner()).isEqualTo(STRANGER);
        assertThat(store().claim(claim(10, OTHER_KIND)))
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.attempts()).isEqualTo(new Attempts(1, POLICY.maxAttempts())));
    }

    @Test
    default void rule_09_the_same_job_sent_again_past_its_retention_is_a_new_job() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);
        timePasses(POLICY.retention().plus(TICKS));

        assertThat(accepted(store().schedule(job, EXPECTED)).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_10_the_same_job_sent_at_once_from_many_sides_is_kept_once() {
        NewJob job = newJob();

        List<Scheduling> answers = together(16, () -> store().schedule(job, EXPECTED));

        AsyncJob kept = read(job).job();
        assertThat(answers)
                .allSatisfy(answer -> assertThat(accepted(answer).job()).isEqualTo(kept));
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_11_different_jobs_sent_at_once_under_one_id_leave_one_and_contradictions() {
        NewJob job = newJob();
        List<Callable<Scheduling>> rivals = IntStream.rangeClosed(1, 8)
                .<Callable<Scheduling>>mapToObj(
                        n -> () -> store().schedule(job.withPayload(new Payload("" + n)), EXPECTED))
                .toList();

        List<Scheduling> answers = together(rivals);

        assertThat(answers).filteredOn(Scheduling.Accepted.class::isInstance).hasSize(1);
        assertThat(answers)
                .filteredOn(Scheduling.Contradiction.class::isInstance)
                .hasSize(7);
    }

    @Test
    default void rule_12_not_before_is_kept_to_the_microsecond_and_the_forecast_starts_there() {
        Instant begin =
                store().now().plusSeconds(600).truncatedTo(ChronoUnit.MILLIS).plusNanos(123_456_000);
        NewJob job = newJob().notBefore(begin);

        AsyncJob.Pending answer = pending(accepted(store().schedule(job, EXPECTED)));

        assertThat(answer.eta().from()).isEqualTo(begin);
        assertThat(pending(read(job))).isEqualTo(answer);
    }

    @Test
    default void rule_13_a_payload_reaches_the_worker_as_it_was_given() {
        Payload payload = new Payload(" {\"z\":1,  \"a\" : \"Ґанок \uD83C\uDFE5 '\\\"; drop -- ? :x\\u0000\"}\n");
        NewJob job = newJob().withPayload(payload);

        assertThat(scheduledAndClaimed(store(), job).payload()).isEqualTo(payload);
    }

    @Test
    default void rule_14_a_job_without_payload_has_the_payload_none() {
        assertThat(scheduledAndClaimed(store(), newJob()).payload()).isEqualTo(Payload.NONE);
    }

    @Test
    default void rule_15_links_are_kept_in_order_with_and_without_href() {
        ResourceLinks links = ResourceLinks.of(
                ResourceLink.to("b"),
                new ResourceLink("a", "composition/1?x=%20&y=a,b#f"),
                ResourceLink.to("a"),
                new ResourceLink("b", "https://example.org/a"),
                ResourceLink.to("b"));
        NewJob job = NewJob.of(newId(), OWNER, KIND, links);

        assertThat(scheduledAndClaimed(store(), job).job().links()).isEqualTo(links);
        assertThat(read(job).job().links()).isEqualTo(links);
    }

    @Test
    default void rule_16_the_longest_values_are_kept() {
        JobKind kind = new JobKind("k".repeat(JobKind.MAX_LENGTH));
        NewJob job = new NewJob(
                newId(),
                new Owner("o".repeat(Owner.MAX_LENGTH)),
                kind,
                new ResourceLinks(Collections.nCopies(
                        ResourceLinks.MAX,
                        new ResourceLink(
                                "e".repeat(ResourceLink.MAX_ENTITY_LENGTH), "h".repeat(ResourceLink.MAX_HREF_LENGTH)))),
                new Payload("漢".repeat(Payload.MAX_LENGTH)),
                Instant.EPOCH,
                Attempts.MAX);
        WorkerId worker = new WorkerId("w".repeat(WorkerId.MAX_LENGTH));
        accepted(store().schedule(job, EXPECTED));

        ClaimedJob claimed =
                store().claim(new Claim(worker, Set.of(kind), 1, Lease.MAX)).get(0);
        Failure failure = new Failure("\uD83C\uDFE5".repeat(Failure.MAX_LENGTH / 2));
        settle(store(), claimed, Outcome.failed(failure));

        assertThat(claimed.job().links()).isEqualTo(job.links());
        assertThat(claimed.payload().json()).isEqualTo(job.payload().json());
        assertThat(claimed.attempts().max()).isEqualTo(Attempts.MAX);
        assertThat(claimed.lease().worker()).isEqualTo(worker);
        assertThat(failureOf(read(job))).isEqualTo(failure);
    }

    // ---- Reading

    @Test
    default void rule_17_a_job_nobody_scheduled_reads_as_missing() {
        assertThat(store().find(OWNER, newId())).isEmpty();
    }

    @Test
    default void rule_18_anothers_job_reads_as_missing_whatever_its_state() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(store().find(STRANGER, job.id())).isEmpty();

        settle(store(), claimed(store(), job.id()), Jobs.DONE);
        assertThat(store().find(STRANGER, job.id())).isEmpty();
        assertThat(store().find(OWNER, job.id())).isPresent();
    }

    @Test
    default void rule_19_owners_differ_by_case() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(store().find(new Owner("CLINIC-7"), job.id())).isEmpty();
    }

    @Test
    default void rule_20_a_job_is_read_as_of_the_stores_clock() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        Instant before = store().now();
        JobSnapshot snapshot = read(job);

        assertThat(snapshot.asOf()).isBetween(before, store().now());
    }

    @Test
    default void rule_21_the_forecast_is_the_expected_duration_ahead() {
        JobSnapshot snapshot = accepted(store().schedule(newJob(), Duration.ofMinutes(5)));

        assertThat(Duration.between(snapshot.asOf(), snapshot.eta())).isCloseTo(Duration.ofMinutes(5), A_MOMENT);
    }

    @Test
    default void rule_22_the_forecast_of_a_pending_job_is_ahead_also_when_it_is_overdue() {
        NewJob job = newJob();
        accepted(store().schedule(job, Duration.ZERO));
        JobSnapshot fresh = read(job);
        assertThat(fresh.eta()).isAfter(fresh.asOf());

        for (Duration late : List.of(Duration.ofSeconds(90), Duration.ofHours(7), Duration.ofDays(4000))) {
            timePasses(late);
            JobSnapshot snapshot = read(job);
            assertThat(snapshot.eta()).isAfter(snapshot.asOf());
            assertThat(Duration.between(snapshot.asOf(), snapshot.eta())).isLessThanOrEqualTo(Duration.ofSeconds(60));
        }
    }

    @Test
    default void rule_23_the_forecast_of_an_ended_job_is_its_end() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());

        JobSnapshot ended = accepted(settle(store(), claimed, Jobs.DONE));

        assertThat(ended.eta()).isEqualTo(((AsyncJob.Ended) ended.job()).endedAt());
    }

    @Test
    default void rule_24_an_ended_job_can_be_read_until_its_retention_is_over() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);

        timePasses(POLICY.retention().minus(TICKS));
        assertThat(read(job).job().status()).isEqualTo(JobStatus.DONE);

        timePasses(TICKS.multipliedBy(2));
        assertThat(store().find(OWNER, job.id())).isEmpty();
    }

    @Test
    default void rule_25_a_pending_job_never_gets_too_old_to_be_read_and_claimed() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        timePasses(POLICY.retention().multipliedBy(100));

        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(1);
    }

    @Test
    default void rule_26_reading_twice_gives_the_same_job() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(read(job).job()).isEqualTo(read(job).job());
    }

    // ---- Claiming

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
    default void rule_28_attempts_are_the_policys_unless_the_producer_says() {
        assertThat(scheduledAndClaimed(store(), newJob()).attempts()).isEqualTo(new Attempts(1, POLICY.maxAttempts()));
    }

    @Test
    default void rule_29_jobs_are_claimed_by_kind() {
        NewJob one = newJob(KIND);
        NewJob other = newJob(OTHER_KIND);
        accepted(store().schedule(one, EXPECTED));
        accepted(store().schedule(other, EXPECTED));

        assertThat(store().claim(claim(10, new JobKind("nobody.schedules.it")))).isEmpty();
        assertThat(ids(store().claim(claim(10, OTHER_KIND)))).containsExactly(other.id());
        assertThat(ids(store().claim(claim(10, OTHER_KIND, KIND)))).containsExactly(one.id());
    }

    @Test
    default void rule_30_one_claim_may_take_several_kinds() {
        NewJob one = newJob(KIND);
        NewJob other = newJob(OTHER_KIND);
        accepted(store().schedule(one, EXPECTED));
        accepted(store().schedule(other, EXPECTED));

        assertThat(ids(store().claim(claim(10, KIND, OTHER_KIND)))).containsExactlyInAnyOrder(one.id(), other.id());
    }

    @Test
    default void rule_31_no_claim_takes_more_than_it_asked_for() {
        schedule(5);

        assertThat(claimFrom(store(), 3)).hasSize(3);
        assertThat(claimFrom(store(), 3)).hasSize(2);
        assertThat(claimFrom(store(), 3)).isEmpty();
    }

    @Test
    default void rule_32_the_longest_due_comes_first() {
        Instant now = store().now();
        List<NewJob> jobs = Stream.of(40, 10, 30, 20)
                .map(minutes -> newJob().notBefore(now.plus(Duration.ofMinutes(minutes))))
                .toList();
        jobs.forEach(job -> accepted(store().schedule(job, EXPECTED)));
        timePasses(Duration.ofHours(1));

        List<JobId> order = Stream.concat(claimFrom(store(), 2).stream(), claimFrom(store(), 2).stream())
                .map(claimed -> claimed.job().id())
                .toList();

        assertThat(order)
                .containsExactly(
                        jobs.get(1).id(),
                        jobs.get(3).id(),
                        jobs.get(2).id(),
                        jobs.get(0).id());
    }

    @Test
    default void rule_33_a_lease_that_ran_out_and_a_rest_that_is_over_stand_in_the_same_line() {
        ClaimedJob rests = scheduledAndClaimed(store(), newJob());
        settle(store(), rests, Outcome.retry(new Failure("later"))); // due in about a minute
        ClaimedJob leased = scheduledAndClaimed(store(), newJob()); // due in ten minutes
        NewJob planned = newJob().notBefore(store().now().plus(Duration.ofMinutes(5)));
        accepted(store().schedule(planned, EXPECTED));
        timePasses(Duration.ofHours(1));

        assertThat(ids(claimFrom(store(), 10)))
                .containsExactly(rests.job().id(), planned.id(), leased.job().id());
    }

    @Test
    default void rule_34_no_job_is_given_out_before_it_is_due() {
        NewJob job = newJob().notBefore(store().now().plus(Duration.ofMinutes(10)));
        accepted(store().schedule(job, EXPECTED));

        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(Duration.ofMinutes(10).minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(TICKS);
        assertThat(ids(claimFrom(store(), 10))).containsExactly(job.id());
    }

    @Test
    default void rule_35_a_leased_job_is_not_given_out_again() {
        scheduledAndClaimed(store(), newJob());

        assertThat(claimFrom(store(), 10)).isEmpty();
        timePasses(LEASE.minus(TICKS));
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_36_a_lease_that_ran_out_is_given_out_again_with_a_greater_token() {
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
    default void rule_37_a_job_whose_attempts_are_spent_is_not_given_out() {
        NewJob job = newJob().withMaxAttempts(2);
        scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));
        claimed(store(), job.id());
        timePasses(LEASE.plus(TICKS));

        assertThat(claimFrom(store(), 10)).isEmpty();
        assertThat(read(job).job().status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    default void rule_38_an_ended_job_is_not_given_out() {
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
    default void rule_41_many_claims_at_once_for_many_jobs_give_each_out_once() {
        List<JobId> all = schedule(200);
        List<ClaimedJob> claimed = Collections.synchronizedList(new ArrayList<>());

        together(8, () -> claimed.addAll(claimUntilNone(7)));
        claimed.addAll(claimUntilNone(7));

        assertThat(ids(claimed)).containsExactlyInAnyOrderElementsOf(all);
        assertThat(claimed).allSatisfy(job -> assertThat(job.attempts().made()).isEqualTo(1));
    }

    // ---- Renewing

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
    default void rule_44_a_lease_that_ran_out_can_be_renewed_while_nobody_claimed_the_job() {
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

        assertThat(store().renew(job.id(), first.lease().token(), LEASE)).isEmpty();
        assertThat(store().renew(job.id(), second.lease().token(), LEASE)).isPresent();
    }

    @Test
    default void rule_46_a_settled_released_or_never_given_lease_cannot_be_renewed() {
        ClaimedJob done = scheduledAndClaimed(store(), newJob());
        settle(store(), done, Jobs.DONE);
        ClaimedJob rests = scheduledAndClaimed(store(), newJob());
        settle(store(), rests, Outcome.retry(new Failure("later")));
        ClaimedJob released = scheduledAndClaimed(store(), newJob());
        release(released);
        NewJob unclaimed = newJob(OTHER_KIND);
        accepted(store().schedule(unclaimed, EXPECTED));

        assertThat(Stream.of(done, rests, released))
                .allSatisfy(job -> assertThat(
                                store().renew(job.job().id(), job.lease().token(), LEASE))
                        .isEmpty());
        assertThat(store().renew(unclaimed.id(), LeaseToken.FIRST, LEASE)).isEmpty();
        assertThat(store().renew(newId(), LeaseToken.FIRST, LEASE)).isEmpty();
    }

    @Test
    default void rule_47_a_lease_has_bounds() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());

        assertThat(Stream.of(Lease.MIN.minusMillis(1), Lease.MAX.plusMillis(1)))
                .allSatisfy(length -> assertThatExceptionOfType(InvalidValueException.class)
                        .isThrownBy(() -> store().renew(
                                        claimed.job().id(), claimed.lease().token(), length)));
        renew(claimed, Lease.MIN);
        renew(claimed, Lease.MAX);
    }

    @Test
    default void rule_48_a_renewal_counts_no_attempt() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        renew(claimed, LEASE);
        timePasses(LEASE.plus(TICKS));

        assertThat(claimed(store(), job.id()).attempts().made()).isEqualTo(2);
    }

    // ---- Releasing

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
    default void rule_50_a_lease_that_ran_out_can_be_released_while_nobody_claimed_the_job() {
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

    // ---- Settling

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
    default void rule_54_a_failed_job_tells_why_and_keeps_its_links() {
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
    default void rule_55_a_retry_rests_as_the_policy_says_and_the_forecast_follows() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        Duration rest = POLICY.backoff().after(job.id(), 1);

        JobSnapshot answer = accepted(settle(store(), claimed, Outcome.retry(new Failure("later"))));

        AsyncJob.Pending pending = pending(answer);
        assertThat(Duration.between(answer.asOf(), pending.eta().from())).isCloseTo(rest, A_MOMENT);
        assertThat(pending.eta())
                .isEqualTo(claimed.job().eta().restartedAt(pending.eta().from()));
        assertThat(pending.createdAt()).isEqualTo(claimed.job().createdAt());
        assertThat(pending(read(job))).isEqualTo(pending);
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_56_a_retried_job_is_given_out_after_its_rest_with_a_greater_token() {
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
    default void rule_57_each_retry_rests_longer() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.retry(new Failure("later")));
        timePasses(POLICY.backoff().after(job.id(), 1));

        JobSnapshot answer =
                accepted(settle(store(), claimed(store(), job.id()), Outcome.retry(new Failure("later still"))));

        assertThat(Duration.between(answer.asOf(), pending(answer).eta().from()))
                .isCloseTo(POLICY.backoff().after(job.id(), 2), A_MOMENT);
    }

    @Test
    default void rule_58_a_retry_with_attempts_spent_ends_the_job_with_its_own_words() {
        NewJob job = newJob().withMaxAttempts(1);
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        accepted(settle(store(), claimed, Outcome.retry(new Failure("the last straw"))));

        assertThat(failureOf(read(job))).isEqualTo(new Failure("the last straw"));
    }

    @Test
    default void rule_59_an_outcome_counts_after_the_lease_ran_out_while_nobody_claimed_the_job() {
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
    default void rule_61_an_old_token_is_refused_and_told_how_the_job_stands() {
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
    default void rule_62_a_token_nobody_got_is_refused() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(refused(store().settle(job.id(), LeaseToken.FIRST, Jobs.DONE))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);

        LeaseToken token = claimed(store(), job.id()).lease().token();
        assertThat(refused(store().settle(job.id(), token.next(), Jobs.DONE))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);
        assertThat(store().renew(job.id(), token.next(), LEASE)).isEmpty();
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
        assertThat(settle(store(), claimed, Jobs.DONE)).isInstanceOf(Settlement.Unknown.class);
    }

    @Test
    default void rule_66_the_same_retry_again_rests_no_longer() {
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

        assertThat(store().renew(job.id(), second.lease().token(), LEASE)).isPresent();
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
    default void rule_69_an_outcome_of_an_unknown_job_is_told_so() {
        assertThat(store().settle(newId(), LeaseToken.FIRST, Jobs.DONE)).isInstanceOf(Settlement.Unknown.class);
    }

    @Test
    default void rule_70_of_two_different_outcomes_at_once_one_counts() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);

            List<Settlement> verdicts = together(List.of(
                    () -> settle(store(), claimed, Jobs.DONE),
                    () -> settle(store(), claimed, Outcome.failed(new Failure("no")))));

            AsyncJob end = read(job).job();
            assertThat(verdicts)
                    .filteredOn(Settlement.Accepted.class::isInstance)
                    .singleElement()
                    .satisfies(verdict -> assertThat(accepted(verdict).job()).isEqualTo(end));
            assertThat(verdicts)
                    .filteredOn(Settlement.Refused.class::isInstance)
                    .singleElement()
                    .satisfies(verdict -> assertThat(refused(verdict).job()).isEqualTo(end));
        }
    }

    @Test
    default void rule_71_the_same_outcome_at_once_from_many_sides_counts_once_for_all() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        List<Settlement> verdicts = together(16, () -> settle(store(), claimed, Jobs.DONE));

        AsyncJob end = read(job).job();
        assertThat(verdicts)
                .allSatisfy(verdict -> assertThat(accepted(verdict).job()).isEqualTo(end));
    }

    @Test
    default void rule_72_an_outcome_and_a_claim_at_once_do_not_both_win() {
        for (int round = 0; round < 10; round++) {
            NewJob job = newJob();
            ClaimedJob first = scheduledAndClaimed(store(), job);
            timePasses(LEASE.plus(TICKS));

            List<Boolean> won = together(List.of(
                    () -> settle(store(), first, Jobs.DONE) instanceof Settlement.Accepted,
                    () -> ids(claimFrom(store(), 20)).contains(job.id())));

            assertThat(won).isNotEqualTo(List.of(true, true));
            assertThat(read(job).job().status()).isEqualTo(won.get(0) ? JobStatus.DONE : JobStatus.PENDING);
        }
    }

    // ---- Ending what is spent

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
        assertThat(store().renew(job.id(), claimed.lease().token(), LEASE)).isEmpty();
        assertThat(store().release(job.id(), claimed.lease().token())).isFalse();
        assertThat(store().failSpent(10)).isZero();
    }

    @Test
    default void rule_74_a_job_that_has_or_may_have_a_future_is_not_ended() {
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

    // ---- Forgetting

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
        assertThat(settle(store(), claimed, Jobs.DONE)).isInstanceOf(Settlement.Unknown.class);
        assertThat(accepted(store().schedule(job.withMaxAttempts(7), EXPECTED))
                        .job()
                        .status())
                .isEqualTo(JobStatus.PENDING);
    }

    // ---- The clock

    @Test
    default void rule_80_the_stores_clock_does_not_go_back() {
        Instant before = store().now();
        Instant after = store().now();

        assertThat(after).isAfterOrEqualTo(before);
    }

    // ---- In short

    private JobSnapshot read(NewJob job) {
        return store().find(job.owner(), job.id()).orElseThrow();
    }

    private List<JobId> schedule(int count) {
        return Stream.generate(Jobs::newJob)
                .limit(count)
                .peek(job -> accepted(store().schedule(job, EXPECTED)))
                .map(NewJob::id)
                .toList();
    }

    private List<ClaimedJob> claimUntilNone(int max) {
        List<ClaimedJob> all = new ArrayList<>();
        List<ClaimedJob> claimed = claimFrom(store(), max);
        while (!claimed.isEmpty()) {
            all.addAll(claimed);
            claimed = claimFrom(store(), max);
        }
        return all;
    }

    private Lease renew(ClaimedJob claimed, Duration length) {
        return store().renew(claimed.job().id(), claimed.lease().token(), length)
                .orElseThrow();
    }

    private void release(ClaimedJob claimed) {
        assertThat(store().release(claimed.job().id(), claimed.lease().token())).isTrue();
    }

    private static AsyncJob.Pending pending(JobSnapshot snapshot) {
        return (AsyncJob.Pending) snapshot.job();
    }

    private static Failure failureOf(JobSnapshot snapshot) {
        return ((AsyncJob.Failed) snapshot.job()).failure();
    }

    private static List<JobId> ids(Collection<ClaimedJob> claimed) {
        return claimed.stream().map(job -> job.job().id()).toList();
    }

    private static <T> List<T> together(int count, Callable<T> task) {
        return together(Collections.nCopies(count, task));
    }

    /** Runs the tasks at once, each in a thread of its own, and answers in their order. */
    private static <T> List<T> together(List<? extends Callable<T>> tasks) {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        CountDownLatch ready = new CountDownLatch(tasks.size());
        try {
            List<Future<T>> futures = tasks.stream()
                    .map(task -> threads.submit(() -> {
                        ready.countDown();
                        ready.await();
                        return task.call();
                    }))
                    .toList();
            List<T> answers = new ArrayList<>();
            for (Future<T> future : futures) {
                answers.add(future.get(60, SECONDS));
            }
            return answers;
        } catch (Exception e) {
            throw new AssertionError("a task that ran beside others failed", e);
        } finally {
            threads.shutdownNow();
        }
    }
}
