package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The attempts of a job that have ended. A part of {@link JobStoreContract}. */
interface AttemptRules extends StoreUnderTest {
    @Test
    default void rule_215_an_attempt_that_ends_leaves_worker_begin_end_and_error() {
        NewJob job = newJob();
        Instant before = store().now();
        ClaimedJob first = scheduledAndClaimed(store(), job);

        settle(store(), first, Outcome.retry(new Failure("the printer\nis on fire")));

        assertThat(facts(job.id()).history()).singleElement().satisfies(attempt -> {
            assertThat(attempt.number()).isEqualTo(1);
            assertThat(attempt.worker()).isEqualTo(WORKER);
            assertThat(attempt.begunAt()).isCloseTo(before, within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
            assertThat(attempt.endedAt()).isAfterOrEqualTo(attempt.begunAt());
            assertThat(attempt.end()).isEqualTo(EndedAttempt.End.FAILED);
            assertThat(attempt.error()).isEqualTo("the printer is on fire");
        });
    }

    @Test
    default void rule_216_the_attempts_stay_when_the_job_ends_and_go_with_it() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Outcome.retry(new Failure("x".repeat(1000))));
        timePasses(POLICY.backoff().max().plus(TICKS));

        accepted(settle(store(), claimed(store(), job.id()), Jobs.DONE));

        List<EndedAttempt> history = facts(job.id()).history();
        assertThat(ends(history)).containsExactly(EndedAttempt.End.DONE, EndedAttempt.End.FAILED);
        assertThat(history).extracting(EndedAttempt::number).containsExactly(2, 1);
        assertThat(history.get(0).error()).isNull();
        assertThat(history.get(1).error()).isEqualTo("x".repeat(EndedAttempt.MAX_ERROR));
        timePasses(POLICY.retention().plus(TICKS));
        assertThat(store().facts(null, job.id())).isEmpty();
    }

    @Test
    default void rule_217_a_lease_that_ran_out_and_a_release_are_attempts_that_ended() {
        NewJob job = newJob().withMaxAttempts(5);
        ClaimedJob lost = scheduledAndClaimed(store(), job);
        assertThat(lost.attempts()).isEqualTo(new Attempts(1, 5));
        assertThat(facts(job.id()).history()).isEmpty();
        timePasses(LEASE.plus(TICKS));

        ClaimedJob second = claimed(store(), job.id());
        assertThat(facts(job.id()).history()).singleElement().satisfies(attempt -> {
            assertThat(attempt.end()).isEqualTo(EndedAttempt.End.LEASE_RAN_OUT);
            assertThat(attempt.number()).isEqualTo(1);
            assertThat(Duration.between(attempt.begunAt(), attempt.endedAt()))
                    .isBetween(LEASE.minus(A_MOMENT), LEASE.plus(A_MOMENT));
        });
        Instant begunAt = work(facts(job.id())).begunAt();
        release(second);
        assertThat(facts(job.id()).history().get(0).begunAt())
                .isEqualTo(begunAt)
                .isNotNull();
        claimed(store(), job.id());

        assertThat(facts(job.id()).history())
                .extracting(EndedAttempt::number, EndedAttempt::end)
                .containsExactly(tuple(2, EndedAttempt.End.RELEASED), tuple(1, EndedAttempt.End.LEASE_RAN_OUT));
    }

    @Test
    default void rule_218_a_cancelled_attempt_ends_and_a_job_that_waits_has_none() {
        NewJob waiting = newJob(OTHER_KIND);
        NewJob running = newJob();
        accepted(store().schedule(waiting, EXPECTED));
        scheduledAndClaimed(store(), running);

        accepted(store().cancel(null, waiting.id()));
        accepted(store().cancel(null, running.id()));

        assertThat(facts(waiting.id()).history()).isEmpty();
        assertThat(ends(facts(running.id()).history())).containsExactly(EndedAttempt.End.CANCELLED);
    }

    @Test
    default void rule_219_the_last_lease_that_ran_out_is_an_attempt_that_ended() {
        NewJob job = newJob().withMaxAttempts(1);
        scheduledAndClaimed(store(), job);
        timePasses(LEASE.plus(TICKS));

        assertThat(store().failSpent(10)).isEqualTo(1);

        assertThat(ends(facts(job.id()).history())).containsExactly(EndedAttempt.End.LEASE_RAN_OUT);
    }

    @Test
    default void rule_220_the_last_twenty_attempts_are_kept() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        WorkerId longest = new WorkerId("w".repeat(WorkerId.MAX_LENGTH));
        for (int i = 0; i < EndedAttempt.MAX_KEPT; i++) {
            release(claimed(store(), job.id()));
        }
        for (int i = 0; i < EndedAttempt.MAX_KEPT; i++) {
            ClaimedJob claimed =
                    store().claim(new Claim(longest, Set.of(KIND), 1, LEASE)).get(0);
            release(claimed);
        }

        accepted(settle(store(), claimed(store(), job.id()), Jobs.DONE));

        List<EndedAttempt> history = facts(job.id()).history();
        assertThat(history).hasSize(EndedAttempt.MAX_KEPT);
        assertThat(history.get(0).end()).isEqualTo(EndedAttempt.End.DONE);
        assertThat(history.subList(1, EndedAttempt.MAX_KEPT))
                .extracting(EndedAttempt::worker)
                .containsOnly(longest);
    }

    @Test
    default void rule_221_the_attempt_of_a_job_that_is_born_leased_begins_with_it() {
        NewJob job = newJob().leasedTo(WORKER, LEASE);
        Instant born = accepted(store().schedule(job, EXPECTED)).job().createdAt();

        JobFacts facts = facts(job.id());

        assertThat(work(facts).begunAt()).isEqualTo(born);
        assertThat(work(facts).queue()).isNull();
        assertThat(facts.history()).isEmpty();
    }

    @Test
    default void rule_222_an_accepted_outcome_tells_once_when_its_attempt_began() {
        NewJob alone = newJob();
        ClaimedJob first = scheduledAndClaimed(store(), alone);
        Instant begun = work(facts(alone.id())).begunAt();
        NewJob batched = newJob();
        ClaimedJob second = scheduledAndClaimed(store(), batched);
        Instant batchBegun = work(facts(batched.id())).begunAt();

        assertThat(since(settle(store(), first, Outcome.retry(new Failure("later")))))
                .isEqualTo(begun);
        assertThat(since(settleAll(List.of(report(second, Jobs.DONE))).get(0))).isEqualTo(batchBegun);

        assertThat(begun).isNotNull();
        assertThat(batchBegun).isNotNull();
        assertThat(since(settle(store(), first, Outcome.retry(new Failure("later")))))
                .isNull();
        assertThat(since(settle(store(), second, Jobs.DONE))).isNull();
    }

    @Test
    default void rule_223_the_detail_of_a_failure_is_in_the_history_and_not_in_the_job() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        settle(store(), claimed, new Outcome.Failed(new Failure("the handler failed"), false, "E: no paper"));

        assertThat(failureOf(read(job)).message()).isEqualTo("the handler failed");
        assertThat(facts(job.id()).lastError()).isEqualTo("E: no paper");
        assertThat(settle(store(), claimed, Outcome.failed(new Failure("the handler failed"))))
                .isInstanceOf(SettleResult.Accepted.class);
    }

    private JobFacts facts(JobId id) {
        return store().facts(null, id).orElseThrow();
    }

    private static JobFacts.Work work(JobFacts facts) {
        return Objects.requireNonNull(facts.work());
    }

    private static List<EndedAttempt.End> ends(List<EndedAttempt> history) {
        return history.stream().map(EndedAttempt::end).toList();
    }

    private static @Nullable Instant since(SettleResult result) {
        return ((SettleResult.Accepted) result).since();
    }
}
