package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.domain.WorkerId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How jobs are scheduled. A part of {@link JobStoreContract}. */
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
    default void rule_04_the_same_job_sent_again_while_it_is_worked_on_is_not_claimable_again() {
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
                        NewJob.of(job.id(), OTHER_OWNER, KIND, LINKS),
                        NewJob.of(job.id(), OWNER, OTHER_KIND, LINKS),
                        NewJob.of(job.id(), OWNER, KIND, otherLinks),
                        job.withPayload(new Payload("{}")),
                        job.notBefore(store().now().plusSeconds(60)),
                        job.withMaxAttempts(7)))
                .allSatisfy(other ->
                        assertThat(store().schedule(other, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class));
        assertThat(read(job).job()).isEqualTo(first.job());
        assertThat(store().find(OTHER_OWNER, job.id())).isEmpty();
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
        NewJob other = NewJob.of(job.id(), OTHER_OWNER, OTHER_KIND, LINKS);

        JobSnapshot answer = accepted(store().schedule(other, EXPECTED));

        assertThat(answer.job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(answer.job().owner()).isEqualTo(OTHER_OWNER);
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
    default void rule_10_the_same_job_sent_concurrently_is_kept_once() {
        NewJob job = newJob();

        List<ScheduleResult> answers = together(16, () -> store().schedule(job, EXPECTED));

        AsyncJob kept = read(job).job();
        assertThat(answers)
                .allSatisfy(answer -> assertThat(accepted(answer).job()).isEqualTo(kept));
        assertThat(claimFrom(store(), 10)).hasSize(1);
    }

    @Test
    default void rule_11_different_jobs_sent_concurrently_under_one_id_leave_one_and_contradictions() {
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
                null,
                new Owner("s".repeat(Owner.MAX_LENGTH)),
                new Reference("\uD83C\uDFE5".repeat(Reference.MAX_LENGTH / 2)),
                null,
                false,
                new TraceContext(
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
                        "a=" + "b".repeat(255) + ",c=" + "d".repeat(252)),
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
        assertThat(claimed.reference()).isEqualTo(job.reference());
        assertThat(claimed.trace()).isEqualTo(job.trace());
        assertThat(failureOf(read(job))).isEqualTo(failure);
    }
}
