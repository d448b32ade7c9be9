package dev.asyncjob.application.worker;

import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;

/**
 * How a {@link JobWorker} works.
 *
 * @param name its name for operators
 * @param concurrency jobs handled at once, 1 to {@value #MAX_CONCURRENCY}
 * @param lease how long a claim holds without renewal, {@link Lease#MIN} to {@link Lease#MAX}
 * @param renewEvery how often leases are renewed, more than zero and less than {@code lease}
 * @param pollInterval how often it claims when no signal comes, more than zero
 * @param handlerTimeout how long a handler may take, more than zero; after that it is interrupted and its attempt fails
 * @param stopTimeout how long {@link JobWorker#close()} waits for handlers
 */
public record WorkerSettings(
        WorkerId name,
        int concurrency,
        Duration lease,
        Duration renewEvery,
        Duration pollInterval,
        Duration handlerTimeout,
        Duration stopTimeout) {
    /** The largest concurrency. */
    public static final int MAX_CONCURRENCY = 1000;

    /** @throws IllegalArgumentException if a value is out of range */
    public WorkerSettings {
        Lease.length(lease);
        require(concurrency >= 1 && concurrency <= MAX_CONCURRENCY, "concurrency must be 1 to " + MAX_CONCURRENCY);
        require(isPositive(renewEvery) && renewEvery.compareTo(lease) < 0, "renewEvery must be shorter than the lease");
        require(isPositive(pollInterval), "pollInterval must be more than zero");
        require(isPositive(handlerTimeout), "handlerTimeout must be more than zero");
        require(!stopTimeout.isNegative(), "stopTimeout must not be negative");
    }

    /**
     * Eight jobs at once, leases of 30 s renewed every 10 s, a poll every half second, an hour for a handler, 10 s to
     * stop.
     */
    public static WorkerSettings named(String name) {
        return new WorkerSettings(
                new WorkerId(name),
                8,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofMillis(500),
                Duration.ofHours(1),
                Duration.ofSeconds(10));
    }

    /** The same with another concurrency. */
    public WorkerSettings withConcurrency(int other) {
        return new WorkerSettings(name, other, lease, renewEvery, pollInterval, handlerTimeout, stopTimeout);
    }

    /** The same with another lease, renewed at a third of its length. */
    public WorkerSettings withLease(Duration other) {
        return new WorkerSettings(
                name, concurrency, other, other.dividedBy(3), pollInterval, handlerTimeout, stopTimeout);
    }

    /** The same with another poll interval. */
    public WorkerSettings withPollInterval(Duration other) {
        return new WorkerSettings(name, concurrency, lease, renewEvery, other, handlerTimeout, stopTimeout);
    }

    /** The same with another handler timeout. */
    public WorkerSettings withHandlerTimeout(Duration other) {
        return new WorkerSettings(name, concurrency, lease, renewEvery, pollInterval, other, stopTimeout);
    }

    /** The same with another stop timeout. */
    public WorkerSettings withStopTimeout(Duration other) {
        return new WorkerSettings(name, concurrency, lease, renewEvery, pollInterval, handlerTimeout, other);
    }

    private static boolean isPositive(Duration duration) {
        return !duration.isNegative() && !duration.isZero();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
