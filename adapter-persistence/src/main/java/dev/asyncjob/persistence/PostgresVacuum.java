package dev.asyncjob.persistence;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Keeps the dead rows of {@code asyncjob.work} down on PostgreSQL.
 *
 * <p>Each job that goes through leaves two; autovacuum comes by once a minute, and finds a million of them after a busy
 * one. A vacuum every few seconds takes no longer in all, and the table stays so small that it is in memory. One that
 * cannot do its work, as with a transaction that is open for hours, is not repeated until as many dead rows have come
 * again; one that fails is not for a minute. Safe for use from any thread.
 */
final class PostgresVacuum implements Runnable {
    /** Dead rows that make a vacuum worth its while, unless a {@link #PART} of the table is more. */
    static final int ENOUGH = 20_000;

    /** Vacuum reads all of the indexes, so the more rows there are the more must be dead. */
    private static final int PART = 5;

    /** How often it looks. */
    static final Duration INTERVAL = Duration.ofSeconds(2);

    private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);

    /** Says nothing where this role may not vacuum: the server would log that each time. */
    private static final String COUNT = """
            select s.n_dead_tup, s.n_live_tup from pg_stat_user_tables s join pg_class c on c.oid = s.relid
            where s.relid = cast('asyncjob.work' as regclass) and pg_has_role(c.relowner, 'usage')
            """;

    /** Waits for nobody, and gives nothing back to the system, for which everybody would have to wait. */
    private static final String VACUUM = "vacuum (skip_locked, truncate false) asyncjob.work";

    private final Transactions calls;
    private final Duration interval;
    private long nextLook = System.nanoTime();

    /** Dead rows that the last vacuum could not remove. */
    private long stuck;

    /** @param interval looks no more often than this */
    PostgresVacuum(Transactions calls, Duration interval) {
        this.calls = calls;
        this.interval = interval;
    }

    private record Count(long dead, long live) {
        static final Count UNKNOWN = new Count(0, 0);

        static Count read(ResultSet rs) throws SQLException {
            return new Count(rs.getLong(1), rs.getLong(2));
        }

        boolean isWorthIt(long stuck) {
            return dead - stuck >= Math.max(ENOUGH, live / PART);
        }
    }

    /** Looks, unless it has just looked, and vacuums if that is worth it. */
    @Override
    public synchronized void run() {
        if (nextLook - System.nanoTime() > 0) {
            return;
        }
        nextLook = System.nanoTime() + AFTER_FAILURE.toNanos();
        Count count = count();
        stuck = Math.min(stuck, count.dead());
        if (count.isWorthIt(stuck)) {
            calls.call(handle -> handle.execute(VACUUM));
            stuck = count().dead();
        }
        nextLook = System.nanoTime() + interval.toNanos();
    }

    private Count count() {
        return calls.call(handle -> handle.createQuery(COUNT)
                .map((rs, context) -> Count.read(rs))
                .findOne()
                .orElse(Count.UNKNOWN));
    }
}
