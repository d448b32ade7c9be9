package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TestJobsTest {
    @Test
    void three_lines_schedule_a_job_and_see_it_done() {
        // README: test kit
        TestJobs jobs = new TestJobs().handle(KIND, job -> Jobs.DONE);
        JobId id = jobs.schedule(newJob());
        jobs.runDue();
        assertThat(jobs.job(id).status()).isEqualTo(JobStatus.DONE);
        // end
    }

    @Test
    void time_passes_only_when_the_test_says_so() {
        TestJobs jobs = new TestJobs().handle(KIND, job -> Outcome.retry(new Failure("later")));
        JobId id = jobs.schedule(newJob().withMaxAttempts(2));

        assertThat(jobs.runDue()).isEqualTo(1);
        assertThat(jobs.runDue()).isZero();
        assertThat(jobs.job(id).status()).isEqualTo(JobStatus.PENDING);
        assertThat(jobs.advance(Duration.ofMinutes(1)).runDue()).isEqualTo(1);
        assertThat(jobs.job(id).status()).isEqualTo(JobStatus.FAILED);
    }

    @Test
    void a_job_whose_attempts_are_spent_ends() {
        TestJobs jobs = new TestJobs(WorkPolicy.defaults().withMaxAttempts(1)).handle(KIND, job -> Jobs.DONE);
        JobId id = jobs.schedule(newJob());
        jobs.useCases().claim(Jobs.claim(1, KIND));

        jobs.advance(Jobs.LEASE).runDue();

        assertThat(jobs.job(id).status()).isEqualTo(JobStatus.FAILED);
    }

    @Test
    void a_job_nobody_scheduled_is_an_error_of_the_test() {
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> new TestJobs().job(newId()));
    }
}
