package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.RESULT;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.domain.Statements;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What workers say to the readers of a job. A part of {@link JobStoreContract}. */
interface StatementRules extends StoreUnderTest {
    private void state(ClaimedJob claimed, Statement said) {
        renewed(store().renew(
                        claimed.job().id(),
                        claimed.lease().token(),
                        new LeaseExtension(LEASE, null, said.progress(), said.message())));
    }

    private Statement seen(NewJob job) {
        return read(job).details().statement();
    }

    private ClaimedJob scheduled(NewJob job) {
        return scheduledAndClaimed(store(), job);
    }

    @Test
    default void rule_183_a_reader_sees_what_the_worker_says_and_on_every_node() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        assertThat(read(job).details()).isEqualTo(JobDetails.NONE);

        state(claimed, new Statement(12.5, "half of a quarter, \uD83C\uDFE5"));

        JobDetails details = read(job).details();
        assertThat(details)
                .isEqualTo(new JobDetails(new Statement(12.5, "half of a quarter, \uD83C\uDFE5"), null, null, null));
        assertThat(otherNode().find(OWNER, job.id()).orElseThrow().details()).isEqualTo(details);
        assertThat(store().find(Set.of(new JobKey(OWNER, job.id()))))
                .singleElement()
                .satisfies(found -> assertThat(found.details()).isEqualTo(details));
    }

    @Test
    default void rule_184_fifty_statements_in_a_row_are_one_change_a_second_and_the_last_is_seen() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        JobSnapshot last = read(job);
        Instant changeIsAfter = Instant.MIN; // each change comes after the last read without it
        Instant began = last.asOf();
        int changes = 0;
        for (int i = 1; i <= 50; i++) {
            state(claimed, new Statement((double) i, "step " + i));
            JobSnapshot now = read(job);
            if (!now.details().statement().equals(last.details().statement())) {
                assertThat(Duration.between(changeIsAfter, now.asOf())).isGreaterThanOrEqualTo(Statements.PACE);
                changeIsAfter = last.asOf();
                changes++;
            }
            last = now;
        }
        assertThat(changes)
                .isBetween(1, 2 + (int) Duration.between(began, last.asOf()).toSeconds());

        JobSnapshot waits = read(job);
        if (waits.details().changesAt() != null) {
            assertThat(waits.details().changesAt())
                    .isBetween(waits.asOf(), waits.asOf().plus(Statements.PACE));
        }
        timePasses(Statements.PACE);
        assertThat(read(job).details()).isEqualTo(new JobDetails(new Statement(50.0, "step 50"), null, null, null));
    }

    @Test
    default void rule_185_a_part_of_which_nothing_is_said_stays() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        state(claimed, new Statement(10.0, "reading"));
        timePasses(TICKS);
        state(claimed, new Statement(20.0, null));
        assertThat(seen(job)).isEqualTo(new Statement(20.0, "reading"));
        timePasses(TICKS);
        state(claimed, new Statement(null, "writing"));
        assertThat(seen(job)).isEqualTo(new Statement(20.0, "writing"));

        renew(claimed, LEASE);
        store().renewBatch(Set.of(), LEASE);
        assertThat(seen(job)).isEqualTo(new Statement(20.0, "writing"));
    }

    @Test
    default void rule_186_an_attempt_that_is_tried_again_takes_its_statements_with_it() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        state(claimed, new Statement(80.0, "first"));
        state(claimed, new Statement(90.0, "first still"));
        settle(store(), claimed, Outcome.retry(new Failure("later")));
        assertThat(read(job).details()).isEqualTo(JobDetails.NONE);

        timePasses(Duration.ofMinutes(2));
        state(claimed(store(), job.id()), new Statement(1.0, null));
        assertThat(read(job).details()).isEqualTo(new JobDetails(new Statement(1.0, null), null, null, null));
    }

    @Test
    default void rule_187_after_a_lost_lease_the_last_statement_is_seen_until_the_next_worker_says_something() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        state(claimed, new Statement(80.0, "first"));
        timePasses(LEASE.plus(TICKS));
        ClaimedJob next = claimed(store(), job.id());
        assertThat(seen(job)).isEqualTo(new Statement(80.0, "first"));

        lost(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, null, 99.0, "from the past")));
        assertThat(seen(job)).isEqualTo(new Statement(80.0, "first"));
        state(next, new Statement(2.0, "second"));
        assertThat(seen(job)).isEqualTo(new Statement(2.0, "second"));
    }

    @Test
    default void rule_188_at_the_end_the_last_statement_is_seen_at_once_and_kept() {
        for (Outcome outcome : List.of(Jobs.DONE, Outcome.failed(new Failure("no")))) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduled(job);
            state(claimed, new Statement(50.0, "half"));
            state(claimed, new Statement(99.0, "almost"));
            accepted(settle(store(), claimed, outcome));

            JobDetails end = read(job).details();
            assertThat(end).isEqualTo(new JobDetails(new Statement(99.0, "almost"), null, null, null));
            assertThat(lost(store().renew(
                                            job.id(),
                                            claimed.lease().token(),
                                            new LeaseExtension(LEASE, null, 100.0, "too late")))
                            .job())
                    .isEqualTo(read(job).job());
            timePasses(TICKS);
            assertThat(read(job).details()).isEqualTo(end);
        }
        NewJob cancelled = newJob();
        state(scheduled(cancelled), new Statement(7.0, null));
        accepted(store().cancel(OWNER, cancelled.id()));
        assertThat(seen(cancelled)).isEqualTo(new Statement(7.0, null));
    }

    @Test
    default void rule_189_a_result_is_read_with_the_job_that_is_done() {
        JobResult result = new JobResult("{\"sum\": 1.50, \"text\": \"\uD83C\uDFE5\"}");
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        Outcome done = Outcome.completed(RESULT, result);
        accepted(settle(store(), claimed, done));

        assertThat(read(job).details()).isEqualTo(new JobDetails(Statement.NONE, result, null, null));
        assertThat(otherNode().find(OWNER, job.id()).orElseThrow().details().result())
                .isEqualTo(result);
        accepted(settle(store(), claimed, done));
        refused(settle(store(), claimed, Jobs.DONE));
        refused(settle(store(), claimed, Outcome.completed(RESULT, new JobResult("1"))));
        assertThat(read(job).details().result()).isEqualTo(result);
    }

    @Test
    default void rule_190_results_and_codes_of_a_batch_go_to_their_own_jobs() {
        NewJob plain = newJob();
        NewJob small = newJob();
        NewJob large = newJob();
        NewJob coded = newJob();
        JobResult most = new JobResult('"' + "x".repeat(16_382) + '"');
        settleAll(List.of(
                report(scheduled(plain), Jobs.DONE),
                report(scheduled(small), Outcome.completed(RESULT, new JobResult("[]"))),
                report(scheduled(coded), Outcome.failed(new Failure("no", "E-12"))),
                report(scheduled(large), Outcome.completed(RESULT, most))));

        assertThat(read(plain).details()).isEqualTo(JobDetails.NONE);
        assertThat(read(small).details().result()).isEqualTo(new JobResult("[]"));
        assertThat(read(large).details().result()).isEqualTo(most);
        assertThat(read(coded).details()).isEqualTo(JobDetails.NONE);
        assertThat(failureOf(read(coded))).isEqualTo(new Failure("no", "E-12"));
    }

    @Test
    default void rule_191_the_code_of_a_failure_is_kept_and_part_of_the_report() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        JobSnapshot answer = accepted(settle(store(), claimed, Outcome.failed(new Failure("too old", "E-12"))));

        assertThat(failureOf(answer)).isEqualTo(new Failure("too old", "E-12"));
        assertThat(read(job).job()).isEqualTo(answer.job());
        assertThat(store().list(JobFilter.ANY).jobs().get(0).snapshot().job()).isEqualTo(answer.job());
        refused(settle(store(), claimed, Outcome.failed(new Failure("too old"))));
        accepted(settle(store(), claimed, Outcome.failed(new Failure("too old", "E-12"))));

        NewJob numbered = newJob();
        settle(store(), scheduled(numbered), Outcome.failed(new Failure("too old", "1005")));
        assertThat(failureOf(read(numbered))).isEqualTo(new Failure("1005: too old"));
    }

    @Test
    default void rule_192_a_renewal_can_change_the_forecast_and_state_something_or_does_neither() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        Instant end = store().now().plus(Duration.ofHours(2)).truncatedTo(ChronoUnit.MILLIS);
        renewed(store().renew(
                        job.id(),
                        claimed.lease().token(),
                        new LeaseExtension(LEASE, end, 12.5, "slower than planned")));
        assertThat(read(job).eta()).isEqualTo(end);
        assertThat(seen(job)).isEqualTo(new Statement(12.5, "slower than planned"));

        timePasses(TICKS);
        LeaseExtension past = new LeaseExtension(LEASE, store().now(), 50.0, "faster");
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> store().renew(job.id(), claimed.lease().token(), past));
        assertThat(seen(job)).isEqualTo(new Statement(12.5, "slower than planned"));
    }

    @Test
    default void rule_193_a_renewal_with_a_forecast_only_shows_nothing_earlier_or_later() {
        NewJob job = newJob();
        ClaimedJob claimed = scheduled(job);
        state(claimed, new Statement(1.0, null));
        timePasses(TICKS);
        Instant end = store().now().plus(Duration.ofHours(2));
        renewed(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, end, null)));

        assertThat(read(job).details()).isEqualTo(new JobDetails(new Statement(1.0, null), null, null, null));
        state(claimed, new Statement(2.0, null));
        assertThat(seen(job)).isEqualTo(new Statement(2.0, null));
    }

    @Test
    default void rule_194_the_reference_is_read_with_the_job_and_statements_of_one_job_are_of_no_other() {
        NewJob job = newJob().withReference(new Reference("order 7"));
        NewJob other = newJob();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().schedule(other, EXPECTED));
        assertThat(read(job).details()).isEqualTo(new JobDetails(Statement.NONE, null, new Reference("order 7"), null));

        claimFrom(store(), 2).stream()
                .filter(claimed -> claimed.job().id().equals(job.id()))
                .forEach(claimed -> state(claimed, new Statement(3.0, "three")));
        assertThat(read(job).details().statement()).isEqualTo(new Statement(3.0, "three"));
        assertThat(read(job).details().reference()).isEqualTo(new Reference("order 7"));
        assertThat(read(other).details()).isEqualTo(JobDetails.NONE);
    }
}
