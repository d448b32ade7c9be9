package dev.asyncjob.application;

import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Forecast;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The expected durations of the kinds of jobs, computed from recent jobs once a second for each kind that is scheduled.
 *
 * <p>The expected duration is stored with the job, so all nodes report the same forecast. Safe for use from any thread.
 */
final class Forecasts {
    private static final Duration FRESH = Duration.ofSeconds(1);

    /** Kinds in the cache at most; then all are read anew. */
    private static final int MAX_KINDS = 10_000;

    private final JobStore store;
    private final Forecast forecast;
    private final Execution execution;
    private final Map<JobKind, Known> known = new ConcurrentHashMap<>();

    Forecasts(JobStore store, Forecast forecast, Execution execution) {
        this.store = store;
        this.forecast = forecast;
        this.execution = execution;
    }

    private record Known(Duration expected, long readAt) {}

    /** How long a new job of this kind is expected to take. */
    Duration of(JobKind kind) {
        Known last = known.get(kind);
        if (last != null && execution.since(last.readAt()).compareTo(FRESH) < 0) {
            return last.expected();
        }
        Duration expected = forecast.after(store.recentDurations(kind, Forecast.WINDOW));
        if (known.size() >= MAX_KINDS) {
            known.clear();
        }
        known.put(kind, new Known(expected, execution.nanoTime()));
        return expected;
    }
}
