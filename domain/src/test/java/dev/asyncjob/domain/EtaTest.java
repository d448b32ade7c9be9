package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtaTest {
    @Test
    void while_the_plan_holds_it_is_the_planned_end() {
        Eta eta = Eta.after(NOW, Duration.ofSeconds(8));

        assertThat(eta.at(NOW)).isEqualTo(NOW.plusSeconds(8));
        assertThat(eta.at(NOW.plusSeconds(8).minusNanos(1))).isEqualTo(NOW.plusSeconds(8));
    }

    @Test
    void a_stored_forecast_that_breaks_the_rules_has_another_start() {
        Instant end = NOW.plusSeconds(8);

        assertThat(Eta.stored(NOW, end)).isEqualTo(new Eta(NOW, end));
        assertThat(Eta.stored(end.plusSeconds(1), end)).isEqualTo(new Eta(end, end));
        assertThat(Eta.stored(NOW.minus(Eta.MAX_EXPECTED), end)).isEqualTo(new Eta(end.minus(Eta.MAX_EXPECTED), end));
    }

    @Test
    void before_the_start_it_is_the_planned_end_too() {
        assertThat(Eta.after(NOW, Duration.ofSeconds(8)).at(NOW.minusSeconds(3600)))
                .isEqualTo(NOW.plusSeconds(8));
    }

    @Test
    void at_the_planned_end_the_first_step_begins() {
        assertThat(Eta.after(NOW, Duration.ofSeconds(8)).at(NOW.plusSeconds(8))).isEqualTo(NOW.plusSeconds(10));
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S,    1000 2000 4000 8000 16000 32000 60000 60000 60000",
        "PT1S,    1000 2000 4000 8000 16000 32000 60000 60000",
        "PT4S,    1000 2000 4000 8000 16000 32000 60000 60000",
        "PT4.004S,1001 2002 4004 8008 16016 32032 60000 60000",
        "PT8S,    2000 4000 8000 16000 32000 60000 60000",
        "PT40S,   10000 20000 40000 60000 60000",
        "PT2M,    30000 60000 60000 60000",
        "PT3M59S, 59750 60000 60000",
        "PT4M,    60000 60000 60000",
        "PT10H,   60000 60000 60000",
    })
    void overdue_steps_start_at_a_quarter_of_the_plan_and_double_up_to_a_minute(Duration expected, String steps) {
        Eta eta = Eta.after(NOW, expected);
        Instant at = eta.planned();

        for (long step : Stream.of(steps.split(" ")).map(Long::valueOf).toList()) {
            Instant next = eta.at(at);
            assertThat(Duration.between(at, next)).isEqualTo(Duration.ofMillis(step));
            at = next;
        }
    }

    @Test
    void it_is_always_in_the_future() {
        Property.holds(random -> {
            Instant now = anyInstant(random);
            assertThat(anyEta(random).at(now)).isAfter(now);
        });
    }

    @Test
    void an_overdue_job_is_never_forecast_more_than_a_minute_ahead() {
        Property.holds(random -> {
            Eta eta = anyEta(random);
            Instant now = eta.planned()
                    .plusNanos(random.nextLong(Duration.ofDays(1000).toNanos()));
            assertThat(Duration.between(now, eta.at(now))).isLessThanOrEqualTo(Duration.ofSeconds(60));
        });
    }

    @Test
    void it_never_goes_back() {
        Property.holds(random -> {
            Eta eta = anyEta(random);
            List<Instant> forecasts = Stream.generate(() -> anyInstant(random))
                    .limit(50)
                    .sorted()
                    .map(eta::at)
                    .toList();
            assertThat(forecasts).isSorted();
        });
    }

    @Test
    void it_stays_the_same_between_two_steps() {
        Property.holds(random -> {
            Eta eta = anyEta(random);
            Instant now = anyInstant(random);
            Instant forecast = eta.at(now);
            long ahead = Duration.between(now, forecast).toMillis();

            assertThat(eta.at(now.plusMillis(random.nextLong(ahead + 1)).minusNanos(1)))
                    .isEqualTo(ahead == 0 ? eta.at(now.minusNanos(1)) : forecast);
            assertThat(eta.at(forecast.minusNanos(1))).isEqualTo(forecast);
            assertThat(eta.at(forecast)).isAfter(forecast);
        });
    }

    @Test
    void it_is_a_whole_millisecond() {
        Property.holds(random -> {
            Instant forecast = anyEta(random).at(anyInstant(random));
            assertThat(forecast).isEqualTo(forecast.truncatedTo(ChronoUnit.MILLIS));
        });
    }

    @Test
    void a_plan_within_a_millisecond_is_rounded_up() {
        Instant odd = NOW.plusNanos(1);

        assertThat(Eta.after(odd, Duration.ofSeconds(1)).planned()).isEqualTo(NOW.plusMillis(1001));
        assertThat(Eta.after(NOW, Duration.ofSeconds(1)).planned()).isEqualTo(NOW.plusMillis(1000));
        assertThat(Eta.after(odd, Duration.ofSeconds(1)).from()).isEqualTo(odd);
    }

    @Test
    void the_cost_does_not_depend_on_how_long_a_job_is_overdue() {
        Eta eta = Eta.after(NOW, Duration.ZERO);
        Instant ages = NOW.plus(Duration.ofDays(365L * 5000));

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            for (int i = 0; i < 1000; i++) {
                Instant now = ages.plusMillis(i);
                assertThat(eta.at(now)).isBetween(now.plusNanos(1), now.plusSeconds(60));
            }
        });
    }

    @Test
    void restarted_work_is_expected_to_take_as_long() {
        Eta again = Eta.after(NOW, Duration.ofSeconds(8)).restartedAt(NOW.plusSeconds(100));

        assertThat(again).isEqualTo(Eta.after(NOW.plusSeconds(100), Duration.ofSeconds(8)));
        assertThat(again.at(NOW)).isEqualTo(NOW.plusSeconds(108));
    }

    @Test
    void the_longest_plan_can_be_restarted_for_the_maximum_of_attempts() {
        Eta eta = Eta.after(NOW.plusNanos(1), Eta.MAX_EXPECTED);
        for (int i = 1; i <= Attempts.MAX; i++) {
            eta = eta.restartedAt(NOW.plusNanos(i));
        }
        assertThat(Duration.between(eta.from(), eta.planned()))
                .isBetween(Eta.MAX_EXPECTED, Eta.MAX_EXPECTED.plusSeconds(1));
    }

    @Test
    void an_expected_duration_has_bounds() {
        assertThat(Eta.after(NOW, Eta.MAX_EXPECTED).planned()).isEqualTo(NOW.plus(Eta.MAX_EXPECTED));
        assertRefused(() -> Eta.after(NOW, Eta.MAX_EXPECTED.plusNanos(1)));
        assertRefused(() -> Eta.after(NOW, Duration.ofNanos(-1)));
    }

    @Test
    void the_planned_end_is_after_the_start_and_within_range() {
        assertRefused(() -> new Eta(NOW, NOW.minusMillis(1)));
        assertRefused(() -> new Eta(NOW, NOW.plus(Eta.MAX_EXPECTED).plusMillis(1001)));
        assertThat(new Eta(NOW, NOW).planned()).isEqualTo(NOW);
    }

    private static Eta anyEta(SplittableRandom random) {
        long longest = Duration.ofSeconds(1).toNanos() << random.nextInt(20);
        return Eta.after(NOW.plusNanos(random.nextLong(10_000_000_000L)), Duration.ofNanos(random.nextLong(longest)));
    }

    private static Instant anyInstant(SplittableRandom random) {
        long farthest = Duration.ofSeconds(1).toNanos() << random.nextInt(25);
        return NOW.plusNanos(random.nextLong(farthest) - 2_000_000_000L);
    }
}
