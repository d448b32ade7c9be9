package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.RETENTION;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class AsyncJobTest {
    private static final Instant LATER = NOW.plusSeconds(5);

    @Test
    void a_completed_job_is_done_with_its_result_and_kept_from_its_end() {
        assertThat(PENDING.complete(RESULT, LATER, RETENTION))
                .isEqualTo(new AsyncJob.Done(ID, OWNER, KIND, RESULT, NOW, LATER, LATER.plus(RETENTION)));
    }

    @Test
    void a_failed_job_has_its_failure_and_first_links_and_is_kept_from_its_end() {
        assertThat(PENDING.fail(FAILURE, LATER, RETENTION))
                .isEqualTo(new AsyncJob.Failed(ID, OWNER, KIND, LINKS, NOW, FAILURE, LATER, LATER.plus(RETENTION)));
    }

    @Test
    void a_retried_job_stays_pending_and_its_forecast_follows() {
        Instant dueAt = NOW.plusSeconds(60);

        assertThat(PENDING.retry(dueAt))
                .isEqualTo(new AsyncJob.Pending(ID, OWNER, KIND, LINKS, NOW, Eta.after(dueAt, Duration.ofSeconds(8))));
    }

    @Test
    void a_cancelled_job_has_failed_as_cancelled() {
        AsyncJob.Failed cancelled = PENDING.cancel(LATER, RETENTION);

        assertThat(cancelled).isEqualTo(PENDING.fail(Failure.CANCELLED, LATER, RETENTION));
        assertThat(cancelled.wasCancelled()).isTrue();
        assertThat(PENDING.fail(FAILURE, LATER, RETENTION).wasCancelled()).isFalse();
        assertThat(Failure.CANCELLED.message()).isEqualTo("cancelled");
    }

    @Test
    void a_worker_corrects_the_forecast_to_any_later_instant() {
        assertThat(PENDING.expectedAt(LATER.plusMillis(1), LATER))
                .isEqualTo(new AsyncJob.Pending(ID, OWNER, KIND, LINKS, NOW, new Eta(NOW, LATER.plusMillis(1))));
        Instant before = PENDING.eta().from().minusSeconds(3600);
        assertThat(PENDING.expectedAt(before.plusMillis(1), before).eta())
                .as("after the clock was set back")
                .isEqualTo(new Eta(before, before.plusMillis(1)));
        assertRefused(() -> PENDING.expectedAt(LATER, LATER));
        assertRefused(() -> PENDING.expectedAt(LATER.minusMillis(1), LATER));
        assertRefused(() -> PENDING.expectedAt(NOW.plus(Eta.MAX_EXPECTED).plusSeconds(2), LATER));
    }

    @Test
    void each_state_has_its_status() {
        assertThat(PENDING.status()).isEqualTo(JobStatus.PENDING);
        assertThat(PENDING.complete(RESULT, LATER, RETENTION).status()).isEqualTo(JobStatus.DONE);
        assertThat(PENDING.fail(FAILURE, LATER, RETENTION).status()).isEqualTo(JobStatus.FAILED);
    }

    @Test
    void fold_passes_the_job_itself() {
        AsyncJob.Done done = PENDING.complete(RESULT, LATER, RETENTION);
        AsyncJob.Failed failed = PENDING.fail(FAILURE, LATER, RETENTION);

        assertThat(PENDING.<AsyncJob>fold(p -> p, d -> failed, f -> done)).isSameAs(PENDING);
        assertThat(done.<AsyncJob>fold(p -> p, d -> d, f -> f)).isSameAs(done);
        assertThat(failed.<AsyncJob>fold(p -> p, d -> d, f -> f)).isSameAs(failed);
    }
}
