package dev.asyncjob.domain;

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
                        Backlog.UNLIMITED));
    }

    @Test
    void each_with_method_changes_one_property() {
        Backoff backoff = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(3));

        assertThat(DEFAULTS.withLease(Duration.ofSeconds(7))
                        .withMaxAttempts(8)
                        .withBackoff(backoff)
                        .withRetention(Duration.ofSeconds(9))
                        .withExpectedDuration(Duration.ofSeconds(10))
                        .withQuota(new Backlog(11, 12)))
                .isEqualTo(new WorkPolicy(
                        Duration.ofSeconds(7),
                        8,
                        backoff,
                        Duration.ofSeconds(9),
                        Duration.ofSeconds(10),
                        new Backlog(11, 12)));
    }

    @Test
    void every_duration_has_bounds() {
        assertThat(DEFAULTS.withRetention(WorkPolicy.MIN_RETENTION).retention()).isEqualTo(Duration.ofSeconds(1));
        assertThat(DEFAULTS.withRetention(WorkPolicy.MAX_RETENTION).retention()).isEqualTo(Duration.ofDays(3650));
        assertThat(DEFAULTS.withExpectedDuration(Duration.ZERO).expectedDuration())
                .isZero();
        assertRefused(() -> DEFAULTS.withLease(Lease.MIN.minusNanos(1)));
        assertRefused(() -> DEFAULTS.withMaxAttempts(0));
        assertRefused(() -> DEFAULTS.withRetention(WorkPolicy.MIN_RETENTION.minusNanos(1)));
        assertRefused(() -> DEFAULTS.withRetention(WorkPolicy.MAX_RETENTION.plusNanos(1)))
                .satisfies(e -> assertThat(e).hasMessage("retention must be PT1S to PT87600H"));
        assertRefused(() -> DEFAULTS.withExpectedDuration(Duration.ofNanos(-1)));
        assertRefused(() -> DEFAULTS.withExpectedDuration(Eta.MAX_EXPECTED.plusNanos(1)));
    }
}
