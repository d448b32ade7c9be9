package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 4", "4, 8", "9, 256", "10, 300", "31, 300", "32, 300", "100, 300"})
    void a_pause_doubles_up_to_the_longest_with_a_jitter_of_a_quarter(int attemptsMade, long seconds) {
        Property.holds(random -> {
            Duration pause = BACKOFF.after(anyId(random), attemptsMade);
            assertThat(pause.toMillis()).isBetween(750 * seconds, 1250 * seconds);
        });
    }

    @Test
    void pauses_reach_both_ends_of_the_jitter() {
        SplittableRandom random = new SplittableRandom(1);
        List<Long> pauses = IntStream.range(0, 20_000)
                .mapToObj(i -> BACKOFF.after(anyId(random), 1).toMillis())
                .toList();

        assertThat(pauses).contains(750L, 1000L, 1250L);
    }

    @Test
    void the_pause_of_a_job_is_equal_on_every_node() {
        assertThat(BACKOFF.after(ID, 1)).isEqualTo(Duration.ofMillis(784));
        assertThat(BACKOFF.after(ID, 2)).isEqualTo(Duration.ofMillis(1542));
    }

    @Test
    void pauses_of_jobs_that_failed_together_differ() {
        SplittableRandom random = new SplittableRandom(2);
        long different = IntStream.range(0, 100)
                .mapToObj(i -> BACKOFF.after(anyId(random), 1))
                .distinct()
                .count();

        assertThat(different).isGreaterThan(70);
    }

    @Test
    void the_longest_pauses_do_not_overflow() {
        Backoff longest = new Backoff(Backoff.MAX, Backoff.MAX);

        assertThat(longest.after(ID, Attempts.MAX).toHours()).isBetween(18L, 30L);
    }

    @Test
    void pauses_have_bounds() {
        assertThat(new Backoff(Backoff.MIN, Backoff.MIN).after(ID, 1)).isEqualTo(Duration.ofMillis(1));
        assertRefused(() -> new Backoff(Backoff.MIN.minusNanos(1), Backoff.MAX));
        assertRefused(() -> new Backoff(Backoff.MIN, Backoff.MAX.plusNanos(1)));
        assertRefused(() -> new Backoff(Backoff.MIN, Backoff.MIN.minusNanos(1)));
        assertRefused(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)));
    }

    private static JobId anyId(SplittableRandom random) {
        return new JobId(new UUID(random.nextLong(), random.nextLong()));
    }
}
