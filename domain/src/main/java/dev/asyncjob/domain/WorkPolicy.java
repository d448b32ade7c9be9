package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

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
 * @param auditRetention how long an intervention of an operator is kept, {@link #MIN_RETENTION} to
 *     {@link #MAX_RETENTION}
 * @param failedPayload how long what a new job needs is kept of a job that failed, 0 (not at all) to
 *     {@link #MAX_RETENTION}
 */
public record WorkPolicy(
        Duration lease,
        int maxAttempts,
        Backoff backoff,
        Duration retention,
        Duration expectedDuration,
        Backlog quota,
        Duration auditRetention,
        Duration failedPayload) {
    /** The shortest retention. */
    public static final Duration MIN_RETENTION = Duration.ofSeconds(1);

    /** The longest retention. */
    public static final Duration MAX_RETENTION = Duration.ofDays(3650);

    /** @throws InvalidValueException if a value is out of range */
    public WorkPolicy {
        Lease.length(lease);
        Attempts.none(maxAttempts);
        Rules.range("retention", retention, MIN_RETENTION, MAX_RETENTION);
        Rules.range("audit retention", auditRetention, MIN_RETENTION, MAX_RETENTION);
        Rules.range("failed payload", failedPayload, Duration.ZERO, MAX_RETENTION);
        Rules.range("expected duration", expectedDuration, Duration.ZERO, Eta.MAX_EXPECTED);
    }

    /**
     * Leases of 30 s, 5 attempts with pauses of 1 s to 5 min, 30 days of retention, 3 s expected, no quota, a year of
     * audit, and no payloads of failed jobs.
     */
    public static WorkPolicy defaults() {
        return new WorkPolicy(
                Duration.ofSeconds(30),
                5,
                new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5)),
                Duration.ofDays(30),
                Duration.ofSeconds(3),
                Backlog.UNLIMITED,
                Duration.ofDays(365),
                Duration.ZERO);
    }

    /** The same with another default lease. */
    public WorkPolicy withLease(Duration other) {
        return new WorkPolicy(
                other, maxAttempts, backoff, retention, expectedDuration, quota, auditRetention, failedPayload);
    }

    /** The same with another default number of attempts. */
    public WorkPolicy withMaxAttempts(int other) {
        return new WorkPolicy(lease, other, backoff, retention, expectedDuration, quota, auditRetention, failedPayload);
    }

    /** The same with another backoff. */
    public WorkPolicy withBackoff(Backoff other) {
        return new WorkPolicy(
                lease, maxAttempts, other, retention, expectedDuration, quota, auditRetention, failedPayload);
    }

    /** The same with another retention. */
    public WorkPolicy withRetention(Duration other) {
        return new WorkPolicy(
                lease, maxAttempts, backoff, other, expectedDuration, quota, auditRetention, failedPayload);
    }

    /** The same with another expected duration. */
    public WorkPolicy withExpectedDuration(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, other, quota, auditRetention, failedPayload);
    }

    /** The same with another quota. */
    public WorkPolicy withQuota(Backlog other) {
        return new WorkPolicy(
                lease, maxAttempts, backoff, retention, expectedDuration, other, auditRetention, failedPayload);
    }

    /** The same with another retention of interventions. */
    public WorkPolicy withAuditRetention(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, expectedDuration, quota, other, failedPayload);
    }

    /** The same that keeps what new jobs need of failed ones for another time; zero for not at all. */
    public WorkPolicy withFailedPayload(Duration other) {
        return new WorkPolicy(lease, maxAttempts, backoff, retention, expectedDuration, quota, auditRetention, other);
    }

    /** Until when what a new job needs is kept of a job; null if it is not, as of one that has not failed. */
    public @Nullable Instant payloadUntil(AsyncJob job) {
        if (failedPayload.isZero() || !(job instanceof AsyncJob.Failed failed) || failed.wasCancelled()) {
            return null;
        }
        Instant end = failed.endedAt().plus(failedPayload);
        return end.isBefore(failed.keptUntil()) ? end : failed.keptUntil();
    }
}
