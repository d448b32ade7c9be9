package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
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
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is known of a job that waits. A part of {@link JobStoreContract}. */
interface ExplainingRules extends StoreUnderTest {
    @Test
    default void rule_224_facts_are_of_the_owner_that_is_asked_for() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(store().facts(OTHER_OWNER, job.id())).isEmpty();
        assertThat(store().facts(null, Jobs.newId())).isEmpty();
        assertThat(store().facts(OWNER, job.id())).isPresent();
        assertThat(facts(job.id()).entry().snapshot().job()).isEqualTo(read(job).job());
    }

    @Test
    default void rule_270_facts_keep_the_end_that_the_first_answer_promised() {
        NewJob job = newJob();
        Instant promised =
                pending(accepted(store().schedule(job, EXPECTED))).eta().planned();
        assertThat(facts(job.id()).promised()).isEqualTo(promised);

        ClaimedJob claimed = claimed(store(), job.id());
        Instant later = promised.plus(LEASE);
        renewed(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, later, null)));
        assertThat(facts(job.id()).entry().snapshot().eta()).isEqualTo(later);
        assertThat(facts(job.id()).promised()).isEqualTo(promised);

        accepted(settle(store(), claimed, Jobs.DONE));
        assertThat(otherNode().facts(null, job.id()).orElseThrow().promised()).isEqualTo(promised);
    }

    @Test
    default void rule_225_the_jobs_before_one_are_those_of_its_kind_that_can_be_claimed_and_have_been_longer() {
        NewJob spent = newJob().withMaxAttempts(1);
        scheduledAndClaimed(store(), spent);
        timePasses(LEASE.plus(TICKS));
        schedule(2);
        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));
        timePasses(TICKS);
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        schedule(3);
        accepted(store().schedule(newJob().notBefore(store().now().plus(LEASE)), EXPECTED));

        assertThat(queue(job).before()).isEqualTo(2);
    }

    @Test
    default void rule_226_the_ends_of_a_kind_are_counted_for_ten_minutes() {
        schedule(3);
        claimFrom(store(), 3).forEach(claimed -> accepted(settle(store(), claimed, Jobs.DONE)));
        timePasses(JobFacts.RECENTLY.plus(TICKS));
        schedule(3);
        List<ClaimedJob> claimed = claimFrom(store(), 3);
        accepted(settle(store(), claimed.get(0), Jobs.DONE));
        accepted(settle(store(), claimed.get(1), Outcome.failed(new Failure("broken"))));
        accepted(store().cancel(null, claimed.get(2).job().id()));
        NewJob job = newJob();
        NewJob other = newJob(OTHER_KIND);
        accepted(store().schedule(job, EXPECTED));
        accepted(store().schedule(other, EXPECTED));

        assertThat(queue(job).ended()).isEqualTo(2);
        assertThat(queue(job).firstEnd()).isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
        assertThat(queue(other).ended()).isZero();
        assertThat(queue(other).firstEnd()).isNull();
    }

    private static Optional<KindState> state(JobStore node, JobKind kind) {
        return node.interventions().kinds().stream()
                .filter(state -> state.kind().equals(kind))
                .findFirst();
    }

    @Test
    default void rule_227_it_is_known_when_a_kind_was_last_asked_for() {
        JobKind kind = unheardOf();
        NewJob first = newJob(kind);
        accepted(store().schedule(first, EXPECTED));
        assertThat(queue(first).askedAt()).isNull();
        assertThat(Explanation.of(facts(first.id()))).isEqualTo(new Explanation.NoWorker(kind, null));
        assertThat(state(store(), kind)).isEmpty();

        settle(store(), store().claim(claim(1, kind)).get(0), Jobs.DONE);

        NewJob next = newJob(kind);
        accepted(store().schedule(next, EXPECTED));
        assertThat(queue(next).askedAt()).isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
        store().maintain();
        for (JobStore node : List.of(store(), otherNode())) {
            assertThat(state(node, kind).orElseThrow().askedAt())
                    .isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
        }
        JobFacts elsewhere = otherNode().facts(null, next.id()).orElseThrow();
        assertThat(Objects.requireNonNull(work(elsewhere).queue()).askedAt())
                .isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
        timePasses(Explanation.ASKING.plus(TICKS));
        Instant askedAt = queue(next).askedAt();
        assertThat(askedAt).isNotNull();
        assertThat(Explanation.of(facts(next.id()))).isEqualTo(new Explanation.NoWorker(kind, askedAt));
    }

    @Test
    default void rule_228_a_job_that_runs_rests_or_is_not_due_waits_for_nothing() {
        NewJob later = newJob().notBefore(store().now().plus(LEASE));
        accepted(store().schedule(later, EXPECTED));
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        assertThat(Explanation.of(facts(later.id()))).isEqualTo(new Explanation.Planned(later.notBefore()));
        assertThat(Explanation.of(facts(job.id())))
                .isEqualTo(new Explanation.Running(
                        1,
                        WORKER,
                        work(facts(job.id())).begunAt(),
                        claimed.lease().expiresAt(),
                        null,
                        null));

        Instant renewed = renew(claimed, LEASE).expiresAt().minus(LEASE);
        assertThat(Explanation.of(facts(job.id()))).isInstanceOfSatisfying(Explanation.Running.class, running -> {
            assertThat(running.renewedAt()).isEqualTo(renewed);
            assertThat(running.leaseUntil()).isEqualTo(renewed.plus(LEASE));
        });

        settle(store(), claimed, Outcome.retry(new Failure("broken")));
        JobFacts resting = facts(job.id());
        assertThat(work(resting).begunAt()).isNull();
        assertThat(work(resting).renewedAt()).isNull();
        assertThat(Explanation.of(resting))
                .isEqualTo(new Explanation.Resting(work(resting).availableAt(), 1, "broken"));
    }

    @Test
    default void rule_229_a_lost_lease_is_explained_by_what_becomes_of_the_job() {
        JobKind kind = unheardOf();
        NewJob job = newJob(kind).withMaxAttempts(2);
        accepted(store().schedule(job, EXPECTED));
        renew(store().claim(claim(1, kind)).get(0), LEASE);
        store().maintain();
        timePasses(LEASE.plus(TICKS));

        assertThat(Explanation.of(facts(job.id()))).isInstanceOf(Explanation.NoWorker.class);
        assertThat(store().claim(claim(1, kind).withReady(0))).isEmpty();
        assertThat(Explanation.of(facts(job.id())))
                .isEqualTo(new Explanation.LeaseRanOut(
                        1, WORKER, work(facts(job.id())).availableAt()));

        assertThat(store().claim(claim(1, kind))).hasSize(1);
        assertThat(work(facts(job.id())).renewedAt()).isNull();
        timePasses(LEASE.plus(TICKS));
        Instant end = work(facts(job.id())).availableAt();
        assertThat(Explanation.of(facts(job.id()))).isInstanceOfSatisfying(Explanation.AttemptsSpent.class, spent -> {
            assertThat(spent.attempts()).isEqualTo(2);
            assertThat(spent.at()).isEqualTo(end);
        });
        assertThat(store().failSpent(1)).isEqualTo(1);
        assertThat(Explanation.of(facts(job.id())))
                .isInstanceOfSatisfying(
                        Explanation.Ended.class,
                        ended -> assertThat(ended.error()).isEqualTo(Failure.ATTEMPTS_SPENT.message()));
    }

    @Test
    default void rule_230_it_is_known_when_spent_jobs_were_last_ended() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));

        assertThat(store().failSpent(1)).isZero();

        assertThat(work(facts(job.id())).housekeptAt())
                .isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
    }

    @Test
    default void rule_231_a_worker_that_has_a_job_of_the_kind_is_there_though_it_asks_for_no_more() {
        for (int attempts : List.of(1, 3)) {
            JobKind kind = unheardOf();
            NewJob held = newJob(kind).withMaxAttempts(attempts);
            accepted(store().schedule(held, EXPECTED));
            assertThat(store().claim(claim(1, kind))).hasSize(1);
            store().maintain();
            timePasses(LEASE.minus(TICKS));
            NewJob next = newJob(kind);
            accepted(store().schedule(next, EXPECTED));

            assertThat(queue(next).running()).isTrue();
            assertThat(Explanation.of(facts(next.id()))).isInstanceOf(Explanation.Waiting.class);

            timePasses(TICKS.plus(TICKS));
            assertThat(queue(next).running()).isFalse();
            assertThat(Explanation.of(facts(next.id()))).isInstanceOf(Explanation.NoWorker.class);
        }
    }

    /** A kind that no worker has asked for, not even in another test. */
    private static JobKind unheardOf() {
        return new JobKind("k" + Jobs.newId());
    }

    private JobFacts facts(JobId id) {
        return store().facts(null, id).orElseThrow();
    }

    private JobFacts.Queue queue(NewJob job) {
        return Objects.requireNonNull(work(facts(job.id())).queue());
    }

    private static JobFacts.Work work(JobFacts facts) {
        return Objects.requireNonNull(facts.work());
    }
}
