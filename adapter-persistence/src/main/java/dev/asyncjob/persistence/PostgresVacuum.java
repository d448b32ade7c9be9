package dev.asyncjob.persistence;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Vacuums {@code asyncjob.work} on PostgreSQL when it has many dead rows.
 *
 * <p>Each finished job leaves two; autovacuum runs once a minute, and finds a million of them after a minute of load. A
 * vacuum every few seconds takes no more time in total, and the table stays small enough for the cache. A vacuum that
 * removes nothing, as while a transaction is open for hours, is repeated only after as many new dead rows; a failed one
 * after a minute. Safe for use from any thread.
 */
final class PostgresVacuum implements Runnable {
    /** The least number of dead rows for a vacuum, unless a {@link #PART} of the table is more. */
    static final int MIN_DEAD_ROWS = 20_000;

    /** The least part of the rows that must be dead, one fifth: a vacuum reads the whole indexes. */
    private static final int PART = 5;

    /** The least time between two counts. */
    static final Duration INTERVAL = Duration.ofSeconds(2);

    private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);

    /** Returns no row where this role may not vacuum: the server would log each attempt. */
    private static final String COUNT = """
            select s.n_dead_tup, s.n_live_tup from pg_stat_user_tables s join pg_class c on c.oid = s.relid
            where s.relid = cast(<work> as regclass) and pg_has_role(c.relowner, 'usage')
            """;

    /** Waits for no lock, and does not truncate the file, which would block all other statements. */
    private static final String VACUUM = "vacuum (skip_locked, truncate false) asyncjob.work";

    private final Transactions transactions;
    private final Duration interval;
    private long nextCount = System.nanoTime();

    /** The dead rows that the last vacuum could not remove. */
    private long stuck;

    /** @param interval the least time between two counts */
    PostgresVacuum(Transactions transactions, Duration interval) {
        this.transactions = transactions;
        this.interval = interval;
    }

    private record Count(long dead, long live) {
        static final Count UNKNOWN = new Count(0, 0);

        static Count read(ResultSet rs) throws SQLException {
            return new Count(rs.getLong(1), rs.getLong(2));
        }

        boolean justifiesVacuum(long stuck) {
            return dead - stuck >= Math.max(MIN_DEAD_ROWS, live / PART);
        }
    }

    /** Counts the dead rows, unless it has just done so, and vacuums if there are enough. */
    @Override
    public synchronized void run() {
        if (nextCount - System.nanoTime() > 0) {
            return;
        }
        nextCount = System.nanoTime() + AFTER_FAILURE.toNanos();
        Count count = count();
        stuck = Math.min(stuck, count.dead());
        if (count.justifiesVacuum(stuck)) {
            transactions.call(handle -> handle.execute(VACUUM));
            stuck = count().dead();
        }
        nextCount = System.nanoTime() + interval.toNanos();
    }

    private Count count() {
        return transactions.call(handle -> handle.createQuery(COUNT)
                .map((rs, context) -> Count.read(rs))
                .findOne()
                .orElse(Count.UNKNOWN));
    }
}
