package dev.asyncjob.domain;

import java.time.Duration;

/**
 * The defaults and limits of a service for its jobs.
 *
 * @param lease the lease if the worker sets none, {@link Lease#MIN} to {@link Lease#MAX}
 * @param maxAttempts the attempts allowed if the producer sets no number, 1 to {@value Attempts#MAX}
 * @param backoff the pause after a failed attempt
 * @param retention how long an ended job can be read, {@link #MIN_RETENTION} to {@link #MAX_RETENTION}
 * @param expectedDuration the expected duration of jobs while too few of their kind have ended, 0 to
 *     {@link Eta#MAX_EXPECTED}
 * @param quota the pending jobs that one client may have
 */
public record WorkPolicy(
        Duration lease,
        int maxAttempts,
        Backoff backoff,
        Duration retention,
        Duration expectedDuration,
        Backlog quota) {
    /** The shortest retention. */
    public static final Duration MIN_RETENTION = Duration.ofSeconds(1);

    /** The longest retention. */
    public static final Duration MAX_RETENTION = Duration.ofDays(3650);

    /** @throws InvalidValueException if a value is out of range */
    public WorkPolicy {
        Lease.length(lease);
        Attempts.none(maxAttempts);
        Rules.range("retention", retention, MIN_RETENTION, MAX_RETENTION);
        Rules.range("expected duration", expectedDuration, Duration.ZERO, Eta.MAX_EXPECTED);
    }

    /** Leases of 30 s, 5 attempts with pauses of 1 s to 5 min, 30 days of retention, 3 s expected, no quota. */
    public static WorkPolicy defaults() {
        return new WorkPolicy(
                Duration.ofSeconds(30),
                5,
                new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                Duration.ofDays(30),
                Duration.ofSeconds(3),
                Backlog.UNLIMITED);
    }

    /** The same with another default lease. */
    public WorkPolicy withLease(Duration other) {
        return new WorkPolicy(other, maxAttempts, backoff, retention, expectedDuration, quota);
    }

    /** The same with another default number of attempts. */
    public WorkPolicy withMaxAttempts(int other) {
        return new WorkPolicy(lease, other, backoff, retention, expectedDuration, quota);
    }

    /** The same with another backoff. */
    public WorkPolicy withBackoff(Backoff other) {
        return new WorkPolicy(lease, maxAttempts, other, retention, expectedDuration, quota);
    }

    /** The same with another retention. */
    public WorkPolicy withRetention(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, other, expectedDuration, quota);
    }

    /** The same with another expected duration. */
    public WorkPolicy withExpectedDuration(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, other, quota);
    }

    /** The same with another quota. */
    public WorkPolicy withQuota(Backlog other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, expectedDuration, other);
    }
}
