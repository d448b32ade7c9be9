package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.RETENTION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class JobSnapshotTest {
    private static final AsyncJob DONE = PENDING.complete(RESULT, NOW.plusSeconds(5), RETENTION);
    private static final AsyncJob FAILED = PENDING.fail(FAILURE, NOW.plusSeconds(5), RETENTION);

    @Test
    void while_pending_the_eta_is_the_forecast_as_of_the_reading() {
        assertThat(new JobSnapshot(PENDING, NOW).eta()).isEqualTo(NOW.plusSeconds(8));
        assertThat(new JobSnapshot(PENDING, NOW.plusSeconds(9)).eta()).isEqualTo(NOW.plusSeconds(10));
    }

    @Test
    void after_the_end_the_eta_is_the_end() {
        assertThat(new JobSnapshot(DONE, NOW.plusSeconds(60)).eta()).isEqualTo(NOW.plusSeconds(5));
        assertThat(new JobSnapshot(FAILED, NOW.plusSeconds(60)).eta()).isEqualTo(NOW.plusSeconds(5));
    }

    @Test
    void a_pending_job_is_not_fresh_for_any_time() {
        assertThat(new JobSnapshot(PENDING, NOW).freshFor()).isZero();
    }

    @Test
    void an_ended_job_is_fresh_for_what_is_left_of_its_retention() {
        Duration left = RETENTION.minusSeconds(55);

        assertThat(new JobSnapshot(DONE, NOW.plusSeconds(60)).freshFor()).isEqualTo(left);
        assertThat(new JobSnapshot(FAILED, NOW.plusSeconds(60)).freshFor()).isEqualTo(left);
    }

    @Test
    void an_ended_job_past_its_retention_is_not_fresh_for_any_time() {
        assertThat(new JobSnapshot(DONE, NOW.plus(RETENTION).plusSeconds(6)).freshFor())
                .isZero();
    }
}
