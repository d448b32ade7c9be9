package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RETENTION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryTest {
    private static final JobId NEW_ID = JobId.parse("00000000-0000-4000-8000-000000000001");
    private static final Owner OPERATOR = new Owner("ops");
    private static final Owner PRODUCER = new Owner("hospital-1");
    private static final Reference REFERENCE = new Reference("order 17");
    private static final IdempotencyKey KEY = IdempotencyKey.of(OPERATOR, "key", "retry");
    private static final TraceContext TRACE =
            new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null);
    private static final Retry RETRY = new Retry(ID, NEW_ID, KEY, TRACE);
    private static final JobSnapshot FAILED = new JobSnapshot(PENDING.fail(FAILURE, NOW, RETENTION), NOW);

    private static Retry.Old old(AsyncJob job, Retry.@Nullable Work work) {
        return new Retry.Old(new JobSnapshot(job, NOW), REFERENCE, true, PRODUCER, work);
    }

    @Test
    void a_new_job_has_the_content_of_the_one_that_failed_and_is_asked_for_by_the_operator() {
        Payload payload = new Payload("{\"a\":1}");

        NewJob job = RETRY.newJob(old(FAILED.job(), new Retry.Work(payload, 7)), OPERATOR);

        assertThat(job)
                .isEqualTo(new NewJob(
                        NEW_ID,
                        OWNER,
                        KIND,
                        LINKS,
                        payload,
                        Instant.EPOCH,
                        7,
                        KEY,
                        OPERATOR,
                        REFERENCE,
                        null,
                        true,
                        TRACE,
                        new RetryOf(ID, PRODUCER)));
        assertThat(job.called()).isEqualTo(PRODUCER);
        assertThat(job.withTrace(null).withPayload(payload).retryOf()).isEqualTo(job.retryOf());
    }

    @Test
    void only_a_retry_calls_another_than_the_client_that_asked_for_it() {
        NewJob plain = NewJob.of(NEW_ID, OWNER, KIND, LINKS);

        assertThat(plain.called()).isEqualTo(OWNER);
        assertThat(plain.scheduledBy(new Owner("hospital-1/user")).called()).isEqualTo(PRODUCER);
    }

    @Test
    void without_work_the_new_job_still_has_the_key_that_tells_a_repetition() {
        NewJob job = RETRY.newJob(old(FAILED.job(), null), OPERATOR);

        assertThat(job.idempotencyKey()).isEqualTo(KEY);
        assertThat(job.payload()).isEqualTo(Payload.NONE);
        assertThat(job.maxAttempts()).isNull();
    }

    @Test
    void the_job_that_failed_is_a_part_of_the_content() {
        NewJob one = RETRY.newJob(old(FAILED.job(), null), OPERATOR);
        NewJob other = new Retry(NEW_ID, NEW_ID, KEY, TRACE).newJob(old(FAILED.job(), null), OPERATOR);

        assertThat(one.fingerprint()).isNotEqualTo(other.fingerprint());
    }

    @Test
    void a_job_is_refused_for_its_status_or_for_what_is_not_kept() {
        assertThat(old(FAILED.job(), null).refusal()).isEqualTo(new RetryResult.NotKept(FAILED));
        for (AsyncJob other :
                List.of(PENDING, PENDING.complete(LINKS, NOW, RETENTION), PENDING.cancel(NOW, RETENTION))) {
            assertThat(old(other, null).refusal()).isEqualTo(new RetryResult.NotFailed(new JobSnapshot(other, NOW)));
        }
    }

    @Test
    void each_answer_has_its_case() {
        assertThat(name(new RetryResult.Accepted(FAILED))).isEqualTo("accepted " + FAILED);
        assertThat(name(new RetryResult.NotFailed(FAILED))).isEqualTo("not failed " + FAILED);
        assertThat(name(new RetryResult.NotKept(FAILED))).isEqualTo("not kept " + FAILED);
        assertThat(name(new RetryResult.KeyReused())).isEqualTo("key reused");
        assertThat(name(new RetryResult.Unknown())).isEqualTo("unknown");
    }

    private static String name(RetryResult result) {
        return result.fold(
                job -> "accepted " + job,
                job -> "not failed " + job,
                job -> "not kept " + job,
                () -> "key reused",
                () -> "unknown");
    }

    @Test
    void the_new_job_is_accepted_unless_its_key_was_used_before() {
        JobSnapshot pending = new JobSnapshot(PENDING, NOW);

        assertThat(RetryResult.of(new ScheduleResult.Accepted(pending))).isEqualTo(new RetryResult.Accepted(pending));
        assertThat(RetryResult.of(new ScheduleResult.KeyReused())).isEqualTo(new RetryResult.KeyReused());
    }
}
