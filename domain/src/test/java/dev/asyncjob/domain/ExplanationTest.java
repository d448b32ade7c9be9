package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.RETENTION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private static final WorkerId WORKER = new WorkerId("worker-1");
    private static final Instant SOON = NOW.plusSeconds(10);
    private static final Instant BEFORE = NOW.minusSeconds(10);
    private static final JobFacts.Queue FRONT = new JobFacts.Queue(0, 0, null, false, NOW, null, null);
    private static final EndedAttempt FAILED =
            new EndedAttempt(2, WORKER, BEFORE, NOW, EndedAttempt.End.FAILED, "no paper");

    private static Explanation of(AsyncJob job) {
        return Explanation.of(new JobFacts(entry(job, 1, null), SOON, null, List.of(), null, null));
    }

    private static JobPage.Entry entry(AsyncJob job, int attempts, @Nullable Lease lease) {
        return new JobPage.Entry(
                new JobSnapshot(job, NOW), attempts, lease, lease == null ? null : 12.5, null, null, null);
    }

    private static Explanation of(int made, int max, Instant availableAt, JobFacts.@Nullable Queue queue) {
        return of(made, max, availableAt, null, queue, List.of());
    }

    private static Explanation of(
            int made,
            int max,
            Instant availableAt,
            @Nullable Lease lease,
            JobFacts.@Nullable Queue queue,
            List<EndedAttempt> history) {
        JobFacts.Work work = new JobFacts.Work(new Attempts(made, max), availableAt, BEFORE, NOW, SOON, null, null);
        return Explanation.of(new JobFacts(
                entry(PENDING, made, lease), SOON, queue == null ? work : work.waitingFor(queue), history, null, null));
    }

    private static Lease leaseUntil(Instant end) {
        return new Lease(LeaseToken.FIRST, WORKER, end);
    }

    private static JobFacts.Queue queue(int before, int ended, @Nullable Instant firstEnd) {
        return new JobFacts.Queue(before, ended, firstEnd, false, NOW, null, null);
    }

    @Test
    void a_job_that_has_ended_says_when_and_why() {
        assertThat(of(PENDING.complete(RESULT, BEFORE, RETENTION)))
                .isEqualTo(new Explanation.Ended(JobStatus.DONE, BEFORE, null, null));
        assertThat(of(PENDING.fail(FAILURE, BEFORE, RETENTION)))
                .isEqualTo(new Explanation.Ended(JobStatus.FAILED, BEFORE, FAILURE.message(), new Retry.Until(null)));
    }

    @Test
    void a_job_that_failed_says_until_when_it_can_be_retried_and_one_that_was_cancelled_does_not() {
        JobPage.Entry failed = entry(PENDING.fail(FAILURE, BEFORE, RETENTION), 1, null);
        assertThat(Explanation.of(new JobFacts(failed, SOON, null, List.of(), null, SOON)))
                .isEqualTo(new Explanation.Ended(JobStatus.FAILED, BEFORE, FAILURE.message(), new Retry.Until(SOON)));
        assertThat(of(PENDING.cancel(BEFORE, RETENTION)))
                .isEqualTo(new Explanation.Ended(JobStatus.FAILED, BEFORE, "cancelled", null));
    }

    @Test
    void a_job_that_is_not_due_is_planned_or_rests() {
        assertThat(of(0, 3, SOON, null)).isEqualTo(new Explanation.Planned(SOON));
        assertThat(of(2, 3, SOON, null)).isEqualTo(new Explanation.Resting(SOON, 2, null));
        assertThat(of(2, 3, SOON, null, null, List.of(FAILED))).isEqualTo(new Explanation.Resting(SOON, 2, "no paper"));
    }

    @Test
    void a_job_that_a_worker_has_is_running() {
        assertThat(of(1, 3, SOON, leaseUntil(SOON), null, List.of()))
                .isEqualTo(new Explanation.Running(1, WORKER, BEFORE, SOON, NOW, 12.5));
    }

    @Test
    void a_lost_lease_is_taken_by_the_next_claim_only_if_nothing_is_in_the_way() {
        Lease lost = leaseUntil(BEFORE);

        assertThat(of(1, 3, BEFORE, lost, FRONT, List.of())).isEqualTo(new Explanation.LeaseRanOut(1, WORKER, BEFORE));
        assertThat(of(1, 3, BEFORE, lost, queue(1, 0, null), List.of())).isInstanceOf(Explanation.Waiting.class);
        assertThat(of(1, 3, BEFORE, lost, new JobFacts.Queue(0, 0, null, false, null, null, null), List.of()))
                .isInstanceOf(Explanation.NoWorker.class);
        assertThat(of(
                        1,
                        3,
                        BEFORE,
                        lost,
                        new JobFacts.Queue(0, 0, null, false, NOW, new JobFacts.Lock(null), null),
                        List.of()))
                .isInstanceOf(Explanation.Locked.class);
    }

    @Test
    void a_job_whose_attempts_are_spent_waits_for_housekeeping() {
        assertThat(of(3, 3, BEFORE, leaseUntil(BEFORE), null, List.of()))
                .isEqualTo(new Explanation.AttemptsSpent(3, BEFORE, SOON));
        assertThat(of(3, 3, NOW, leaseUntil(NOW), null, List.of()))
                .isEqualTo(new Explanation.AttemptsSpent(3, NOW, SOON));
    }

    @Test
    void a_worker_is_there_for_half_a_minute_after_it_has_asked() {
        Instant longAgo = NOW.minus(Explanation.ASKING).minusMillis(1);

        assertThat(of(0, 3, NOW, new JobFacts.Queue(0, 0, null, false, null, null, null)))
                .isEqualTo(new Explanation.NoWorker(KIND, null));
        assertThat(of(0, 3, NOW, new JobFacts.Queue(5, 9, BEFORE, false, longAgo, new JobFacts.Lock(null), null)))
                .isEqualTo(new Explanation.NoWorker(KIND, longAgo));
        assertThat(of(0, 3, NOW, new JobFacts.Queue(0, 0, null, false, NOW.minus(Explanation.ASKING), null, null)))
                .isInstanceOf(Explanation.Waiting.class);
    }

    @Test
    void a_worker_that_has_a_job_of_the_kind_is_there_though_it_has_not_asked_for_long() {
        for (Instant askedAt : java.util.Arrays.asList(null, NOW.minusSeconds(3600))) {
            assertThat(of(0, 3, NOW, new JobFacts.Queue(0, 0, null, true, askedAt, null, null)))
                    .isInstanceOf(Explanation.Waiting.class);
        }
    }

    @Test
    void no_claim_takes_a_job_of_a_paused_kind_whatever_else_it_waits_for() {
        KindState.Pause pause = new KindState.Pause(BEFORE, Examples.OWNER, "the printer is out of paper");
        Explanation waiting = new Explanation.Waiting(null, null);

        assertThat(paused(pause, 0, NOW, null)).isEqualTo(new Explanation.Paused(KIND, pause, waiting));
        assertThat(paused(pause, 0, SOON, null))
                .isEqualTo(new Explanation.Paused(KIND, pause, new Explanation.Planned(SOON)));
        assertThat(paused(pause, 2, SOON, null))
                .isEqualTo(new Explanation.Paused(KIND, pause, new Explanation.Resting(SOON, 2, null)));
        assertThat(paused(pause, 2, BEFORE, leaseUntil(BEFORE)))
                .isEqualTo(new Explanation.Paused(KIND, pause, waiting));
        assertThat(paused(pause, 3, BEFORE, leaseUntil(BEFORE)))
                .as("housekeeping goes on")
                .isInstanceOf(Explanation.AttemptsSpent.class);
        assertThat(paused(pause, 1, SOON, leaseUntil(SOON)))
                .as("a pause takes no job from a worker")
                .isInstanceOf(Explanation.Running.class);
    }

    private static Explanation paused(KindState.Pause pause, int made, Instant availableAt, @Nullable Lease lease) {
        JobFacts.Work work = new JobFacts.Work(new Attempts(made, 3), availableAt, BEFORE, NOW, SOON, pause, null);
        return Explanation.of(
                new JobFacts(entry(PENDING, made, lease), SOON, work.waitingFor(FRONT), List.of(), null, null));
    }

    @Test
    void a_job_waits_while_as_many_of_its_kind_run_as_may_though_no_worker_asks() {
        JobFacts.Queue full = new JobFacts.Queue(7, 0, null, true, null, new JobFacts.Lock(null), 4);

        assertThat(of(0, 3, NOW, full)).isEqualTo(new Explanation.Full(KIND, 4));
    }

    @Test
    void a_locked_job_says_since_when_if_that_is_known() {
        assertThat(of(0, 3, NOW, new JobFacts.Queue(0, 0, null, false, NOW, new JobFacts.Lock(BEFORE), null)))
                .isEqualTo(new Explanation.Locked(BEFORE));
        assertThat(of(0, 3, NOW, new JobFacts.Queue(3, 0, null, false, NOW, new JobFacts.Lock(null), null)))
                .isEqualTo(new Explanation.Locked(null));
    }

    @Test
    void a_job_that_waits_knows_its_place_and_about_how_long() {
        assertThat(of(0, 3, NOW, FRONT)).isEqualTo(new Explanation.Waiting(new Explanation.Place(0, false, 0), null));
        assertThat(of(0, 3, NOW, queue(19, 20, NOW.minusSeconds(120))))
                .isEqualTo(new Explanation.Waiting(new Explanation.Place(19, false, 10), Duration.ofMinutes(2)));
        assertThat(of(0, 3, NOW, queue(0, 3, NOW.minusSeconds(1))))
                .as("a minute at least")
                .isEqualTo(new Explanation.Waiting(new Explanation.Place(0, false, 3), Duration.ofSeconds(20)));
        assertThat(of(0, 3, NOW, queue(JobFacts.MAX_BEFORE + 1, 600, NOW.minusSeconds(60))))
                .isEqualTo(new Explanation.Waiting(new Explanation.Place(10_000, true, 600), Duration.ofSeconds(1001)));
        assertThat(of(0, 3, NOW, queue(JobFacts.MAX_BEFORE, 0, null)))
                .isEqualTo(new Explanation.Waiting(new Explanation.Place(10_000, false, 0), null));
    }

    @Test
    void an_owner_reads_nothing_of_workers_and_of_other_jobs() {
        Duration about = Duration.ofMinutes(3);
        Explanation waits = new Explanation.Waiting(null, null);
        Explanation ended = new Explanation.Ended(JobStatus.FAILED, NOW, "broken", null);
        Explanation planned = new Explanation.Planned(NOW);

        assertThat(ended.forOwner()).isEqualTo(ended);
        assertThat(new Explanation.Ended(JobStatus.FAILED, NOW, "broken", new Retry.Until(SOON)).forOwner())
                .isEqualTo(ended);
        assertThat(planned.forOwner()).isSameAs(planned);
        assertThat(new Explanation.Resting(NOW, 2, "java.io.IOException").forOwner())
                .isEqualTo(new Explanation.Resting(NOW, 2, null));
        assertThat(new Explanation.Running(1, WORKER, NOW, SOON, BEFORE, 5.0).forOwner())
                .isEqualTo(new Explanation.Running(1, null, NOW, SOON, BEFORE, 5.0));
        assertThat(new Explanation.LeaseRanOut(1, WORKER, NOW).forOwner()).isEqualTo(waits);
        assertThat(new Explanation.AttemptsSpent(1, NOW, NOW).forOwner()).isEqualTo(waits);
        assertThat(new Explanation.NoWorker(KIND, NOW).forOwner()).isEqualTo(waits);
        assertThat(new Explanation.Locked(NOW).forOwner()).isEqualTo(waits);
        assertThat(new Explanation.Full(KIND, 3).forOwner()).isEqualTo(waits);
        assertThat(new Explanation.Paused(
                                KIND, new KindState.Pause(NOW, Examples.OWNER, "why"), new Explanation.Planned(SOON))
                        .forOwner())
                .isEqualTo(new Explanation.Planned(SOON));
        assertThat(new Explanation.Waiting(new Explanation.Place(5, false, 2), about).forOwner())
                .isEqualTo(new Explanation.Waiting(null, about));
    }

    @Test
    void the_last_error_is_that_of_the_newest_attempt() {
        JobFacts facts = new JobFacts(entry(PENDING, 2, null), SOON, null, List.of(FAILED), null, null);

        assertThat(facts.lastError()).isEqualTo("no paper");
        assertThat(new JobFacts(entry(PENDING, 0, null), SOON, null, List.of(), null, null).lastError())
                .isNull();
    }

    /** Returns the name of the case, and the reason that it was given. */
    private static final class Named implements Explanation.Cases<List<Object>> {
        @Override
        public List<Object> ended(Explanation.Ended reason) {
            return List.of("ended", reason);
        }

        @Override
        public List<Object> paused(Explanation.Paused reason) {
            return List.of("paused", reason);
        }

        @Override
        public List<Object> full(Explanation.Full reason) {
            return List.of("full", reason);
        }

        @Override
        public List<Object> planned(Explanation.Planned reason) {
            return List.of("planned", reason);
        }

        @Override
        public List<Object> resting(Explanation.Resting reason) {
            return List.of("resting", reason);
        }

        @Override
        public List<Object> running(Explanation.Running reason) {
            return List.of("running", reason);
        }

        @Override
        public List<Object> leaseRanOut(Explanation.LeaseRanOut reason) {
            return List.of("leaseRanOut", reason);
        }

        @Override
        public List<Object> attemptsSpent(Explanation.AttemptsSpent reason) {
            return List.of("attemptsSpent", reason);
        }

        @Override
        public List<Object> noWorker(Explanation.NoWorker reason) {
            return List.of("noWorker", reason);
        }

        @Override
        public List<Object> locked(Explanation.Locked reason) {
            return List.of("locked", reason);
        }

        @Override
        public List<Object> waiting(Explanation.Waiting reason) {
            return List.of("waiting", reason);
        }
    }

    @Test
    void each_reason_has_its_case() {
        List<Explanation> reasons = List.of(
                new Explanation.Ended(JobStatus.DONE, NOW, null, null),
                new Explanation.Paused(
                        KIND, new KindState.Pause(NOW, Examples.OWNER, null), new Explanation.Waiting(null, null)),
                new Explanation.Full(KIND, 1),
                new Explanation.Planned(SOON),
                new Explanation.Resting(SOON, 1, null),
                new Explanation.Running(1, WORKER, BEFORE, SOON, null, null),
                new Explanation.LeaseRanOut(1, WORKER, BEFORE),
                new Explanation.AttemptsSpent(3, BEFORE, null),
                new Explanation.NoWorker(KIND, null),
                new Explanation.Locked(null),
                new Explanation.Waiting(null, null));
        for (Explanation reason : reasons) {
            String type = reason.getClass().getSimpleName();
            String name = type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
            assertThat(reason.as(new Named())).containsExactly(name, reason);
        }
    }
}
