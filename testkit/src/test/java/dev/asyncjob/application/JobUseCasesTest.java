package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.RESULT;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.renewed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobUseCasesTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY.withExpectedDuration(Duration.ofSeconds(77));
    private static final Failure FAILURE = Failure.coded(1002, "it exists already");

    private final SettableClock clock = new SettableClock();
    private final JobUseCases jobs =
            JobUseCases.over(new InMemoryJobStore(POLICY, clock, new LocalJobSignals()), POLICY);

    @Test
    void a_job_is_scheduled_with_the_duration_the_service_expects() {
        JobSnapshot answer = accepted(jobs.schedule(newJob()));

        assertThat(answer.eta()).isEqualTo(clock.instant().plusSeconds(77));
    }

    @Test
    void its_owner_can_ask_for_its_status_and_nobody_else() {
        NewJob job = newJob();
        JobSnapshot answer = accepted(jobs.schedule(job));

        assertThat(jobs.status(OWNER, job.id())).contains(answer);
        assertThat(jobs.status(OTHER_OWNER, job.id())).isEmpty();
    }

    @Test
    void all_ended_jobs_of_an_owner_are_erased_in_batches() {
        int many = 1_001;
        for (int i = 0; i < many; i++) {
            cancelled();
        }

        assertThat(jobs.erase(OWNER)).isEqualTo(new JobEraser.Erasure(many, 0));
        assertThat(jobs.erase(OWNER)).isEqualTo(new JobEraser.Erasure(0, 0));
    }

    @Test
    void an_operator_who_cancels_or_erases_jobs_is_in_the_audit_and_one_whose_erasure_is_refused_is_not() {
        for (int i = 0; i < 501; i++) { // more than a batch
            cancelled();
        }
        NewJob waiting = newJob();
        accepted(jobs.schedule(waiting));
        assertThat(jobs.erase(OWNER, operator())).isEqualTo(new JobEraser.Erasure(0, 1));
        assertThat(jobs.audit(null, 9).entries()).isEmpty();

        accepted(jobs.cancel(waiting.id(), operator()));
        assertThat(jobs.erase(OWNER, operator())).isEqualTo(new JobEraser.Erasure(502, 0));
        assertThat(jobs.audit(null, 9).entries())
                .extracting(entry -> entry.action() + " " + entry.subject() + " " + entry.count())
                .containsExactlyInAnyOrder("CANCEL " + waiting.id() + " 1", "ERASE " + OWNER + " 502");
    }

    @Test
    void a_retry_has_the_forecast_of_its_kind_and_one_of_no_job_is_unknown() {
        NewJob job = newJob();
        accepted(jobs.schedule(job));
        ClaimedJob claimed = jobs.claim(claim(1, KIND)).get(0);
        Outcome failed = Outcome.failed(new Failure("no paper"));
        accepted(jobs.settle(new OutcomeReport(job.id(), claimed.lease().token(), failed)));

        RetryResult result = jobs.retry(new Retry(job.id(), Jobs.newId(), null, null), operator());

        assertThat(result)
                .isInstanceOfSatisfying(
                        RetryResult.Accepted.class,
                        made -> assertThat(made.job().eta())
                                .isEqualTo(clock.instant().plusSeconds(77)));
        assertThat(jobs.retry(new Retry(Jobs.newId(), Jobs.newId(), null, null), operator()))
                .isEqualTo(new RetryResult.Unknown());
    }

    private static Intervention operator() {
        return new Intervention(UUID.randomUUID(), OTHER_OWNER, "r");
    }

    @Test
    void nothing_is_erased_while_a_job_of_the_owner_is_pending() {
        NewJob ended = cancelled();
        NewJob waiting = newJob();
        accepted(jobs.schedule(waiting));

        assertThat(jobs.erase(OWNER)).isEqualTo(new JobEraser.Erasure(0, 1));
        assertThat(jobs.erase(OTHER_OWNER)).isEqualTo(new JobEraser.Erasure(0, 0));
        assertThat(jobs.status(OWNER, ended.id())).isPresent();
        jobs.cancel(null, waiting.id());
        assertThat(jobs.erase(OWNER)).isEqualTo(new JobEraser.Erasure(2, 0));
    }

    @Test
    void an_erasure_that_the_store_broke_off_can_be_repeated() {
        InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, new LocalJobSignals());
        UnreliableJobStore store = new UnreliableJobStore(memory);
        JobUseCases over = JobUseCases.over(store, POLICY);
        NewJob job = newJob();
        accepted(over.schedule(job));
        over.cancel(null, job.id());
        store.breakDown(InterceptedJobStore.Intent.ERASE);
        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(() -> over.erase(OWNER));
        store.recover(InterceptedJobStore.Intent.ERASE);

        assertThat(over.erase(OWNER)).isEqualTo(new JobEraser.Erasure(1, 0));
    }

    private NewJob cancelled() {
        NewJob job = newJob();
        accepted(jobs.schedule(job));
        jobs.cancel(null, job.id());
        return job;
    }

    @Test
    void a_claimed_job_can_be_completed() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());

        JobSnapshot answer = accepted(jobs.settle(report(claimed, Outcome.completed(RESULT))));

        assertThat(answer.job().status()).isEqualTo(JobStatus.DONE);
        assertThat(answer.job().links()).isEqualTo(RESULT);
    }

    @Test
    void a_claimed_job_can_fail_for_good() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());

        AsyncJob job =
                accepted(jobs.settle(report(claimed, Outcome.failed(FAILURE)))).job();

        assertThat(((AsyncJob.Failed) job).failure()).isEqualTo(FAILURE);
    }

    @Test
    void a_claimed_job_can_fail_for_now() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());

        AsyncJob job =
                accepted(jobs.settle(report(claimed, Outcome.retry(FAILURE)))).job();

        assertThat(job)
                .isEqualTo(Outcome.retry(FAILURE).applyTo(claimed.job(), claimed.attempts(), clock.instant(), POLICY));
    }

    @Test
    void a_second_outcome_is_refused() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());
        jobs.settle(report(claimed, Outcome.completed(RESULT)));

        assertThat(refused(jobs.settle(report(claimed, Outcome.completed(LINKS))))
                        .job()
                        .links())
                .isEqualTo(RESULT);
    }

    @Test
    void a_lease_can_be_renewed() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());
        clock.advance(Duration.ofMinutes(1));

        assertThat(renewed(jobs.renew(claimed.job().id(), claimed.lease().token(), LeaseExtension.of(LEASE)))
                        .expiresAt())
                .isEqualTo(clock.instant().plus(LEASE));
    }

    @Test
    void a_lease_can_be_released() {
        ClaimedJob claimed = scheduledAndClaimed(newJob());

        assertThat(jobs.release(claimed.job().id(), claimed.lease().token())).isTrue();
        assertThat(jobs.claim(claim(1, KIND))).hasSize(1);
    }

    private ClaimedJob scheduledAndClaimed(NewJob job) {
        accepted(jobs.schedule(job));
        return jobs.claim(claim(1, job.kind())).get(0);
    }

    private static OutcomeReport report(ClaimedJob claimed, Outcome outcome) {
        return new OutcomeReport(claimed.job().id(), claimed.lease().token(), outcome);
    }
}
