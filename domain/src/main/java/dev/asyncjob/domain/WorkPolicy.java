package dev.asyncjob.domain;

import java.time.Duration;

/**
 * The terms on which a service takes and keeps work.
 *
 * @param lease how long a claim holds when the worker does not say, {@link Lease#MIN} to {@link Lease#MAX}
 * @param maxAttempts how often a job is tried when the producer does not say, 1 to {@value Attempts#MAX}
 * @param backoff how long a failed attempt rests before the next
 * @param retention how long an ended job can be read, {@link #MIN_RETENTION} to {@link #MAX_RETENTION}
 * @param expectedDuration how long jobs are expected to take as long as too few of their kind have ended, 0 to
 *     {@link Eta#MAX_EXPECTED}
 */
public record WorkPolicy(
        Duration lease, int maxAttempts, Backoff backoff, Duration retention, Duration expectedDuration) {
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

    /** Leases of 30 s, 5 attempts with rests of 1 s to 5 min, 30 days of retention, 3 s expected. */
    public static WorkPolicy defaults() {
        return new WorkPolicy(
                Duration.ofSeconds(30),
                5,
                new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                Duration.ofDays(30),
                Duration.ofSeconds(3));
    }

    /** The same with another default lease. */
    public WorkPolicy withLease(Duration other) {
        return new WorkPolicy(other, maxAttempts, backoff, retention, expectedDuration);
    }

    /** The same with another default number of attempts. */
    public WorkPolicy withMaxAttempts(int other) {
        return new WorkPolicy(lease, other, backoff, retention, expectedDuration);
    }

    /** The same with another rest between attempts. */
    public WorkPolicy withBackoff(Backoff other) {
        return new WorkPolicy(lease, maxAttempts, other, retention, expectedDuration);
    }

    /** The same with another retention. */
    public WorkPolicy withRetention(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, other, expectedDuration);
    }

    /** The same with another expected duration. */
    public WorkPolicy withExpectedDuration(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, other);
    }
}
