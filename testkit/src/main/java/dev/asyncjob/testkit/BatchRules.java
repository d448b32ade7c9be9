package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.lost;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How jobs are scheduled and settled in batches. A part of {@link JobStoreContract}. */
interface BatchRules extends StoreUnderTest {
    @Test
    default void rule_134_jobs_sent_together_are_kept_each_as_it_is_and_answered_in_order() {
        NewJob plain = newJob();
        NewJob rich = newJob(OTHER_KIND)
                .withPayload(new Payload("{\"a\":\"'\\\\{},NULL\"}"))
                .withMaxAttempts(7)
                .withIdempotencyKey(key("k", "r"));
        NewJob odd = NewJob.of(
                newId(),
                OTHER_OWNER,
                KIND,
                ResourceLinks.of(
                        new ResourceLink("a", "b?c=%7B,NULL"), ResourceLink.to("null"), ResourceLink.to("NULL")));
        NewJob later = newJob().notBefore(Instant.parse("9000-01-01T00:00:00.1234561Z"));
        List<NewJob> jobs = List.of(plain, rich, odd, later);

        List<Optional<ScheduleResult>> answers = store().scheduleBatch(List.of(
                new ScheduleCommand(plain, EXPECTED),
                new ScheduleCommand(rich, EXPECTED.multipliedBy(2)),
                new ScheduleCommand(odd, EXPECTED),
                new ScheduleCommand(later, EXPECTED)));

        for (int i = 0; i < jobs.size(); i++) {
            AsyncJob.Pending kept = pending(accepted(answers.get(i).orElseThrow()));
            assertThat(read(jobs.get(i)).job()).isEqualTo(kept);
            assertThat(kept.links()).isEqualTo(jobs.get(i).links());
            assertThat(accepted(store().schedule(jobs.get(i), EXPECTED)).job()).isEqualTo(kept);
        }
        assertThat(pending(read(rich)).eta().planned())
                .isEqualTo(Eta.after(pending(read(rich)).createdAt(), EXPECTED.multipliedBy(2))
                        .planned());
        ClaimedJob claimed = store().claim(claim(10, OTHER_KIND)).get(0);
        assertThat(claimed.payload()).isEqualTo(rich.payload());
        assertThat(claimed.attempts()).isEqualTo(new Attempts(1, 7));
        assertThat(claimFrom(store(), 10)).hasSize(2);
    }

    @Test
    default void rule_135_a_job_that_is_not_new_affects_no_other() {
        NewJob known = newJob();
        IdempotencyKey key = key("k", "r");
        NewJob keyed = newJob().withIdempotencyKey(key);
        NewJob one = newJob();
        NewJob twin = newJob();
        ScheduleResult first = store().schedule(known, EXPECTED);
        accepted(store().schedule(keyed, EXPECTED));

        List<ScheduleResult> answers = scheduleAll(List.of(
                one,
                known,
                NewJob.of(known.id(), OWNER, OTHER_KIND, LINKS),
                newJob().withIdempotencyKey(key),
                newJob().withIdempotencyKey(key("k", "other")),
                twin,
                twin,
                NewJob.of(twin.id(), OTHER_OWNER, KIND, LINKS)));

        assertThat(read(one).job()).isEqualTo(accepted(answers.get(0)).job());
        assertThat(answers.get(1)).isEqualTo(first);
        assertThat(answers.get(2)).isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(accepted(answers.get(3)).job().id()).isEqualTo(keyed.id());
        assertThat(answers.get(4)).isInstanceOf(ScheduleResult.KeyReused.class);
        assertThat(accepted(answers.get(6)).job())
                .isEqualTo(accepted(answers.get(5)).job());
        assertThat(answers.get(7)).isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(claimFrom(store(), 10)).hasSize(4);
    }

    @Test
    default void rule_136_the_same_batch_sent_concurrently_is_kept_once() {
        List<NewJob> jobs = IntStream.range(0, 20)
                .mapToObj(i -> i % 2 == 0 ? newJob() : newJob().withIdempotencyKey(key("k" + i, "r")))
                .toList();

        List<List<ScheduleResult>> answers = together(8, () -> scheduleAll(jobs));

        for (int i = 0; i < jobs.size(); i++) {
            AsyncJob kept = read(jobs.get(i)).job();
            for (List<ScheduleResult> side : answers) {
                assertThat(accepted(side.get(i)).job()).isEqualTo(kept);
            }
        }
        assertThat(claimFrom(store(), 30)).hasSize(20);
    }

    @Test
    default void rule_137_one_key_that_comes_twice_in_a_batch_keeps_one_job() {
        IdempotencyKey key = key("k", "r");

        List<ScheduleResult> answers =
                scheduleAll(List.of(newJob().withIdempotencyKey(key), newJob().withIdempotencyKey(key)));

        assertThat(accepted(answers.get(1)).job())
                .isEqualTo(accepted(answers.get(0)).job());
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_138_an_empty_batch_of_jobs_is_accepted() {
        assertThat(store().scheduleBatch(List.of())).isEmpty();
    }

    @Test
    default void rule_128_outcomes_reported_together_count_each_for_its_job_and_are_answered_in_order() {
        List<Outcome> outcomes = List.of(
                Jobs.DONE,
                Outcome.failed(Failure.coded(1002, "вже існує '\"\\{},NULL")),
                Outcome.retry(new Failure("later")),
                Outcome.completed(ResourceLinks.of(
                        new ResourceLink("a", "b?c=%7B,NULL"), ResourceLink.to("null"), ResourceLink.to("e"))));
        List<OutcomeReport> reports = outcomes.stream()
                .map(outcome -> report(scheduledAndClaimed(store(), newJob()), outcome))
                .toList();

        List<Optional<SettleResult>> verdicts = store().settleBatch(reports);

        for (int i = 0; i < reports.size(); i++) {
            AsyncJob job = accepted(verdicts.get(i).orElseThrow()).job();
            assertThat(job.id()).isEqualTo(reports.get(i).id());
            assertThat(store().find(OWNER, job.id()).orElseThrow().job()).isEqualTo(job);
        }
        assertThat(verdicts.stream()
                        .map(verdict -> accepted(verdict.orElseThrow()).job().status()))
                .containsExactly(JobStatus.DONE, JobStatus.FAILED, JobStatus.PENDING, JobStatus.DONE);
        assertThat(accepted(verdicts.get(3).orElseThrow()).job().links())
                .isEqualTo(((Outcome.Completed) outcomes.get(3)).result());
        assertThat(claimFrom(store(), 10)).isEmpty();
    }

    @Test
    default void rule_129_a_report_that_does_not_count_affects_no_other() {
        ClaimedJob lost = scheduledAndClaimed(store(), newJob());
        timePasses(LEASE.plus(TICKS));
        claimed(store(), lost.job().id());
        ClaimedJob ended = scheduledAndClaimed(store(), newJob());
        settle(store(), ended, Jobs.DONE);
        ClaimedJob one = scheduledAndClaimed(store(), newJob());
        ClaimedJob other = scheduledAndClaimed(store(), newJob());

        List<SettleResult> verdicts = settleAll(List.of(
                report(one, Jobs.DONE),
                new OutcomeReport(newId(), LeaseToken.FIRST, Jobs.DONE),
                report(lost, Jobs.DONE),
                report(ended, Jobs.DONE),
                report(ended, Outcome.failed(new Failure("no"))),
                report(other, Jobs.DONE)));

        assertThat(verdicts)
                .<Class<?>>extracting(Object::getClass)
                .containsExactly(
                        SettleResult.Accepted.class,
                        SettleResult.Unknown.class,
                        SettleResult.Refused.class,
                        SettleResult.Accepted.class,
                        SettleResult.Refused.class,
                        SettleResult.Accepted.class);
    }

    @Test
    default void rule_130_two_reports_of_one_job_in_one_batch_are_applied_one_after_the_other() {
        ClaimedJob twice = scheduledAndClaimed(store(), newJob());
        ClaimedJob torn = scheduledAndClaimed(store(), newJob());

        List<SettleResult> verdicts = settleAll(List.of(
                report(twice, Jobs.DONE),
                report(torn, Jobs.DONE),
                report(twice, Jobs.DONE),
                report(torn, Outcome.failed(new Failure("no")))));

        assertThat(accepted(verdicts.get(2)).job())
                .isEqualTo(accepted(verdicts.get(0)).job());
        assertThat(refused(verdicts.get(3)).job())
                .isEqualTo(accepted(verdicts.get(1)).job());
    }

    @Test
    default void rule_131_a_batch_sent_again_is_answered_like_the_first_time() {
        List<OutcomeReport> reports = Stream.of(
                        Jobs.DONE, Outcome.failed(new Failure("no")), Outcome.retry(new Failure("on")))
                .map(outcome -> report(scheduledAndClaimed(store(), newJob()), outcome))
                .toList();
        List<SettleResult> first = settleAll(reports);

        List<SettleResult> second = settleAll(reports);

        assertThat(second.stream().map(verdict -> accepted(verdict).job()))
                .containsExactlyElementsOf(
                        first.stream().map(verdict -> accepted(verdict).job()).toList());
    }

    @Test
    default void rule_132_the_same_batch_concurrently_counts_once_for_all() {
        List<JobId> ids = schedule(20);
        List<OutcomeReport> reports = claimFrom(store(), 20).stream()
                .map(claimed -> report(claimed, Jobs.DONE))
                .toList();

        List<List<SettleResult>> verdicts = together(8, () -> settleAll(reports));

        assertThat(reports).hasSameSizeAs(ids);
        for (int i = 0; i < reports.size(); i++) {
            AsyncJob end =
                    store().find(OWNER, reports.get(i).id()).orElseThrow().job();
            for (List<SettleResult> side : verdicts) {
                assertThat(accepted(side.get(i)).job()).isEqualTo(end);
            }
        }
    }

    @Test
    default void rule_133_an_empty_batch_of_reports_is_accepted() {
        assertThat(store().settleBatch(List.of())).isEmpty();
    }
}
