package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;

/**
 * A job as the store saw it at one instant.
 *
 * @param job the job
 * @param asOf when it was read, on the store's clock
 * @param details what a reader can see beside the status; {@link JobDetails#NONE} where nothing but the status was read
 */
public record JobSnapshot(AsyncJob job, Instant asOf, JobDetails details) {
    /** Seconds by which the longest {@link #retryAfter} is spread. */
    private static final int MAX_SPREAD = 5;

    /** A job of which nothing but the status was read. */
    public JobSnapshot(AsyncJob job, Instant asOf) {
        this(job, asOf, JobDetails.NONE);
    }

    /**
     * The instant shown as {@code eta}: while pending, when to read again, always after {@link #asOf}; then the end.
     */
    public Instant eta() {
        return job.fold(pending -> pending.eta().at(asOf), AsyncJob.Ended::endedAt, AsyncJob.Ended::endedAt);
    }

    /** How long this is fresh: zero while pending, then the rest of the retention. */
    public Duration freshFor() {
        return job.fold(pending -> Duration.ZERO, this::untilForgotten, this::untilForgotten);
    }

    /**
     * How long a client should wait before it reads again, in whole seconds, at least 1: until {@link #eta}, and a
     * little longer for some jobs, so that jobs which were accepted together are not read together. The addition, up to
     * a tenth and 5 s at most, is drawn from the id, so it is the same on every node.
     */
    public long retryAfter() {
        Duration wait = Duration.between(asOf, eta());
        double spread = Math.min(1 + wait.toMillis() / 10_000.0, 1 + MAX_SPREAD);
        return Math.max(1, wait.plusMillis(999).toSeconds()) + (long) (lot() * spread);
    }

    /** Drawn from the id, 0 to 1: the finaliser of splitmix64 makes similar ids differ. */
    private double lot() {
        long bits = job.id().value().getMostSignificantBits() ^ job.id().value().getLeastSignificantBits();
        bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
        return ((bits ^ (bits >>> 31)) >>> 11) * 0x1.0p-53;
    }

    private Duration untilForgotten(AsyncJob.Ended ended) {
        Duration left = Duration.between(asOf, ended.keptUntil());
        return left.isNegative() ? Duration.ZERO : left;
    }
}
