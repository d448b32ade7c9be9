package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.InterventionRules.operator;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
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
import static org.assertj.core.api.Assertions.tuple;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.TraceContext;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The retry of a job that failed, as a new job. A part of {@link JobStoreContract}. */
interface RetryRules extends StoreUnderTest {
    Outcome FAILED = Outcome.failed(new Failure("no paper"));

    private NewJob failed(NewJob job) {
        accepted(settle(store(), scheduledAndClaimed(store(), job), FAILED));
        return job;
    }

    private static RetryResult retry(JobStore store, JobId of, @Nullable IdempotencyKey key) {
        return store.interventions().retry(new Retry(of, newId(), key, null), EXPECTED, operator());
    }

    private JobSnapshot retried(JobId of, @Nullable IdempotencyKey key) {
        return made(retry(store(), of, key));
    }

    private static JobSnapshot made(RetryResult result) {
        assertThat(result).isInstanceOf(RetryResult.Accepted.class);
        return ((RetryResult.Accepted) result).job();
    }

    private JobPage.Entry listed(JobId id) {
        return store().facts(null, id).orElseThrow().entry();
    }

    @Test
    default void rule_250_a_retry_is_a_new_job_of_the_same_content_and_the_one_that_failed_stays_as_it_is() {
        NewJob job = newJob().withPayload(new Payload("{\"secret\":\"漢\"}"))
                .withMaxAttempts(2)
                .withReference(new Reference("order 17"))
                .scheduledBy(new Owner("hospital-1"));
        failed(job);
        JobPage.Entry before = listed(job.id());
        timePasses(Duration.ofMinutes(1));
        JobSnapshot seen = read(job);
        TraceContext trace = new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null);
        Retry retry = new Retry(job.id(), newId(), null, trace);

        JobSnapshot accepted = made(otherNode().interventions().retry(retry, EXPECTED, operator()));

        AsyncJob.Pending pending = pending(accepted);
        assertThat(pending.id()).isEqualTo(retry.id());
        assertThat(pending.owner()).isEqualTo(job.owner());
        assertThat(pending.links()).isEqualTo(job.links());
        assertThat(pending.createdAt()).isAfter(seen.job().createdAt());
        assertThat(pending.eta()).isEqualTo(Eta.after(pending.createdAt(), EXPECTED));
        assertThat(store().find(OWNER, retry.id()).orElseThrow().job()).isEqualTo(pending);
        JobPage.Entry entry = listed(retry.id());
        assertThat(entry.retryOf()).isEqualTo(job.id());
        assertThat(entry.scheduledBy()).isEqualTo(OTHER_OWNER);
        assertThat(entry.reference()).isEqualTo(job.reference());
        assertThat(store().list(JobFilter.ANY).jobs())
                .extracting(JobPage.Entry::retryOf)
                .containsExactlyInAnyOrder(job.id(), null);

        ClaimedJob claimed = claimed(store(), retry.id());
        assertThat(claimed.payload()).isEqualTo(job.payload());
        assertThat(claimed.attempts().made()).isEqualTo(1);
        assertThat(claimed.attempts().max()).isEqualTo(2);
        assertThat(claimed.trace()).isEqualTo(trace);
        accepted(settle(store(), claimed, Jobs.DONE));

        assertThat(read(job).job()).isEqualTo(seen.job());
        assertThat(listed(job.id()).attempts()).isEqualTo(before.attempts());
        assertThat(listed(job.id()).retryOf()).isNull();
        assertThat(store().facts(null, job.id()).orElseThrow().history()).hasSize(1);
    }

    @Test
    default void rule_251_however_a_job_fails_it_can_be_retried_and_no_other_can() {
        NewJob alone = failed(newJob().withPayload(new Payload("1")));
        NewJob batch = newJob().withPayload(new Payload("2"));
        ClaimedJob inBatch = scheduledAndClaimed(store(), batch);
        settleAll(List.of(report(inBatch, FAILED))).forEach(Jobs::accepted);
        NewJob spent = newJob().withPayload(new Payload("3")).withMaxAttempts(1);
        scheduledAndClaimed(store(), spent);
        NewJob tried = newJob().withPayload(new Payload("4")).withMaxAttempts(1);
        accepted(settle(store(), scheduledAndClaimed(store(), tried), Outcome.retry(new Failure("later"))));
        timePasses(LEASE.plus(TICKS));
        assertThat(store().failSpent(9)).isEqualTo(1);
        NewJob called = failed(newJob().withPayload(new Payload("5")).withCallback());

        List<JobId> ids = Stream.of(alone, batch, spent, tried, called)
                .map(job -> retried(job.id(), null).job().id())
                .toList();
        assertThat(claimFrom(store(), 9))
                .extracting(job -> job.job().id(), ClaimedJob::payload)
                .containsExactlyInAnyOrder(
                        tuple(ids.get(0), alone.payload()),
                        tuple(ids.get(1), batch.payload()),
                        tuple(ids.get(2), spent.payload()),
                        tuple(ids.get(3), tried.payload()),
                        tuple(ids.get(4), called.payload()));

        NewJob done = newJob();
        accepted(settle(store(), scheduledAndClaimed(store(), done), Jobs.DONE));
        NewJob cancelled = newJob();
        scheduledAndClaimed(store(), cancelled);
        accepted(store().cancel(null, cancelled.id()));
        NewJob waiting = newJob();
        accepted(store().schedule(waiting, EXPECTED));
        for (NewJob other : List.of(done, cancelled, waiting)) {
            assertThat(retry(store(), other.id(), null))
                    .isInstanceOfSatisfying(
                            RetryResult.NotFailed.class,
                            refusal -> assertThat(refusal.old().job())
                                    .isEqualTo(read(other).job()));
        }
        assertThat(retry(store(), newId(), null)).isEqualTo(new RetryResult.Unknown());
        timePasses(POLICY.failedPayload());
        assertThat(store().interventions().forgetPayloads(9))
                .as("of the jobs that failed only")
                .isEqualTo(5);
    }

    @Test
    default void rule_252_what_a_retry_needs_is_kept_for_a_time_and_explained() {
        NewJob job = failed(newJob());
        NewJob other = failed(newJob());
        Instant end = ((AsyncJob.Failed) read(job).job()).endedAt();
        Explanation.Ended explained = explained(job);
        assertThat(Objects.requireNonNull(explained.retry()).instant()).isEqualTo(end.plus(POLICY.failedPayload()));
        timePasses(POLICY.failedPayload().minus(TICKS));
        assertThat(store().interventions().forgetPayloads(9)).isZero();
        retried(other.id(), null);

        timePasses(TICKS.plus(TICKS));

        assertThat(retry(store(), job.id(), null))
                .isInstanceOfSatisfying(
                        RetryResult.NotKept.class,
                        refusal -> assertThat(refusal.old().job().id()).isEqualTo(job.id()));
        assertThat(explained(job).retry()).isEqualTo(new Retry.Until(null));
        assertThat(store().interventions().forgetPayloads(1)).isEqualTo(1);
        assertThat(otherNode().interventions().forgetPayloads(9)).isEqualTo(1);
        assertThat(store().interventions().forgetPayloads(9)).isZero();
        assertThat(explained(job).retry()).isEqualTo(new Retry.Until(null));
    }

    private Explanation.Ended explained(NewJob job) {
        return (Explanation.Ended) Explanation.of(store().facts(null, job.id()).orElseThrow());
    }

    @Test
    default void rule_253_a_key_makes_one_job_however_often_and_from_wherever_it_comes() {
        NewJob job = failed(newJob().withPayload(new Payload("1")));
        IdempotencyKey key = key("k", "retry");
        List<Callable<RetryResult>> tasks = Stream.of(store(), otherNode(), store(), otherNode())
                .<Callable<RetryResult>>map(node -> () -> retry(node, job.id(), key))
                .toList();

        List<RetryResult> results = together(tasks);

        JobSnapshot first = made(results.get(0));
        assertThat(results).allSatisfy(one -> assertThat(made(one).job()).isEqualTo(first.job()));
        accepted(settle(store(), claimed(store(), first.job().id()), Jobs.DONE));
        timePasses(POLICY.failedPayload().plus(TICKS));
        store().interventions().forgetPayloads(9);
        JobSnapshot again = retried(job.id(), key);
        assertThat(again.job().id()).isEqualTo(first.job().id());
        assertThat(again.job().links()).as("as it was first accepted").isEqualTo(job.links());
        assertThat(retry(store(), job.id(), key("k", "another"))).isEqualTo(new RetryResult.KeyReused());
        assertThat(retry(store(), job.id(), key("k2", "retry"))).isInstanceOf(RetryResult.NotKept.class);
        assertThat(store().interventions().audit(null, 9).entries()).hasSize(1);
    }

    @Test
    default void rule_254_without_a_key_each_retry_is_a_job() {
        NewJob job = failed(newJob().withPayload(new Payload("1")));

        List<RetryResult> results = together(4, () -> retry(store(), job.id(), null));

        assertThat(new HashSet<>(ids(claimFrom(store(), 9)))).hasSize(4);
        assertThat(results).extracting(one -> made(one).job().id()).doesNotHaveDuplicates();
        assertThat(store().interventions().audit(null, 9).entries()).hasSize(4);
    }

    @Test
    default void rule_255_what_a_retry_needs_goes_with_the_job_that_failed() {
        NewJob erased = failed(newJob());
        assertThat(store().forget(OWNER, store().now(), 9)).isEqualTo(1);
        assertThat(retry(store(), erased.id(), null)).isEqualTo(new RetryResult.Unknown());

        NewJob old = failed(newJob());
        JobSnapshot fresh = retried(old.id(), null);
        timePasses(POLICY.retention().plus(TICKS));
        assertThat(retry(store(), old.id(), null)).isEqualTo(new RetryResult.Unknown());
        assertThat(store().forget(9)).isEqualTo(1);
        assertThat(store().interventions().forgetPayloads(9)).isZero();
        assertThat(listed(fresh.job().id()).retryOf())
                .as("a job that is gone stays named")
                .isEqualTo(old.id());
    }

    @Test
    default void rule_256_a_retry_is_in_the_audit_once_and_one_that_is_refused_is_not() {
        NewJob job = failed(newJob());
        IdempotencyKey key = key("k", "retry");
        JobId id = retried(job.id(), key).job().id();
        retried(job.id(), key);
        retry(store(), id, null);
        retry(store(), newId(), null);

        assertThat(otherNode().interventions().audit(null, 9).entries())
                .singleElement()
                .satisfies(entry -> {
                    assertThat(entry.action()).isEqualTo(AuditEntry.Action.RETRY);
                    assertThat(entry.subject()).isEqualTo(job.id().toString());
                    assertThat(entry.detail()).isEqualTo(id.toString());
                    assertThat(entry.count()).isEqualTo(1);
                    assertThat(entry.by().by()).isEqualTo(OTHER_OWNER);
                });
    }

    @Test
    default void rule_257_the_client_that_asked_first_is_called_when_a_retry_ends() {
        Owner producer = new Owner("hospital-1/user");
        NewJob job = failed(newJob().withCallback().scheduledBy(producer).withReference(new Reference("17")));
        JobId first = retried(job.id(), null).job().id();
        accepted(settle(store(), claimed(store(), first), FAILED));
        JobId second = retried(first, null).job().id();
        JobSnapshot end = accepted(settle(store(), claimed(store(), second), Jobs.DONE));

        Instant endedAt = ((AsyncJob.Ended) end.job()).endedAt();
        Callback callback = new Callback(producer.client(), second, end.job().status(), endedAt, job.reference());
        assertThat(store().claim(claim(9, Callback.KIND)))
                .extracting(ClaimedJob::payload)
                .hasSize(3)
                .contains(callback.payload());
        assertThat(listed(second).retryOf()).isEqualTo(first);
        assertThat(listed(second).scheduledBy()).isEqualTo(OTHER_OWNER);
        assertThat(store().claim(claim(1, KIND))).isEmpty();
    }

    @Test
    default void rule_258_observers_are_told_of_a_retry_as_of_any_new_job() {
        NewJob job = failed(newJob());
        RecordingObserver observer = new RecordingObserver();
        store().observe(observer);
        IdempotencyKey key = key("k", "retry");

        retried(job.id(), key);
        retried(job.id(), key);

        assertThat(observer.told()).containsExactly("accepted " + KIND);
    }
}
