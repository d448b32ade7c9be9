package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;

/**
 * The jobs that end on this node, counted in memory for each kind and minute, and the rows of
 * {@code asyncjob.ended_minute}, to which every node adds its counts.
 *
 * <p>Counts are written many at once and those of a kind rarely more than once in {@link NodeTimes#PAUSE}, so that no
 * end of a job writes one; a node that stops loses those of that time. Counts that could not be written stay for the
 * next time, for an hour; if they were written all the same, they count twice. Safe for use from any thread.
 */
final class EndedMinutes implements JobObserver {
    /** Kinds that are counted in a minute, at most; who schedules may invent kinds. */
    static final int MAX_KINDS = 100;

    /** Rows that are read, at most: some kinds of some nodes for an hour. */
    private static final int MAX_ROWS = 10_000;

    /** The counts as rows, in an order in which no two nodes wait for each other. */
    static final String COUNTED = """
            select cast(c.begun as timestamp(6) with time zone) as begun_at, c.kind, c.ended, c.failed, c.promised, c.kept
            from unnest(cast(:begun as varchar array), cast(:kinds as varchar array), cast(:ended as bigint array),
                cast(:failed as bigint array), cast(:promised as bigint array), cast(:kept as bigint array))
                as c (begun, kind, ended, failed, promised, kept)
            order by begun_at, kind
            """;

    private static final String FORGET =
            "delete from asyncjob.ended_minute where begun_at \\<= <now> - interval '61' minute";

    private static final String LAST = """
            select begun_at, kind, ended, failed, promised, kept from asyncjob.ended_minute
            where begun_at > <now> - interval '%s' minute order by begun_at desc, kind fetch first %s rows only
            """;

    /** By minute and kind. Counts that are written become zero, so that the minute goes on knowing its kinds. */
    private final TreeMap<Instant, Map<JobKind, EndedMinute>> counts = new TreeMap<>();

    private final Map<JobKind, Long> written = new HashMap<>();

    @Override
    public void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {
        add(end.counted(kind, promised, endedAt));
    }

    private synchronized void add(EndedMinute one) {
        Map<JobKind, EndedMinute> kinds = counts.computeIfAbsent(one.minute(), minute -> new TreeMap<>());
        if (kinds.size() < MAX_KINDS || kinds.containsKey(one.kind())) {
            kinds.merge(one.kind(), one, EndedMinute::plus);
        }
        if (counts.size() > EndedMinute.MINUTES) {
            counts.pollFirstEntry();
        }
    }

    /** Takes all counts, if one of them is of a kind that was not written lately; otherwise none. */
    private synchronized List<EndedMinute> take() {
        long now = System.nanoTime();
        written.values().removeIf(at -> now - at >= NodeTimes.PAUSE.toNanos());
        List<EndedMinute> all = counts.values().stream()
                .flatMap(kinds -> kinds.values().stream())
                .filter(one -> one.ended() > 0)
                .toList();
        if (all.stream().allMatch(one -> written.containsKey(one.kind()))) {
            return List.of();
        }
        all.forEach(one -> written.put(one.kind(), now)); // also if it fails
        counts.headMap(counts.lastKey().minus(Duration.ofMinutes(1))).clear();
        counts.values()
                .forEach(kinds -> kinds.replaceAll((kind, one) -> new EndedMinute(kind, one.minute(), 0, 0, 0, 0)));
        return all;
    }

    /** Returns a task that does another, and then writes. */
    Runnable writtenAfter(Runnable other, Transactions transactions, SqlDialect dialect) {
        return () -> {
            other.run();
            write(transactions, dialect);
        };
    }

    /** Adds the counts to the rows, if those of a kind were not written lately, and deletes old rows. */
    private void write(Transactions transactions, SqlDialect dialect) {
        List<EndedMinute> taken = take();
        if (taken.isEmpty()) {
            return;
        }
        try {
            transactions.call(handle -> add(handle, dialect.addEnded(), taken));
        } catch (Throwable e) { // an Error, too
            taken.forEach(this::add);
            throw e;
        }
        transactions.call(handle -> handle.createUpdate(FORGET).execute());
    }

    private static int add(Handle handle, String statement, List<EndedMinute> counts) {
        return handle.createUpdate(statement)
                .bindArray(
                        "begun",
                        String.class,
                        counts.stream()
                                .map(EndedMinute::minute)
                                .map(Instant::toString)
                                .toArray())
                .bindArray(
                        "kinds",
                        String.class,
                        counts.stream().map(one -> one.kind().value()).toArray())
                .bindArray("ended", Long.class, all(counts, EndedMinute::ended))
                .bindArray("failed", Long.class, all(counts, EndedMinute::failed))
                .bindArray("promised", Long.class, all(counts, EndedMinute::promised))
                .bindArray("kept", Long.class, all(counts, EndedMinute::kept))
                .execute();
    }

    private static Object[] all(List<EndedMinute> counts, ToLongFunction<EndedMinute> number) {
        return counts.stream().map(number::applyAsLong).toArray();
    }

    /** Reads the rows of the last minutes, the newest first. */
    static List<EndedMinute> last(Handle handle, int minutes) {
        return handle.createQuery(LAST.formatted(minutes + 1, MAX_ROWS)) // that in progress is one more
                .map((rs, context) -> read(rs))
                .list();
    }

    private static EndedMinute read(ResultSet rs) throws SQLException {
        String kind = rs.getString("kind");
        return new EndedMinute(
                SqlTypes.stored(() -> new JobKind(kind)),
                SqlTypes.instant(rs, "begun_at"),
                rs.getLong("ended"),
                rs.getLong("failed"),
                rs.getLong("promised"),
                rs.getLong("kept"));
    }
}
