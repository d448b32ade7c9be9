package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ScheduleResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How repetitions of a request to schedule are found by key. A part of {@link JobStoreContract}. */
interface IdempotencyRules extends StoreUnderTest {
    /** A client that schedules jobs of {@link Jobs#OWNER}. */
    Owner SCHEDULER = new Owner("hospital-1");

    @Test
    default void rule_81_a_request_repeated_under_its_key_is_answered_like_the_first_time_and_keeps_one_job() {
        NewJob job = newJob().withIdempotencyKey(key("k1", "request"));
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        NewJob again = newJob().withIdempotencyKey(key("k1", "request"));

        JobSnapshot second = accepted(store().schedule(again, EXPECTED.plusSeconds(5)));

        assertThat(second).isEqualTo(first);
        assertThat(store().find(OWNER, again.id())).isEmpty();
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_82_another_request_under_the_same_key_is_reported_as_such_and_changes_nothing() {
        NewJob job = newJob().withIdempotencyKey(key("k1", "request"));
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        NewJob other = newJob().withIdempotencyKey(key("k1", "another request"));

        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.KeyReused.class);

        assertThat(read(job).job()).isEqualTo(first.job());
        assertThat(store().find(OWNER, other.id())).isEmpty();
    }

    @Test
    default void rule_83_the_keys_of_two_clients_are_different() {
        accepted(store().schedule(newJob().withIdempotencyKey(key("k1", "request")), EXPECTED));
        NewJob theirs = newJob().withIdempotencyKey(IdempotencyKey.of(OTHER_OWNER, "k1", "another request"));

        assertThat(accepted(store().schedule(theirs, EXPECTED)).job().id()).isEqualTo(theirs.id());
    }

    @Test
    default void rule_84_a_key_is_known_after_its_jobs_end_too() {
        NewJob job = newJob().withIdempotencyKey(key("k1", "request"));
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        settle(store(), claimed(store(), job.id()), Jobs.DONE);

        assertThat(accepted(store().schedule(job, EXPECTED))).isEqualTo(first);
        assertThat(store().schedule(newJob().withIdempotencyKey(key("k1", "another request")), EXPECTED))
                .isInstanceOf(ScheduleResult.KeyReused.class);
    }

    @Test
    default void rule_85_a_key_is_free_past_its_jobs_retention() {
        NewJob job = newJob().withIdempotencyKey(key("k1", "request"));
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);
        timePasses(POLICY.retention().plus(TICKS));
        NewJob other = newJob().withIdempotencyKey(key("k1", "another request"));

        assertThat(accepted(store().schedule(other, EXPECTED)).job().id()).isEqualTo(other.id());
    }

    @Test
    default void rule_86_a_request_sent_concurrently_under_one_key_keeps_one_job() {
        List<ScheduleResult> answers =
                together(64, () -> store().schedule(newJob().withIdempotencyKey(key("k1", "request")), EXPECTED));

        assertThat(answers).allSatisfy(answer -> assertThat(accepted(answer)).isEqualTo(accepted(answers.get(0))));
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_87_a_contradiction_does_not_use_its_key_up() {
        NewJob taken = newJob();
        accepted(store().schedule(taken, EXPECTED));
        NewJob other = taken.withMaxAttempts(7).withIdempotencyKey(key("k1", "request"));
        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class);

        NewJob next = newJob().withIdempotencyKey(key("k1", "another request"));

        assertThat(accepted(store().schedule(next, EXPECTED)).job().id()).isEqualTo(next.id());
    }

    @Test
    default void rule_88_a_repetition_is_answered_like_the_first_time_whatever_the_forecast_became() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        ClaimedJob claimed = claimed(store(), job.id());
        Instant later = store().now().plus(Duration.ofHours(1));
        renewed(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, later, null)));
        settle(store(), claimed, Outcome.retry(new Failure("later")));

        assertThat(accepted(store().schedule(job, EXPECTED))).isEqualTo(first);
    }

    @Test
    default void rule_127_a_key_that_comes_with_a_repetition_by_id_is_known_from_then_on() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        assertThat(accepted(store().schedule(job.withIdempotencyKey(key("k1", "request")), EXPECTED)))
                .isEqualTo(first);

        NewJob other = newJob().withIdempotencyKey(key("k1", "another request"));
        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.KeyReused.class);
        assertThat(store().find(OWNER, other.id())).isEmpty();
        NewJob again = newJob().withIdempotencyKey(key("k1", "request"));
        assertThat(store().schedule(again, EXPECTED)).isInstanceOf(ScheduleResult.Accepted.class);
        assertThat(store().find(OWNER, again.id())).isEmpty();
    }

    @Test
    default void rule_139_only_its_scheduler_repeats_a_job_and_to_others_its_content_makes_no_difference() {
        NewJob job = newJob().withPayload(new Payload("7")).scheduledBy(SCHEDULER);
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        List<NewJob> strangers = Stream.of(job, job.withPayload(new Payload("8")))
                .flatMap(guess ->
                        Stream.of(guess.scheduledBy(OWNER), guess.scheduledBy(OTHER_OWNER), withoutScheduler(guess)))
                .toList();

        assertThat(accepted(store().schedule(job, EXPECTED))).isEqualTo(first);
        assertAreContradictions(strangers);
        settle(store(), claimed(store(), job.id()), Jobs.DONE);

        assertThat(accepted(store().schedule(job, EXPECTED))).isEqualTo(first);
        assertAreContradictions(strangers);
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    private void assertAreContradictions(List<NewJob> jobs) {
        assertThat(jobs)
                .allSatisfy(job ->
                        assertThat(store().schedule(job, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class));
        assertThat(jobs)
                .allSatisfy(job -> assertThat(
                                scheduleAll(List.of(job, newJob(OTHER_KIND))).get(0))
                        .isInstanceOf(ScheduleResult.Contradiction.class));
    }

    private static NewJob withoutScheduler(NewJob job) {
        return NewJob.of(job.id(), job.owner(), job.kind(), job.links()).withPayload(job.payload());
    }

    @Test
    default void rule_140_a_job_without_scheduler_is_repeated_without_one_only() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));

        assertAreContradictions(List.of(job.scheduledBy(OWNER), job.scheduledBy(SCHEDULER)));
        assertThat(accepted(store().schedule(job, EXPECTED))).isEqualTo(first);
    }

    @Test
    default void rule_141_a_foreign_repetition_does_not_give_the_job_its_key() {
        NewJob job = newJob().scheduledBy(SCHEDULER);
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        IdempotencyKey foreign = IdempotencyKey.of(OTHER_OWNER, "k1", "request");

        assertAreContradictions(List.of(job.scheduledBy(OTHER_OWNER).withIdempotencyKey(foreign)));

        NewJob next = newJob().scheduledBy(OTHER_OWNER).withIdempotencyKey(foreign);
        assertThat(accepted(store().schedule(next, EXPECTED)).job().id()).isEqualTo(next.id());
        NewJob keyed = job.withIdempotencyKey(IdempotencyKey.of(SCHEDULER, "k1", "request"));
        assertThat(accepted(store().schedule(keyed, EXPECTED))).isEqualTo(first);
    }

    @Test
    default void rule_142_operators_see_who_scheduled_a_job() {
        NewJob own = newJob();
        NewJob foreign = newJob().scheduledBy(SCHEDULER);
        assertThat(scheduleAll(List.of(own, foreign))).allSatisfy(Jobs::accepted);

        assertThat(store().list(JobFilter.ANY).jobs())
                .extracting(entry -> entry.snapshot().job().id(), JobPage.Entry::scheduledBy)
                .containsExactlyInAnyOrder(tuple(own.id(), null), tuple(foreign.id(), SCHEDULER));
    }
}
