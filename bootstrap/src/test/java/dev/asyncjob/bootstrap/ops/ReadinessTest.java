package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private static final Duration ALMOST = Readiness.FRESH.minusNanos(1);

    private final SettableClock clock = new SettableClock();
    private int questions;
    private boolean reachable = true;
    private boolean broken;
    private boolean losing;
    private Runnable meanwhile = () -> {};

    private final Readiness readiness = new Readiness(this::now, () -> losing, clock::nanoTime);

    private Instant now() {
        questions++;
        meanwhile.run();
        if (broken) {
            throw new IllegalStateException("the table is gone");
        }
        if (!reachable) {
            throw new StoreUnavailable(new IOException("away"));
        }
        return clock.instant();
    }

    @Test
    void the_store_is_asked_once_a_second_and_only_when_somebody_asks_us() {
        assertThat(questions).isZero();
        assertThat(readiness.getAsBoolean()).isTrue();
        clock.advance(ALMOST);
        assertThat(readiness.getAsBoolean()).isTrue();
        assertThat(questions).isEqualTo(1);
        clock.advance(Duration.ofNanos(1));
        assertThat(readiness.getAsBoolean()).isTrue();
        assertThat(questions).isEqualTo(2);
    }

    @Test
    void a_store_that_goes_and_comes_is_noticed_within_a_second() {
        assertThat(readiness.getAsBoolean()).isTrue();
        reachable = false;
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isFalse();
        reachable = true;
        assertThat(readiness.getAsBoolean()).isFalse();
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isTrue();
    }

    @Test
    void who_comes_while_another_asks_does_not_wait() {
        List<Boolean> heard = new ArrayList<>();
        meanwhile = () -> heard.add(readiness.getAsBoolean());
        assertThat(readiness.getAsBoolean()).isTrue();
        assertThat(heard).containsExactly(false);
    }

    @Test
    void a_store_that_is_broken_or_does_not_come_back_is_not_ready() {
        assertThat(readiness.getAsBoolean()).isTrue();
        broken = true;
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isFalse();
        broken = false;
        meanwhile = () -> {
            throw new OutOfMemoryError("on purpose");
        };
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isFalse();
        meanwhile = () -> {};
        losing = true;
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isFalse();
        losing = false;
        clock.advance(Readiness.FRESH);
        assertThat(readiness.getAsBoolean()).isTrue();
    }
}
