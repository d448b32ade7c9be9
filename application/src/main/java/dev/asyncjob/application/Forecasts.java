package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Forecast;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What jobs of each kind take, as the store remembers it; asked once a second for each kind that is scheduled.
 *
 * <p>What is told goes into the job, so all nodes go on telling it. Safe for use from any thread.
 */
final class Forecasts {
    private static final Duration FRESH = Duration.ofSeconds(1);

    /** Kinds that are remembered at most; then all are asked for anew. */
    private static final int MAX_KINDS = 10_000;

    private final JobStore store;
    private final Forecast forecast;
    private final Map<JobKind, Known> known = new ConcurrentHashMap<>();

    Forecasts(JobStore store, Forecast forecast) {
        this.store = store;
        this.forecast = forecast;
    }

    private record Known(Duration expected, long askedAt) {
        boolean isFresh() {
            return System.nanoTime() - askedAt < FRESH.toNanos();
        }
    }

    /** How long a new job of this kind is expected to take. */
    Duration of(JobKind kind) {
        Known last = known.get(kind);
        return last != null && last.isFresh() ? last.expected() : ask(kind);
    }

    private Duration ask(JobKind kind) {
        Duration expected = forecast.after(store.recentDurations(kind, Forecast.WINDOW));
        if (known.size() >= MAX_KINDS) {
            known.clear();
        }
        known.put(kind, new Known(expected, System.nanoTime()));
        return expected;
    }
}
