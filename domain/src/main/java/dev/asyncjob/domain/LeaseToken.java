package dev.asyncjob.domain;

/**
 * The fencing token of one claim: it grows with every claim of the job, and only the newest one may settle it (contract
 * section 3, promise 4).
 *
 * @param value 1 or more
 */
public record LeaseToken(long value) {
    /** The token of a job's first claim. */
    public static final LeaseToken FIRST = new LeaseToken(1);

    /** @throws InvalidValueException if the value is below 1 */
    public LeaseToken {
        Rules.range("token", value, 1, Long.MAX_VALUE);
    }

    /** The token of the next claim. */
    public LeaseToken next() {
        return new LeaseToken(value + 1);
    }
}
