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
 * Runs calls on connections of a pool, within a limited time.
 *
 * <p>A call that collides with a concurrent one (deadlock, serialisation failure, duplicate key) is repeated. Safe for
 * use from any thread.
 */
final class PooledTransactions implements Transactions {
    /** The time from the request for a connection to the latest answer of the database. */
    static final Duration BUDGET = Duration.ofMillis(2500);

    /** How long a call is repeated; the rest of the three seconds is for the last try. */
    private static final Duration RETRY_TIME = Duration.ofMillis(400);

    private static final Duration MIN_CALL_TIME = Duration.ofMillis(250);

    /** SQLSTATEs of a serialisation failure (also H2's deadlock), PostgreSQL's deadlock, and a duplicate key. */
    private static final Set<String> COLLISIONS = Set.of("40001", "40P01", "23505");

    /** SQLSTATEs of a full disk, or of a file that the operating system does not let grow. */
    private static final Set<String> NO_ROOM = Set.of("53100", "58030", "XX000", "HY000");

    /** How long writes are refused after such a failure; then the next one may try. */
    private static final Duration REFUSAL_TIME = Duration.ofSeconds(5);

    private final Jdbi jdbi;
    private volatile long writableFrom = System.nanoTime();

    PooledTransactions(DataSource pool, SqlDialect dialect) {
        jdbi = Jdbi.create(dialect.limitsCalls() ? within(BUDGET, pool) : pool::getConnection);
        SqlTypes.install(jdbi, dialect.now());
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
        if (System.nanoTime() - writableFrom < 0) {
            throw new StoreUnavailable(new SQLException("a recent write found no room"));
        }
    }

    /** Limits each call to what the wait for a connection left of the budget. */
    private static ConnectionFactory within(Duration budget, DataSource pool) {
        return () -> {
            long start = System.nanoTime();
            Connection connection = pool.getConnection();
            Duration left = budget.minusNanos(System.nanoTime() - start);
            Duration limit = left.compareTo(MIN_CALL_TIME) < 0 ? MIN_CALL_TIME : left;
            try {
                connection.setNetworkTimeout(Runnable::run, (int) limit.toMillis());
                return connection;
            } catch (SQLException e) {
                connection.close(); // returns it to the pool, which notices that it is broken
                throw e;
            }
        };
    }

    private <T> T repeated(Supplier<T> call) {
        long start = System.nanoTime();
        while (true) {
            try {
                return call.get();
            } catch (JdbiException e) {
                if (NO_ROOM.contains(Transactions.state(e))) {
                    writableFrom = System.nanoTime() + REFUSAL_TIME.toNanos();
                }
                if (!COLLISIONS.contains(Transactions.state(e))) {
                    throw Transactions.translated(e);
                }
                if (System.nanoTime() - start >= RETRY_TIME.toNanos()) {
                    throw new StoreUnavailable(e); // too many concurrent calls: a later one may succeed
                }
            }
        }
    }
}
