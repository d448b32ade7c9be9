package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RETENTION;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkPolicyTest {
    private static final WorkPolicy DEFAULTS = WorkPolicy.defaults();

    @Test
    void it_has_defaults() {
        assertThat(DEFAULTS)
                .isEqualTo(new WorkPolicy(
                        Duration.ofSeconds(30),
                        5,
                        new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                        Duration.ofDays(30),
                        Duration.ofSeconds(3),
                        Backlog.UNLIMITED,
                        Duration.ofDays(365),
                        Duration.ZERO));
    }

    @Test
    void each_with_method_changes_one_property() {
        Backoff backoff = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(3));

        assertThat(DEFAULTS.withLease(Duration.ofSeconds(7))
                        .withMaxAttempts(8)
                        .withBackoff(backoff)
                        .withRetention(Duration.ofSeconds(9))
                        .withExpectedDuration(Duration.ofSeconds(10))
                        .withQuota(new Backlog(11, 12))
                        .withFailedPayload(Duration.ofSeconds(14))
                        .withAuditRetention(Duration.ofSeconds(13)))
                .isEqualTo(new WorkPolicy(
                        Duration.ofSeconds(7),
                        8,
                        backoff,
                        Duration.ofSeconds(9),
                        Duration.ofSeconds(10),
                        new Backlog(11, 12),
                        Duration.ofSeconds(13),
                        Duration.ofSeconds(14)));
    }

    @Test
    void what_a_new_job_needs_is_kept_of_a_job_that_failed_no_longer_than_the_job() {
        AsyncJob failed = PENDING.fail(FAILURE, NOW, RETENTION);
        WorkPolicy hour = DEFAULTS.withFailedPayload(Duration.ofHours(1));

        assertThat(hour.payloadUntil(failed)).isEqualTo(NOW.plusSeconds(3600));
        assertThat(DEFAULTS.withFailedPayload(RETENTION.plusDays(1)).payloadUntil(failed))
                .isEqualTo(NOW.plus(RETENTION));
        assertThat(DEFAULTS.payloadUntil(failed)).isNull();
        assertThat(hour.payloadUntil(PENDING)).isNull();
        assertThat(hour.payloadUntil(PENDING.complete(LINKS, NOW, RETENTION))).isNull();
        assertThat(hour.payloadUntil(PENDING.cancel(NOW, RETENTION))).isNull();
    }

    @Test
    void every_duration_has_bounds() {
        assertThat(DEFAULTS.withRetention(WorkPolicy.MIN_RETENTION).retention()).isEqualTo(Duration.ofSeconds(1));
        assertThat(DEFAULTS.withRetention(WorkPolicy.MAX_RETENTION).retention()).isEqualTo(Duration.ofDays(3650));
        assertThat(DEFAULTS.withExpectedDuration(Duration.ZERO).expectedDuration())
                .isZero();
        assertRefused(() -> DEFAULTS.withAuditRetention(WorkPolicy.MIN_RETENTION.minusNanos(1)));
        assertRefused(() -> DEFAULTS.withAuditRetention(WorkPolicy.MAX_RETENTION.plusNanos(1)));
        assertThat(DEFAULTS.withFailedPayload(WorkPolicy.MAX_RETENTION).failedPayload())
                .isEqualTo(WorkPolicy.MAX_RETENTION);
        assertRefused(() -> DEFAULTS.withFailedPayload(Duration.ofNanos(-1)));
        assertRefused(() -> DEFAULTS.withFailedPayload(WorkPolicy.MAX_RETENTION.plusNanos(1)));
        assertRefused(() -> DEFAULTS.withLease(Lease.MIN.minusNanos(1)));
        assertRefused(() -> DEFAULTS.withMaxAttempts(0));
        assertRefused(() -> DEFAULTS.withRetention(WorkPolicy.MIN_RETENTION.minusNanos(1)));
        assertRefused(() -> DEFAULTS.withRetention(WorkPolicy.MAX_RETENTION.plusNanos(1)))
                .satisfies(e -> assertThat(e).hasMessage("retention must be PT1S to PT87600H"));
        assertRefused(() -> DEFAULTS.withExpectedDuration(Duration.ofNanos(-1)));
        assertRefused(() -> DEFAULTS.withExpectedDuration(Eta.MAX_EXPECTED.plusNanos(1)));
    }
}
