package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The jobs of {@link InMemoryJobStore} that ended in each of the last minutes. Safe for use from any thread. */
final class StoredMinutes implements JobObserver {
    private static final Comparator<EndedMinute> NEWEST_FIRST =
            Comparator.comparing(EndedMinute::minute).reversed().thenComparing(EndedMinute::kind);

    private final Map<List<Object>, EndedMinute> all = new HashMap<>();

    @Override
    public synchronized void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {
        EndedMinute one = end.counted(kind, promised, endedAt);
        all.merge(List.of(kind, one.minute()), one, EndedMinute::plus);
        all.values().removeIf(known -> !within(known, EndedMinute.MINUTES, endedAt));
    }

    synchronized List<EndedMinute> last(int minutes, Instant now) {
        return all.values().stream()
                .filter(one -> within(one, minutes, now))
                .sorted(NEWEST_FIRST)
                .toList();
    }

    private static boolean within(EndedMinute one, int minutes, Instant now) {
        return one.minute().isAfter(now.minus(Duration.ofMinutes(minutes + 1L)));
    }
}
