package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.STRANGER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How a job gets in, once. A chapter of {@link JobStoreContract}. */
interface SchedulingRules extends StoreUnderTest {
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
    default void rule_05_the_same_job_sent_again_after_its_end_is_answered_like_the_first_time() {
        NewJob job = newJob();
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        JobSnapshot ended = accepted(settle(store(), claimed(store(), job.id()), Jobs.DONE));

        JobSnapshot answer = accepted(store().schedule(job, EXPECTED.plusSeconds(5)));

        assertThat(answer).isEqualTo(first);
        assertThat(read(job).job()).isEqualTo(ended.job());
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
                        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class));
        assertThat(read(job).job()).isEqualTo(first.job());
        assertThat(store().find(STRANGER, job.id())).isEmpty();
    }

    @Test
    default void rule_07_an_id_is_taken_after_its_jobs_end_too() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);

        assertThat(store().schedule(job.withMaxAttempts(7), EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class);
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

        List<ScheduleResult> answers = together(16, () -> store().schedule(job, EXPECTED));

        AsyncJob kept = read(job).job();
        assertThat(answers)
                .allSatisfy(answer -> assertThat(accepted(answer).job()).isEqualTo(kept));
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_11_different_jobs_sent_at_once_under_one_id_leave_one_and_contradictions() {
        NewJob job = newJob();
        List<Callable<ScheduleResult>> rivals = IntStream.rangeClosed(1, 8)
                .<Callable<ScheduleResult>>mapToObj(
                        n -> () -> store().schedule(job.withPayload(new Payload("" + n)), EXPECTED))
                .toList();

        List<ScheduleResult> answers = together(rivals);

        assertThat(answers)
                .filteredOn(ScheduleResult.Accepted.class::isInstance)
                .hasSize(1);
        assertThat(answers)
                .filteredOn(ScheduleResult.Contradiction.class::isInstance)
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
                Attempts.MAX,
                null);
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
    default void rule_82_another_request_under_the_same_key_is_told_so_and_changes_nothing() {
        NewJob job = newJob().withIdempotencyKey(key("k1", "request"));
        JobSnapshot first = accepted(store().schedule(job, EXPECTED));
        NewJob other = newJob().withIdempotencyKey(key("k1", "another request"));

        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.KeyReused.class);

        assertThat(read(job).job()).isEqualTo(first.job());
        assertThat(store().find(OWNER, other.id())).isEmpty();
    }

    @Test
    default void rule_83_the_keys_of_two_clients_never_meet() {
        accepted(store().schedule(newJob().withIdempotencyKey(key("k1", "request")), EXPECTED));
        NewJob theirs = newJob().withIdempotencyKey(IdempotencyKey.of(STRANGER, "k1", "another request"));

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
    default void rule_86_a_request_sent_at_once_from_many_sides_under_one_key_keeps_one_job() {
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

    private static IdempotencyKey key(String key, String request) {
        return IdempotencyKey.of(OWNER, key, request);
    }

    @Test
    default void rule_134_jobs_sent_together_are_kept_each_as_it_is_and_answered_in_order() {
        NewJob plain = newJob();
        NewJob rich = newJob(OTHER_KIND)
                .withPayload(new Payload("{\"a\":\"'\\\\{},NULL\"}"))
                .withMaxAttempts(7)
                .withIdempotencyKey(key("k", "r"));
        NewJob odd = NewJob.of(
                newId(),
                STRANGER,
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
    default void rule_135_a_job_that_is_not_new_spoils_no_other() {
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
                NewJob.of(twin.id(), STRANGER, KIND, LINKS)));

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
    default void rule_136_the_same_batch_sent_at_once_from_many_sides_is_kept_once() {
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
    default void rule_138_nothing_to_keep_is_kept() {
        assertThat(store().scheduleBatch(List.of())).isEmpty();
    }
}
