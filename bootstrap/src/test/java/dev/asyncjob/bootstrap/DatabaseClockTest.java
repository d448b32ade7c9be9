package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DatabaseClockTest {
    private static final Instant DATABASE = Instant.parse("2026-11-30T12:00:00Z");
    private static final Instant NODE = Instant.parse("2036-01-01T00:00:00Z");

    private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 500_000_000);
    private final DatabaseClock clock = new DatabaseClock(Clock.fixed(NODE, ZoneOffset.UTC), nanoTime::get);

    @Test
    void it_is_the_nodes_own_until_it_follows_a_database() throws Exception {
        assertThat(clock.instant()).isEqualTo(NODE);

        clock.follow(() -> DATABASE).close();

        assertThat(clock.instant()).isEqualTo(DATABASE);
    }

    @Test
    void the_last_reading_is_continued_in_between_and_while_the_database_is_away() {
        clock.read(() -> DATABASE);
        nanoTime.addAndGet(1_000_000_000); // it overflows
        clock.read(() -> {
            throw new StoreUnavailable(new IllegalStateException());
        });

        assertThat(clock.instant()).isEqualTo(DATABASE.plusSeconds(1));
    }

    @Test
    void a_clock_of_the_database_that_was_set_is_followed() {
        clock.read(() -> DATABASE);
        clock.read(() -> DATABASE.minusSeconds(3600));

        assertThat(clock.instant()).isEqualTo(DATABASE.minusSeconds(3600));
    }
}
