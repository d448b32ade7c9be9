package dev.asyncjob.client;

import java.time.Duration;

/**
 * How a {@link RemoteWorker} works.
 *
 * @param name its name for operators, 1 to 128 characters of visible ASCII
 * @param parallelism jobs in hand at once, 1 to {@value #MAX_PARALLELISM}
 * @param lease how long a claim holds without renewal, 1 s to 1 h in whole seconds; renewed at a third of it
 * @param handlerTimeout how long a handler may take, 1 ms to 365 d; after that it is interrupted and its attempt fails
 * @param stopTimeout how long {@link RemoteWorker#close()} waits for handlers, 0 to 365 d
 */
public record RemoteWorkerSettings(
        String name, int parallelism, Duration lease, Duration handlerTimeout, Duration stopTimeout) {
    /** The largest parallelism. */
    public static final int MAX_PARALLELISM = 1000;

    private static final Duration LONGEST = Duration.ofDays(365);

    /** @throws IllegalArgumentException if a value is out of range */
    public RemoteWorkerSettings {
        ClientSettings.require(Tokens.isHeader(name) && name.length() <= 128, "name must be visible ASCII");
        ClientSettings.require(
                parallelism >= 1 && parallelism <= MAX_PARALLELISM, "parallelism must be 1 to " + MAX_PARALLELISM);
        ClientSettings.require(
                lease.equals(Duration.ofSeconds(lease.toSeconds()))
                        && lease.toSeconds() >= 1
                        && lease.toSeconds() <= 3600,
                "lease must be 1 s to 1 h in whole seconds");
        ClientSettings.require(
                handlerTimeout.compareTo(Duration.ofMillis(1)) >= 0 && handlerTimeout.compareTo(LONGEST) <= 0,
                "handlerTimeout must be 1 ms to 365 d");
        ClientSettings.require(
                !stopTimeout.isNegative() && stopTimeout.compareTo(LONGEST) <= 0, "stopTimeout must be 0 to 365 d");
    }

    /** Eight jobs at once, leases of 30 s, an hour for a handler, 10 s to stop. */
    public static RemoteWorkerSettings named(String name) {
        return new RemoteWorkerSettings(name, 8, Duration.ofSeconds(30), Duration.ofHours(1), Duration.ofSeconds(10));
    }

    /** The same with another parallelism. */
    public RemoteWorkerSettings withParallelism(int other) {
        return new RemoteWorkerSettings(name, other, lease, handlerTimeout, stopTimeout);
    }

    /** The same with another lease. */
    public RemoteWorkerSettings withLease(Duration other) {
        return new RemoteWorkerSettings(name, parallelism, other, handlerTimeout, stopTimeout);
    }

    /** The same with another handler timeout. */
    public RemoteWorkerSettings withHandlerTimeout(Duration other) {
        return new RemoteWorkerSettings(name, parallelism, lease, other, stopTimeout);
    }

    /** The same with another stop timeout. */
    public RemoteWorkerSettings withStopTimeout(Duration other) {
        return new RemoteWorkerSettings(name, parallelism, lease, handlerTimeout, other);
    }
}
