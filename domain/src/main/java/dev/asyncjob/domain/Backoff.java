package dev.asyncjob.domain;

import java.time.Duration;

/**
 * The pause after a failed attempt: doubling from {@code first} up to {@code max}, spread by up to a quarter more or
 * less so that jobs which failed together are not due together.
 *
 * <p>The spread is drawn from the job's id and the attempt's number, so the pause is the same on every node.
 *
 * @param first the pause after the first attempt, {@link #MIN} to {@code max}
 * @param max the longest pause before it is spread, up to {@link #MAX}
 */
public record Backoff(Duration first, Duration max) {
    /** The shortest first pause. */
    public static final Duration MIN = Duration.ofMillis(1);

    /** The longest pause. */
    public static final Duration MAX = Duration.ofDays(1);

    private static final int MAX_DOUBLINGS = 30;

    /** @throws InvalidValueException if a duration is out of range */
    public Backoff {
        Rules.range("longest backoff", max, MIN, MAX);
        Rules.range("first backoff", first, MIN, max);
    }

    /**
     * The pause after an attempt.
     *
     * @param id the job
     * @param attemptsMade attempts made so far, 1 or more
     */
    public Duration after(JobId id, int attemptsMade) {
        int doublings = Math.min(attemptsMade - 1, MAX_DOUBLINGS);
        long rest = Math.min(first.toMillis() << doublings, max.toMillis());
        int spread = Math.floorMod(31 * id.value().hashCode() + attemptsMade * 0x9E3779B9, 501) - 250;
        return Duration.ofMillis(rest + rest * spread / 1000);
    }
}
