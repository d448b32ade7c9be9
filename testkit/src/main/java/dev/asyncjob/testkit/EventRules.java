package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.DONE;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What observers are told, and the numbers of pending jobs. A part of {@link JobStoreContract}. */
interface EventRules extends StoreUnderTest {
    private RecordingObserver observer() {
        RecordingObserver observer = new RecordingObserver();
        store().observe(observer);
        return observer;
    }

    @Test
    default void rule_195_an_accepted_job_is_told_once_and_its_repetition_not() {
        RecordingObserver observer = observer();
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().schedule(job, EXPECTED));
        accepted(scheduleAll(List.of(job, newJob(OTHER_KIND))).get(1));
        assertThat(observer.told()).containsExactly("accepted " + KIND.value(), "accepted " + OTHER_KIND.value());

        accepted(store().schedule(newJob().leasedTo(WORKER, LEASE), EXPECTED));
        assertThat(observer.told()).containsExactly("accepted " + KIND.value(), "begun " + KIND.value());
        assertThat(observer.waited).containsExactly(Duration.ZERO);
    }

    @Test
    default void rule_196_a_claim_tells_how_long_a_job_has_waited_and_its_repetition_nothing() {
        accepted(store().schedule(newJob(), EXPECTED));
        timePasses(Duration.ofMinutes(10));
        RecordingObserver observer = observer();
        Claim claim = claim(5, KIND, OTHER_KIND).withId(ClaimId.of(OWNER, "once"));
        String asked = "asked " + WORKER.value() + "[" + KIND.value() + ", " + OTHER_KIND.value() + "]";

        assertThat(store().claim(claim)).hasSize(1);
        assertThat(observer.told()).containsExactly(asked, "begun " + KIND.value());
        assertAbout(observer.waited.get(0), Duration.ofMinutes(10));
        assertThat(store().claim(claim)).hasSize(1);
        assertThat(store().claim(claim(5, OTHER_KIND))).isEmpty();
        assertThat(observer.told()).containsExactly(asked, "asked " + WORKER.value() + "[" + OTHER_KIND.value() + "]");
    }

    @Test
    default void rule_197_a_lost_lease_is_told_by_the_claim_that_takes_the_job_over() {
        ClaimedJob lost = scheduledAndClaimed(store(), newJob());
        timePasses(LEASE.plusMinutes(3));
        RecordingObserver observer = observer();

        Jobs.claimed(store(), lost.job().id());

        assertThat(observer.told().subList(1, 3))
                .containsExactly("attempt LOST " + KIND.value(), "begun " + KIND.value());
        assertAbout(observer.waited.get(0), Duration.ofMinutes(3));
    }

    @Test
    default void rule_198_an_outcome_is_told_once_with_the_first_promise() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        ClaimedJob claimed = Jobs.claimed(store(), job.id());
        Instant later = first.asOf().plus(Duration.ofHours(1));
        store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, later, null, null));
        RecordingObserver observer = observer();

        JobSnapshot end = accepted(settle(store(), claimed, DONE));
        accepted(settle(store(), claimed, DONE));
        settle(store(), claimed, Outcome.failed(new Failure("no")));

        assertThat(observer.told()).containsExactly("attempt DONE " + KIND.value(), "job DONE " + KIND.value());
        assertThat(observer.took).hasSize(1);
        AsyncJob.Ended ended = (AsyncJob.Ended) end.job();
        assertThat(observer.ends)
                .containsExactly(List.of(ended.createdAt(), pending(first).eta().planned(), ended.endedAt()));
    }

    @Test
    default void rule_199_a_failed_attempt_ends_the_job_only_if_it_is_the_last() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        timePasses(Duration.ofMinutes(5));
        RecordingObserver observer = observer();
        accepted(settle(store(), claimed, Outcome.retry(new Failure("later"))));
        assertThat(observer.told()).containsExactly("attempt FAILED " + KIND.value());
        assertAbout(observer.took.get(0), Duration.ofMinutes(5));

        ClaimedJob last = scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        observer.told();
        accepted(settle(store(), last, Outcome.retry(new Failure("later"))));
        assertThat(observer.told()).containsExactly("attempt FAILED " + KIND.value(), "job FAILED " + KIND.value());
    }

    @Test
    default void rule_200_outcomes_of_a_batch_are_told_each_and_once() {
        List<ClaimedJob> claimed = Stream.generate(() -> scheduledAndClaimed(store(), newJob()))
                .limit(3)
                .toList();
        RecordingObserver observer = observer();
        settleAll(List.of(
                report(claimed.get(0), DONE),
                report(claimed.get(1), Outcome.failed(new Failure("no"))),
                report(claimed.get(2), Outcome.retry(new Failure("later"))),
                report(claimed.get(0), DONE)));

        assertThat(observer.told())
                .containsExactlyInAnyOrder(
                        "attempt DONE " + KIND.value(),
                        "job DONE " + KIND.value(),
                        "attempt FAILED " + KIND.value(),
                        "job FAILED " + KIND.value(),
                        "attempt FAILED " + KIND.value());
    }

    @Test
    default void rule_201_a_cancelled_job_is_told_with_its_attempt_if_it_has_one() {
        NewJob waiting = newJob();
        accepted(store().schedule(waiting, EXPECTED));
        RecordingObserver observer = observer();
        accepted(store().cancel(OWNER, waiting.id()));
        accepted(store().cancel(OWNER, waiting.id()));
        assertThat(observer.told()).containsExactly("job CANCELLED " + KIND.value());

        ClaimedJob held = scheduledAndClaimed(store(), newJob());
        observer.told();
        accepted(store().cancel(null, held.job().id()));
        assertThat(observer.told())
                .containsExactly("attempt CANCELLED " + KIND.value(), "job CANCELLED " + KIND.value());
    }

    @Test
    default void rule_202_a_job_whose_attempts_are_spent_is_told_by_the_node_that_ends_it() {
        scheduledAndClaimed(store(), newJob().withMaxAttempts(1));
        timePasses(LEASE.plus(TICKS));
        RecordingObserver observer = observer();

        assertThat(store().failSpent(10)).isEqualTo(1);

        assertThat(observer.told()).containsExactly("attempt LOST " + KIND.value(), "job SPENT " + KIND.value());
        assertThat(observer.took).isEmpty();
    }

    @Test
    default void rule_203_the_delivery_of_a_callback_is_told_as_accepted() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob().withCallback());
        RecordingObserver observer = observer();

        accepted(settle(store(), claimed, DONE));

        assertThat(observer.told())
                .containsExactly(
                        "attempt DONE " + KIND.value(),
                        "job DONE " + KIND.value(),
                        "accepted " + Callback.KIND.value());
    }

    @Test
    default void rule_204_an_observer_that_fails_harms_neither_the_store_nor_other_observers() {
        store().observe(new JobObserver() {
            @Override
            public void accepted(JobKind kind) {
                throw new StackOverflowError("planted");
            }

            @Override
            public void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {
                throw new IllegalStateException("planted");
            }
        });
        RecordingObserver observer = observer();

        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        accepted(settle(store(), claimed, DONE));

        assertThat(observer.told()).hasSize(5);
    }

    @Test
    default void rule_205_a_workload_tells_waiting_running_and_scheduled_jobs_of_each_kind() {
        accepted(store().schedule(newJob(OTHER_KIND).notBefore(later(Duration.ofDays(2))), EXPECTED));
        NewJob lost = newJob().withMaxAttempts(1);
        scheduledAndClaimed(store(), lost);
        timePasses(LEASE.plusMinutes(5));
        settle(store(), scheduledAndClaimedOf(OTHER_KIND, 3), Outcome.retry(new Failure("later")));
        scheduledAndClaimedOf(OTHER_KIND, 1);
        schedule(2);

        assertThat(store().workloads(1_000)).hasSize(2);
        for (var node : List.of(store(), otherNode())) {
            Workload kind = workload(node.workloads(1_000), KIND);
            assertThat(kind).isEqualTo(new Workload(KIND, 3, 0, 0, kind.oldest()));
            assertAbout(kind.oldest(), Duration.ofMinutes(5));
            assertThat(workload(node.workloads(1_000), OTHER_KIND))
                    .isEqualTo(new Workload(OTHER_KIND, 0, 1, 2, Duration.ZERO));
        }
    }

    @Test
    default void rule_206_a_workload_is_counted_up_to_a_limit_and_ended_jobs_not_at_all() {
        assertThat(store().workloads(10)).isEmpty();
        settle(store(), scheduledAndClaimed(store(), newJob()), DONE);
        assertThat(store().workloads(10)).isEmpty();
        schedule(5);
        assertThat(workload(store().workloads(3), KIND).waiting()).isEqualTo(3);
        assertThat(workload(store().workloads(1_000), KIND).waiting()).isEqualTo(5);

        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));
        assertThat(workload(store().workloads(6), KIND).waiting()).isEqualTo(3);
        assertThat(workload(store().workloads(6), OTHER_KIND).waiting()).isEqualTo(1);
    }

    private ClaimedJob scheduledAndClaimedOf(JobKind kind, int attempts) {
        NewJob job = newJob(kind).withMaxAttempts(attempts);
        accepted(store().schedule(job, EXPECTED));
        return store().claim(claim(1, kind)).get(0);
    }

    private Instant later(Duration time) {
        return store().now().plus(time);
    }

    private static Workload workload(List<Workload> all, JobKind kind) {
        return all.stream().filter(one -> one.kind().equals(kind)).findFirst().orElseThrow();
    }

    private static void assertAbout(Duration actual, Duration expected) {
        assertThat(actual).isBetween(expected.minus(A_MOMENT), expected.plus(TICKS));
    }
}
