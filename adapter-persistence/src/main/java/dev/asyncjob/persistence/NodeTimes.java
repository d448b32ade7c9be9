package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * When this node last did what explanations speak of: claimed jobs of a kind, and ended jobs whose attempts are spent.
 *
 * <p>Kinds are written for all nodes, many at once and rarely more than once in {@link #PAUSE}, so that no claim writes
 * one. A failure costs nothing but that time. Safe for use from any thread.
 */
final class NodeTimes {
    /** The time between two writes of a kind. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** Kinds that wait to be written, at most. */
    private static final int MAX_KINDS = 1000;

    /** Kinds that the database has, at most, before it takes no new ones from claims; who claims may invent kinds. */
    static final int MAX_STORED = 10_000;

    private static final String FORGET = "delete from asyncjob.kind where paused_since is null"
            + " and running_limit is null and coalesce(last_asked_at \\< <now> - interval '30' day, true)";

    private final Map<JobKind, Long> asked = new ConcurrentHashMap<>();
    private volatile @Nullable Long housekept;
    private final Map<JobKind, Long> written = new HashMap<>();

    /** Notes that a worker has asked for jobs of these kinds. */
    void asked(Set<JobKind> kinds) {
        Long now = System.nanoTime();
        for (JobKind kind : kinds) {
            if (asked.size() < MAX_KINDS || asked.containsKey(kind)) {
                asked.put(kind, now);
            }
        }
    }

    /** Notes that spent jobs were ended. */
    void housekept() {
        housekept = System.nanoTime();
    }

    /** Returns when spent jobs were last ended, seen at {@code now} on the database's clock; null for never. */
    @Nullable
    Instant housekeptAt(Instant now) {
        return at(housekept, now);
    }

    /** Returns when a worker last asked for a kind, the later of what the database and this node know. */
    @Nullable
    Instant askedAt(JobKind kind, @Nullable Instant stored, Instant now) {
        Instant here = at(asked.get(kind), now);
        return here == null || (stored != null && stored.isAfter(here)) ? stored : here;
    }

    private static @Nullable Instant at(@Nullable Long nanoTime, Instant now) {
        return nanoTime == null ? null : now.minusNanos(System.nanoTime() - nanoTime);
    }

    /** Writes the kinds that workers have asked for since they were written, if one of them was not written lately. */
    synchronized void write(Transactions transactions, Claims claims) {
        long now = System.nanoTime();
        written.values().removeIf(at -> now - at >= PAUSE.toNanos());
        Map<JobKind, Long> batch = Map.copyOf(asked);
        if (written.keySet().containsAll(batch.keySet())) {
            return;
        }
        batch.keySet().forEach(kind -> written.put(kind, now)); // also if it fails
        Object[] kinds = batch.keySet().stream().sorted().map(JobKind::value).toArray();
        transactions.call(handle -> handle.createUpdate(claims.storeAsked())
                .bindArray("kinds", String.class, kinds)
                .execute());
        batch.forEach(asked::remove);
        transactions.call(handle -> handle.createUpdate(FORGET).execute());
    }
}
