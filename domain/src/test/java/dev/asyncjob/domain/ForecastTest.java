package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Simulation.Job;
import dev.asyncjob.domain.Simulation.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForecastTest {
    private static final Duration UNKNOWN = Duration.ofSeconds(3);
    private static final Forecast FORECAST = new Forecast(Forecast.SHARE, UNKNOWN);

    private static List<Duration> seconds(long... values) {
        return LongStream.of(values).mapToObj(Duration::ofSeconds).toList();
    }

    private static double shareReady(List<Job> jobs) {
        return (double) jobs.stream().filter(Job::isReadyWhenForecast).count() / jobs.size();
    }

    @Test
    void too_few_jobs_give_the_configured_forecast() {
        assertThat(FORECAST.after(List.of())).isEqualTo(UNKNOWN);
        assertThat(FORECAST.after(seconds(7, 8, 9))).isEqualTo(UNKNOWN);
    }

    @Test
    void of_four_jobs_the_slowest_counts_and_of_nine_the_second_slowest() {
        assertThat(FORECAST.after(seconds(7, 9, 6, 8))).isEqualTo(Duration.ofSeconds(9));
        assertThat(FORECAST.after(seconds(1, 2, 3, 4, 5, 6, 7, 8, 9))).isEqualTo(Duration.ofSeconds(8));
    }

    @Test
    void the_share_selects_the_quantile() {
        assertThat(new Forecast(0.5, UNKNOWN).after(seconds(1, 2, 3))).isEqualTo(Duration.ofSeconds(2));
        assertThat(new Forecast(0.95, UNKNOWN).after(seconds(1, 2, 3))).isEqualTo(UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.1, 1.1, Double.NaN})
    void a_share_is_between_zero_and_one_exclusively(double share) {
        assertThat(assertRefused(() -> new Forecast(share, UNKNOWN)).actual().rule())
                .isEqualTo("range");
    }

    @Test
    void a_forecast_is_never_out_of_range() {
        assertThat(FORECAST.after(Collections.nCopies(4, Duration.ofSeconds(-1))))
                .isZero();
        assertThat(FORECAST.after(Collections.nCopies(4, Eta.MAX_EXPECTED.plusDays(1))))
                .isEqualTo(Eta.MAX_EXPECTED);
        assertRefused(() -> new Forecast(0.8, Duration.ofSeconds(-1)));
        assertRefused(() -> new Forecast(0.8, Eta.MAX_EXPECTED.plusSeconds(1)));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONSTANT")
    void four_of_five_jobs_are_ready_at_their_forecast(Shape shape) {
        assertThat(shareReady(Simulation.run(shape, false, 5_000, 1, FORECAST))).isBetween(0.78, 0.82);
    }

    @ParameterizedTest
    @EnumSource
    void forecasts_of_queued_jobs_are_almost_as_accurate(Shape shape) {
        assertThat(shareReady(Simulation.run(shape, true, 5_000, 1, FORECAST))).isBetween(0.72, 0.85);
    }

    @Test
    void work_of_constant_duration_is_ready_at_its_forecast() {
        assertThat(shareReady(Simulation.run(Shape.CONSTANT, false, 1_000, 1, FORECAST)))
                .isGreaterThan(0.98);
    }

    @Test
    void the_forecast_rises_after_ten_slower_jobs_and_falls_after_forty_faster_jobs() {
        List<Duration> recent = new ArrayList<>(Collections.nCopies(Forecast.WINDOW, Duration.ofSeconds(10)));
        Collections.fill(recent.subList(0, 9), Duration.ofSeconds(30));
        assertThat(FORECAST.after(recent)).isEqualTo(Duration.ofSeconds(10));
        Collections.fill(recent.subList(0, 10), Duration.ofSeconds(30));
        assertThat(FORECAST.after(recent)).isEqualTo(Duration.ofSeconds(30));

        Collections.fill(recent, Duration.ofSeconds(30));
        Collections.fill(recent.subList(0, 40), Duration.ofSeconds(10));
        assertThat(FORECAST.after(recent)).isEqualTo(Duration.ofSeconds(30));
        Collections.fill(recent.subList(0, 41), Duration.ofSeconds(10));
        assertThat(FORECAST.after(recent)).isEqualTo(Duration.ofSeconds(10));
    }
}
