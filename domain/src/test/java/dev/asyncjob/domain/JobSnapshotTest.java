package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.RETENTION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
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
    void an_ended_job_is_fresh_for_the_rest_of_its_retention() {
        Duration left = RETENTION.minusSeconds(55);

        assertThat(new JobSnapshot(DONE, NOW.plusSeconds(60)).freshFor()).isEqualTo(left);
        assertThat(new JobSnapshot(FAILED, NOW.plusSeconds(60)).freshFor()).isEqualTo(left);
    }

    @Test
    void an_ended_job_past_its_retention_is_not_fresh_for_any_time() {
        assertThat(new JobSnapshot(DONE, NOW.plus(RETENTION).plusSeconds(6)).freshFor())
                .isZero();
    }

    private static long retryAfter(UUID id, Duration wait) {
        AsyncJob.Pending job = new AsyncJob.Pending(
                new JobId(id), Examples.OWNER, Examples.KIND, Examples.LINKS, NOW, Eta.after(NOW, wait));
        return new JobSnapshot(job, NOW).retryAfter();
    }

    /** Similar ids, like those of jobs created at the same time. */
    private static Map<Long, Long> spread(Duration wait) {
        return LongStream.range(0, 1_000)
                .mapToObj(i -> retryAfter(new UUID(0x0184_0000_0000_7000L, 0x8000_0000_0000_0000L + i), wait))
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    }

    @Test
    void retry_after_is_not_before_the_forecast() {
        for (long millis : new long[] {1, 999, 1_000, 1_001, 2_999, 3_000, 59_999, 3_600_000}) {
            long seconds = (millis + 999) / 1000;
            assertThat(spread(Duration.ofMillis(millis)).keySet())
                    .allSatisfy(after -> assertThat(after).isBetween(seconds, seconds + 5));
        }
    }

    @Test
    void retry_after_of_jobs_created_together_is_spread() {
        assertThat(spread(Duration.ofSeconds(1))).hasSize(2);
        assertThat(spread(Duration.ofSeconds(30)))
                .hasSize(4)
                .allSatisfy((after, count) -> assertThat(count).isBetween(200L, 300L));
        assertThat(spread(Duration.ofMinutes(60)))
                .hasSize(6)
                .allSatisfy((after, count) -> assertThat(count).isBetween(120L, 220L));
    }

    @Test
    void retry_after_is_equal_on_every_node() {
        UUID id = new UUID(7, 8);
        assertThat(retryAfter(id, Duration.ofMinutes(1))).isEqualTo(retryAfter(id, Duration.ofMinutes(1)));
    }

    @Test
    void retry_after_of_an_ended_job_is_one_second() {
        AsyncJob done = Examples.PENDING.complete(Examples.RESULT, NOW, Examples.RETENTION);
        assertThat(new JobSnapshot(done, NOW.plusSeconds(9)).retryAfter()).isEqualTo(1);
    }
}
