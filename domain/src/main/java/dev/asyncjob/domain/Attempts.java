package dev.asyncjob.domain;

/**
 * The number of attempts at a job, made and allowed.
 *
 * @param made attempts begun so far, 0 to {@code max}
 * @param max attempts allowed, 1 to {@value #MAX}
 */
public record Attempts(int made, int max) {
    /** The largest number of attempts that may be allowed. */
    public static final int MAX = 100;

    /** @throws InvalidValueException if a number is out of range */
    public Attempts {
        Rules.range("maxAttempts", max, 1, MAX);
        Rules.range("attempts made", made, 0, max);
    }

    /** No attempt yet. */
    public static Attempts none(int max) {
        return new Attempts(0, max);
    }

    /** The numbers after one more attempt has begun. */
    public Attempts next() {
        return new Attempts(made + 1, max);
    }

    /** Whether no further attempt is allowed. */
    public boolean spent() {
        return made == max;
    }
}
