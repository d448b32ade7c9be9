package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    private static final WorkPolicy POLICY = WorkPolicy.defaults();
    private static final Instant LATER = NOW.plusSeconds(5);
    private static final Attempts FIRST = new Attempts(1, 3);
    private static final Attempts LAST = new Attempts(3, 3);

    @Test
    void completed_work_ends_the_job_as_done() {
        assertThat(Outcome.completed(RESULT).applyTo(PENDING, LAST, LATER, POLICY))
                .isEqualTo(PENDING.complete(RESULT, LATER, POLICY.retention()));
    }

    @Test
    void failed_work_ends_the_job_regardless_of_remaining_attempts() {
        assertThat(Outcome.failed(FAILURE).applyTo(PENDING, FIRST, LATER, POLICY))
                .isEqualTo(PENDING.fail(FAILURE, LATER, POLICY.retention()));
    }

    @Test
    void work_to_be_retried_pauses_as_the_policy_defines() {
        assertThat(Outcome.retry(FAILURE).applyTo(PENDING, FIRST, LATER, POLICY))
                .isEqualTo(PENDING.retry(LATER.plus(POLICY.backoff().after(ID, 1))));
        assertThat(Outcome.retry(FAILURE).applyTo(PENDING, new Attempts(2, 3), LATER, POLICY))
                .isEqualTo(PENDING.retry(LATER.plus(POLICY.backoff().after(ID, 2))));
    }

    @Test
    void work_to_be_retried_fails_when_attempts_are_spent() {
        assertThat(Outcome.retry(FAILURE).applyTo(PENDING, LAST, LATER, POLICY))
                .isEqualTo(PENDING.fail(FAILURE, LATER, POLICY.retention()));
    }

    @Test
    void equal_outcomes_have_equal_fingerprints() {
        assertThat(Outcome.completed(ResourceLinks.of(ResourceLink.to("a"))).fingerprint())
                .isEqualTo(Outcome.completed(ResourceLinks.of(ResourceLink.to("a")))
                        .fingerprint())
                .matches("[0-9a-f]{64}");
        assertThat(Outcome.retry(new Failure("no")).fingerprint())
                .isEqualTo(Outcome.retry(new Failure("no")).fingerprint())
                .matches("[0-9a-f]{64}");
    }

    @Test
    void different_outcomes_have_different_fingerprints() {
        List<String> fingerprints = Stream.of(
                        Outcome.completed(LINKS),
                        Outcome.completed(RESULT),
                        Outcome.completed(new ResourceLinks(
                                List.of(LINKS.all().get(0), LINKS.all().get(0)))),
                        Outcome.failed(FAILURE),
                        Outcome.retry(FAILURE),
                        Outcome.failed(new Failure("another")),
                        Outcome.failed(new Failure("another", "E-1")),
                        Outcome.failed(new Failure("another", "1002")),
                        Outcome.completed(LINKS, new JobResult("1")),
                        Outcome.completed(LINKS, new JobResult("2")))
                .map(Outcome::fingerprint)
                .toList();

        assertThat(fingerprints).doesNotHaveDuplicates();
    }

    @Test
    void fingerprints_of_outcomes_without_value_and_code_stay_equal_because_stores_keep_them() {
        String completed = new Fingerprint().add("completed").add(RESULT).text();
        String failed =
                new Fingerprint().add("failed").add("1002: no").add(false).text();

        assertThat(Outcome.completed(RESULT).fingerprint()).isEqualTo(completed);
        assertThat(Outcome.completed(RESULT, null).fingerprint()).isEqualTo(completed);
        assertThat(Outcome.failed(new Failure("1002: no")).fingerprint()).isEqualTo(failed);
        assertThat(Outcome.failed(new Failure("no", "1002")).fingerprint()).isEqualTo(failed);
    }

    @Test
    void only_completed_work_has_a_value() {
        assertThat(Outcome.completed(RESULT, new JobResult("1")).value()).isEqualTo(new JobResult("1"));
        assertThat(Outcome.completed(RESULT).value()).isNull();
        assertThat(Outcome.failed(FAILURE).value()).isNull();
    }

    @Test
    void a_report_and_a_submission_hold_their_values() {
        Outcome outcome = Outcome.completed(RESULT);
        OutcomeReport report = new OutcomeReport(ID, LeaseToken.FIRST, outcome);
        assertThat(report.id()).isEqualTo(ID);
        assertThat(report.token()).isEqualTo(LeaseToken.FIRST);
        assertThat(report.outcome()).isEqualTo(outcome);

        NewJob job = NewJob.of(ID, Examples.OWNER, Examples.KIND, LINKS);
        ScheduleCommand submission = new ScheduleCommand(job, Duration.ofSeconds(8));
        assertThat(submission.job()).isEqualTo(job);
        assertThat(submission.expected()).isEqualTo(Duration.ofSeconds(8));
    }
}
