package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;

/**
 * A worker's exclusive right to a job for a limited time.
 *
 * <p>When it has expired, any worker may claim the job; until one does, the holder may still settle it.
 *
 * @param token the fencing token of the claim
 * @param worker the worker that holds it
 * @param expiresAt when it ends, on the store's clock
 */
public record Lease(LeaseToken token, WorkerId worker, Instant expiresAt) {
    /** The shortest lease. */
    public static final Duration MIN = Duration.ofSeconds(1);

    /** The longest lease; a worker that needs more time renews it. */
    public static final Duration MAX = Duration.ofHours(1);

    /**
     * Returns the length of a lease if it is within its bounds.
     *
     * @throws InvalidValueException if it is shorter than {@link #MIN} or longer than {@link #MAX}
     */
    public static Duration length(Duration length) {
        Rules.range("lease", length, MIN, MAX);
        return length;
    }
}
