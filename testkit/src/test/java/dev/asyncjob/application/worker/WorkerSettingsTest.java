package dev.asyncjob.application.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkerSettingsTest {
    private static final WorkerSettings DEFAULTS = WorkerSettings.named("a");

    @Test
    void the_defaults_are_these() {
        assertThat(DEFAULTS)
                .isEqualTo(new WorkerSettings(
                        new WorkerId("a"),
                        8,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(10),
                        Duration.ofMillis(500),
                        Duration.ofHours(1),
                        Duration.ofSeconds(10)));
    }

    @Test
    void each_wish_changes_one_thing_and_a_lease_its_renewal() {
        assertThat(DEFAULTS.withConcurrency(1)
                        .withLease(Duration.ofSeconds(6))
                        .withPollInterval(Duration.ofSeconds(3))
                        .withHandlerTimeout(Duration.ofSeconds(5))
                        .withStopTimeout(Duration.ofSeconds(4)))
                .isEqualTo(new WorkerSettings(
                        new WorkerId("a"),
                        1,
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(4)));
    }

    @Test
    void every_setting_has_bounds() {
        assertThat(DEFAULTS.withConcurrency(WorkerSettings.MAX_CONCURRENCY).concurrency())
                .isEqualTo(1000);
        assertThat(DEFAULTS.withStopTimeout(Duration.ZERO).stopTimeout()).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withConcurrency(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withConcurrency(WorkerSettings.MAX_CONCURRENCY + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withLease(Lease.MAX.plusNanos(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withPollInterval(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withPollInterval(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withStopTimeout(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> DEFAULTS.withHandlerTimeout(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> renewingEvery(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> renewingEvery(DEFAULTS.lease()));
    }

    private static WorkerSettings renewingEvery(Duration renewEvery) {
        return new WorkerSettings(
                DEFAULTS.name(),
                DEFAULTS.concurrency(),
                DEFAULTS.lease(),
                renewEvery,
                DEFAULTS.pollInterval(),
                DEFAULTS.handlerTimeout(),
                DEFAULTS.stopTimeout());
    }
}
