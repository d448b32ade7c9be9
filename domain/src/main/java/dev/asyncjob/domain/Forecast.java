package dev.asyncjob.domain;

import java.time.Duration;
import java.util.List;

/**
 * What the next job of a kind will take, told from what the last ones took.
 *
 * <p>Of the last {@link #WINDOW} it gives the one that so many were no slower than that the next, if it is like them,
 * is ready by then with a chance of {@code share}: of n values of one kind the k-th smallest is exceeded by one more
 * with a chance of 1 - k / (n + 1), whatever they are distributed like (as in split conformal prediction, Vovk et al.
 * 2005). When work becomes slower, it follows after ten jobs, when it becomes faster, after forty.
 *
 * @param share the share of jobs that are to be ready when they are said to be, more than 0 and less than 1
 * @param unknown what is said as long as too few have ended, 0 to {@link Eta#MAX_EXPECTED}
 */
public record Forecast(double share, Duration unknown) {
    /** How many jobs it looks back to. */
    public static final int WINDOW = 50;

    /** Four of five jobs are ready when they are said to be. */
    public static final double SHARE = 0.8;

    /** @throws InvalidValueException if a value is out of range */
    public Forecast {
        if (!(share > 0 && share < 1)) {
            throw new InvalidValueException("range", "share must be more than 0 and less than 1", List.of("0", "1"));
        }
        Rules.range("expected duration", unknown, Duration.ZERO, Eta.MAX_EXPECTED);
    }

    /**
     * What to expect.
     *
     * @param recent what the last jobs took, from when they could begin to their end; {@link #WINDOW} at most
     * @return 0 to {@link Eta#MAX_EXPECTED}
     */
    public Duration after(List<Duration> recent) {
        int rank = (int) Math.ceil(share * (recent.size() + 1));
        return rank > recent.size()
                ? unknown
                : within(recent.stream().sorted().skip(rank - 1L).iterator().next());
    }

    /** Clocks may have been set, and retention is longer than any forecast. */
    private static Duration within(Duration took) {
        Duration atLeast = took.isNegative() ? Duration.ZERO : took;
        return atLeast.compareTo(Eta.MAX_EXPECTED) > 0 ? Eta.MAX_EXPECTED : atLeast;
    }
}
