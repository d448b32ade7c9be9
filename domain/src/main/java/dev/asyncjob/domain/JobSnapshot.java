package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;

/**
 * A job as the store saw it at one instant.
 *
 * @param job the job
 * @param asOf when it was read, on the store's clock
 */
public record JobSnapshot(AsyncJob job, Instant asOf) {
    /** The instant shown as {@code eta}: while pending when to ask again, always after {@link #asOf}; then the end. */
    public Instant eta() {
        return job.fold(pending -> pending.eta().at(asOf), AsyncJob.Ended::endedAt, AsyncJob.Ended::endedAt);
    }

    /** How long this stays true without asking again: zero while pending, then what is left of the retention. */
    public Duration freshFor() {
        return job.fold(pending -> Duration.ZERO, this::untilForgotten, this::untilForgotten);
    }

    private Duration untilForgotten(AsyncJob.Ended ended) {
        Duration left = Duration.between(asOf, ended.keptUntil());
        return left.isNegative() ? Duration.ZERO : left;
    }
}
