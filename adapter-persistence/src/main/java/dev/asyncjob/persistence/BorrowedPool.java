package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.asyncjob.application.spi.JobSignals;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The application's own source of connections: each is returned as it came, and the source is never closed. Safe for
 * use from any thread.
 */
final class BorrowedPool implements DatabaseAccess, PooledTransactions.Pool {
    private final DataSourceSettings settings;
    private final @Nullable HikariPool hikari;
    private final SqlDialect dialect;
    private final Transactions transactions;
    private final Map<Connection, State> borrowed = new ConcurrentHashMap<>();

    /**
     * Asks the source which database it leads to.
     *
     * @throws IllegalStateException if that is neither H2 nor PostgreSQL, or cannot be reached
     */
    BorrowedPool(DataSourceSettings settings) {
        this.settings = settings;
        try (Connection connection = settings.source().getConnection()) {
            DatabaseMetaData database = connection.getMetaData();
            this.dialect = dialect(database.getDatabaseProductName(), database.getURL(), settings.tables());
            this.hikari = settings.source().isWrapperFor(HikariDataSource.class)
                    ? (HikariPool)
                            settings.source().unwrap(HikariDataSource.class).getHikariPoolMXBean()
                    : null;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open the database of the application: " + e.getMessage(), e);
        }
        this.transactions = new PooledTransactions(this, settings.poolSize(), dialect);
    }

    private static SqlDialect dialect(String product, @Nullable String url, TableNames tables) {
        return switch (product) {
            case "PostgreSQL" -> new PostgresDialect(url(url, "jdbc:postgresql:"), Pooler.TRANSACTION, tables);
            case "H2" -> new H2Dialect(url(url, "jdbc:h2:"), tables, false);
            default ->
                throw new IllegalStateException(
                        "the database of the application must be H2 or PostgreSQL, but is " + product);
        };
    }

    /** Returns the URL of the driver; only its beginning if it is not understood. */
    private static DatabaseUrl url(@Nullable String url, String otherwise) {
        try {
            return DatabaseUrl.parse(String.valueOf(url));
        } catch (IllegalArgumentException e) {
            return new DatabaseUrl(otherwise, "", "", Map.of());
        }
    }

    /** What a connection is like before the store uses it. */
    private record State(
            boolean autoCommit, boolean readOnly, int networkTimeout, Optional<Integer> isolation, String undo) {
        static State of(Connection connection, SqlDialect dialect) throws SQLException {
            boolean autoCommit = connection.getAutoCommit();
            boolean readOnly = connection.isReadOnly();
            if (!autoCommit) {
                connection.setAutoCommit(true);
            }
            if (readOnly) {
                connection.setReadOnly(false);
            }
            Optional<Integer> isolation = Optional.empty();
            if (dialect.transactionSetup().isEmpty()
                    && connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
                isolation = Optional.of(connection.getTransactionIsolation());
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            int networkTimeout = dialect.limitsCalls() ? connection.getNetworkTimeout() : 0;
            return new State(autoCommit, readOnly, networkTimeout, isolation, dialect.borrow(connection));
        }

        void restore(Connection connection, boolean limited) throws SQLException {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            if (!undo.isEmpty()) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(undo);
                }
            }
            if (isolation.isPresent()) {
                connection.setTransactionIsolation(isolation.get());
            }
            if (limited) {
                connection.setNetworkTimeout(Runnable::run, networkTimeout);
            }
            if (readOnly) {
                connection.setReadOnly(true);
            }
            if (connection.getAutoCommit() != autoCommit) {
                connection.setAutoCommit(autoCommit);
            }
        }
    }

    @Override
    public Connection get(Duration atMost) throws SQLException {
        Connection connection = hikari == null
                ? settings.source().getConnection()
                : hikari.getConnection(Math.max(1, atMost.toMillis()));
        try {
            borrowed.put(connection, State.of(connection, dialect));
            return connection;
        } catch (Throwable e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void giveBack(Connection connection) throws SQLException {
        State before = borrowed.remove(connection);
        try (connection) {
            if (before != null && !connection.isClosed()) {
                before.restore(connection, dialect.limitsCalls());
            }
        }
    }

    /** Runs a task on the schema; see {@link Connections#withSchema}. */
    <T> T withSchema(Function<Schema, T> task) {
        return Connections.withSchema(dialect, settings.source(), e -> "", task);
    }

    /** Migrates the schema to this code's version, and runs a task on it. */
    <T> T onMigratedSchema(Function<Schema, T> task) {
        return Connections.migrated(this::withSchema, task, Connections.LOCK_PATIENCE);
    }

    @Override
    public SqlDialect dialect() {
        return dialect;
    }

    @Override
    public Transactions transactions() {
        return transactions;
    }

    @Override
    public Runnable listen(Notifications notifications, JobSignals.Listener listener) {
        DataSource listening = settings.listening();
        return listening == null || dialect.notification().isEmpty()
                ? () -> {}
                : NotificationListener.listen(listening, () -> {}, notifications, listener)::close;
    }

    @Override
    public void measure(Object registry) {
        // the application measures its own pool
    }

    @Override
    public void close() {
        // the pool is the application's
    }
}
