package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;

/**
 * A worker's right to a job for a while.
 *
 * <p>When it has expired, anybody may claim the job; until somebody does, its holder may still settle it.
 *
 * @param token the fencing token of the claim
 * @param worker who holds it
 * @param expiresAt when it ends, on the store's clock
 */
public record Lease(LeaseToken token, WorkerId worker, Instant expiresAt) {
    /** The shortest lease. */
    public static final Duration MIN = Duration.ofSeconds(1);

    /** The longest lease; who needs a job for longer renews. */
    public static final Duration MAX = Duration.ofHours(1);

    /**
     * Passes on a lease's length that is within its bounds.
     *
     * @throws InvalidValueException if it is shorter than {@link #MIN} or longer than {@link #MAX}
     */
    public static Duration length(Duration length) {
        Rules.range("lease", length, MIN, MAX);
        return length;
    }
}
