package dev.asyncjob.domain;

import java.time.Duration;
import java.util.List;

/**
 * Computes the expected duration of the next job of a kind from the durations of the last ones.
 *
 * <p>It chooses one of the last {@link #WINDOW} durations, such that the next job ends by then with a probability of
 * {@code share} if it is like the last ones: one more value exceeds the k-th smallest of n values with a probability of
 * 1 - k / (n + 1), whatever their distribution (as in split conformal prediction, Vovk et al. 2005). When work becomes
 * slower, the forecast follows after ten jobs; when it becomes faster, after forty.
 *
 * @param share the share of jobs that end within the forecast, more than 0 and less than 1
 * @param unknown the forecast while too few jobs have ended, 0 to {@link Eta#MAX_EXPECTED}
 */
public record Forecast(double share, Duration unknown) {
    /** The number of recent jobs that it uses. */
    public static final int WINDOW = 50;

    /** Four of five jobs end within the forecast. */
    public static final double SHARE = 0.8;

    /** @throws InvalidValueException if a value is out of range */
    public Forecast {
        if (!(share > 0 && share < 1)) {
            throw new InvalidValueException("range", "share must be more than 0 and less than 1", List.of("0", "1"));
        }
        Rules.range("expected duration", unknown, Duration.ZERO, Eta.MAX_EXPECTED);
    }

    /**
     * Computes the expected duration.
     *
     * @param recent durations of the last jobs, from when they could begin to their end; {@link #WINDOW} at most
     * @return 0 to {@link Eta#MAX_EXPECTED}
     */
    public Duration after(List<Duration> recent) {
        int rank = (int) Math.ceil(share * (recent.size() + 1));
        return rank > recent.size()
                ? unknown
                : within(recent.stream().sorted().skip(rank - 1L).iterator().next());
    }

    /** Limits the duration: a clock may have been set, and retention is longer than any forecast. */
    private static Duration within(Duration took) {
        Duration atLeast = took.isNegative() ? Duration.ZERO : took;
        return atLeast.compareTo(Eta.MAX_EXPECTED) > 0 ? Eta.MAX_EXPECTED : atLeast;
    }
}
