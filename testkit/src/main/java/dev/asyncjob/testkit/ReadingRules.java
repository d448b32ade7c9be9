package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How owners read jobs. A part of {@link JobStoreContract}. */
interface ReadingRules extends StoreUnderTest {
    @Test
    default void rule_17_a_job_that_was_not_scheduled_reads_as_missing() {
        assertThat(store().find(OWNER, newId())).isEmpty();
    }

    @Test
    default void rule_18_anothers_job_reads_as_missing_whatever_its_state() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(store().find(OTHER_OWNER, job.id())).isEmpty();

        settle(store(), claimed(store(), job.id()), Jobs.DONE);
        assertThat(store().find(OTHER_OWNER, job.id())).isEmpty();
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
    default void rule_123_many_jobs_are_read_together_each_by_its_owner_alone() {
        NewJob pending = newJob();
        NewJob done = newJob();
        settle(store(), scheduledAndClaimed(store(), done), Jobs.DONE);
        accepted(store().schedule(pending, EXPECTED));
        NewJob theirs = NewJob.of(newId(), OTHER_OWNER, KIND, LINKS);
        NewJob unasked = NewJob.of(newId(), OTHER_OWNER, KIND, LINKS);
        accepted(store().schedule(theirs, EXPECTED));
        accepted(store().schedule(unasked, EXPECTED));

        List<JobSnapshot> found = store().find(Set.of(
                new JobKey(OWNER, pending.id()),
                new JobKey(OWNER, done.id()),
                new JobKey(OTHER_OWNER, done.id()),
                new JobKey(OTHER_OWNER, theirs.id()),
                new JobKey(OWNER, unasked.id()),
                new JobKey(OWNER, newId())));

        assertThat(found)
                .extracting(JobSnapshot::job)
                .containsExactlyInAnyOrder(
                        read(pending).job(), read(done).job(), read(theirs).job());
        assertThat(store().find(Set.of(new JobKey(OTHER_OWNER, done.id()), new JobKey(OWNER, theirs.id()))))
                .isEmpty();
        assertThat(store().find(Set.of())).isEmpty();
    }

    @Test
    default void rule_124_many_jobs_are_read_together_until_their_retention_is_over() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);

        timePasses(POLICY.retention().plus(TICKS));

        assertThat(store().find(Set.of(new JobKey(OWNER, job.id())))).isEmpty();
    }

    @Test
    default void rule_125_what_recent_jobs_of_a_kind_took_is_known_the_latest_first() {
        NewJob slow = newJob().notBefore(store().now().plus(Duration.ofHours(1)));
        accepted(store().schedule(slow, EXPECTED));
        timePasses(Duration.ofMinutes(100));
        settle(store(), claimed(store(), slow.id()), Jobs.DONE);
        timePasses(Duration.ofSeconds(1));
        settle(store(), scheduledAndClaimed(store(), newJob()), Outcome.failed(new Failure("no")));
        accepted(store().schedule(newJob(Jobs.OTHER_KIND), EXPECTED));
        NewJob cancelled = newJob();
        accepted(store().schedule(cancelled, EXPECTED));
        store().cancel(OWNER, cancelled.id());

        List<Duration> took = store().recentDurations(Jobs.KIND, 10);

        assertThat(took).hasSize(2);
        assertThat(took.get(0)).isBetween(Duration.ZERO, TICKS);
        assertThat(took.get(1)).isCloseTo(Duration.ofMinutes(40), TICKS);
        assertThat(store().recentDurations(Jobs.KIND, 1)).isEqualTo(took.subList(0, 1));
    }

    @Test
    default void rule_126_what_a_job_took_includes_the_pauses_between_its_attempts() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.retry(new Failure("not yet")));
        Duration pause = POLICY.backoff().max();
        timePasses(pause);
        settle(store(), claimed(store(), job.id()), Jobs.DONE);

        assertThat(store().recentDurations(Jobs.KIND, 1).get(0)).isCloseTo(pause, TICKS);
    }

    @Test
    default void rule_26_reading_twice_gives_the_same_job() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(read(job).job()).isEqualTo(read(job).job());
    }
}
