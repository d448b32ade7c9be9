package dev.asyncjob.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SharedTest {
    private final SettableClock clock = new SettableClock();
    private Duration takes = Duration.ZERO;
    private boolean down;
    private int asked;
    private final Shared<Integer> shared = new Shared<>(this::count, clock::nanoTime);

    private Integer count() {
        clock.advance(takes);
        asked++;
        if (down) {
            throw new StoreUnavailable(new IOException("down"));
        }
        return asked;
    }

    @Test
    void an_answer_is_kept_for_two_seconds() {
        assertThat(shared.get()).isEqualTo(1);
        clock.advance(Shared.KEPT.minusNanos(1));
        assertThat(shared.get()).isEqualTo(1);
        clock.advance(Duration.ofNanos(1));
        assertThat(shared.get()).isEqualTo(2);
    }

    @Test
    void an_answer_that_took_long_is_kept_for_four_times_as_long() {
        takes = Duration.ofSeconds(3);
        assertThat(shared.get()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(12).minusNanos(1));
        assertThat(shared.get()).isEqualTo(1);
        clock.advance(Duration.ofNanos(1));
        assertThat(shared.get()).isEqualTo(2);
    }

    @Test
    void an_answer_that_is_forgotten_is_asked_for_again() {
        assertThat(shared.get()).isEqualTo(1);
        shared.forget();
        assertThat(shared.get()).isEqualTo(2);
        assertThat(shared.get()).isEqualTo(2);
    }

    @Test
    void an_outage_is_kept_as_well() {
        down = true;
        assertThatThrownBy(shared::get).isInstanceOf(StoreUnavailable.class);
        down = false;
        assertThatThrownBy(shared::get).isInstanceOf(StoreUnavailable.class);
        assertThat(asked).isEqualTo(1);
        clock.advance(Shared.KEPT);
        assertThat(shared.get()).isEqualTo(2);
    }
}
