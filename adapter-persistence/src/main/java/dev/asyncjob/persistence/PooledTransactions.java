package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Calls over connections of a pool, which end in time.
 *
 * <p>A call that met another's at the wrong instant is repeated. Safe for use from any thread.
 */
final class PooledTransactions implements Transactions {
    /** From asking the pool for a connection until the database must have answered. */
    static final Duration BUDGET = Duration.ofMillis(2500);

    /** How long repeating goes on; what is left of the three seconds is for the last try. */
    private static final Duration PATIENCE = Duration.ofMillis(400);

    private static final Duration SHORTEST_ANSWER = Duration.ofMillis(250);

    /** Serialisation failure, the two databases' words for a deadlock, and a duplicate key. */
    private static final Set<String> COLLISIONS = Set.of("40001", "40P01", "23505");

    /** No room on the disk, or what databases make of a file that the system lets grow no further. */
    private static final Set<String> NO_ROOM = Set.of("53100", "58030", "XX000", "HY000");

    /** How long that counts; then the next change may try. */
    private static final Duration MOMENT = Duration.ofSeconds(5);

    private final Jdbi jdbi;
    private volatile long roomFrom = System.nanoTime();

    PooledTransactions(DataSource pool, SqlDialect dialect, boolean limited) {
        jdbi = Jdbi.create(limited ? within(BUDGET, pool) : pool::getConnection);
        SqlTypes.install(jdbi, dialect);
    }

    @Override
    public <T> T call(HandleCallback<T, RuntimeException> call) {
        return repeated(() -> jdbi.withHandle(call));
    }

    @Override
    public <T> T transact(HandleCallback<T, RuntimeException> call) {
        return repeated(() -> jdbi.inTransaction(call));
    }

    @Override
    public void requireRoom() {
        if (System.nanoTime() - roomFrom < 0) {
            throw new StoreUnavailable(new SQLException("there was no room for a change"));
        }
    }

    /** What the wait for a connection left of the budget is the time that the database has. */
    private static ConnectionFactory within(Duration budget, DataSource pool) {
        return () -> {
            long start = System.nanoTime();
            Connection connection = pool.getConnection();
            Duration left = budget.minusNanos(System.nanoTime() - start);
            Duration answer = left.compareTo(SHORTEST_ANSWER) < 0 ? SHORTEST_ANSWER : left;
            return limited(connection, (int) answer.toMillis());
        };
    }

    private static Connection limited(Connection connection, int millis) throws SQLException {
        try {
            connection.setNetworkTimeout(Runnable::run, millis);
            return connection;
        } catch (SQLException e) {
            connection.close(); // back to the pool, which sees that it is broken
            throw e;
        }
    }

    private <T> T repeated(Supplier<T> call) {
        long start = System.nanoTime();
        while (true) {
            try {
                return call.get();
            } catch (JdbiException e) {
                if (NO_ROOM.contains(Transactions.state(e))) {
                    roomFrom = System.nanoTime() + MOMENT.toNanos();
                }
                if (!COLLISIONS.contains(Transactions.state(e))) {
                    throw Transactions.translated(e);
                }
                if (System.nanoTime() - start >= PATIENCE.toNanos()) {
                    throw new StoreUnavailable(e); // a crowd, not a mistake: later it may go through
                }
            }
        }
    }
}
