package dev.asyncjob.metrics;

import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The workers that asked for a kind within the last minute. Without locks; safe for use from any thread. */
final class RecentWorkers {
    /** How long a worker counts. */
    static final long RECENT = Duration.ofMinutes(1).toNanos();

    /** Workers that are counted at most. */
    static final int MAX = 1_000;

    /** A worker that asks more often is not noted each time. */
    private static final long PRECISION = Duration.ofSeconds(1).toNanos();

    private final Map<WorkerId, Long> askedAt = new ConcurrentHashMap<>();

    void asked(WorkerId worker, long now) {
        Long last = askedAt.get(worker);
        if (last == null ? hasRoom(now) : now - last > PRECISION) {
            askedAt.put(worker, now);
        }
    }

    private boolean hasRoom(long now) {
        return askedAt.size() < MAX || count(now) < MAX;
    }

    int count(long now) {
        askedAt.values().removeIf(at -> now - at >= RECENT);
        return askedAt.size();
    }
}
