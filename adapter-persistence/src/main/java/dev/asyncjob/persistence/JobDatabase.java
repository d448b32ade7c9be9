package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import com.zaxxer.hikari.pool.HikariPool;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkPolicy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Function;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;

/**
 * An open database of jobs: its store and its signals.
 *
 * <p>It stays open through an outage of the database: meanwhile every call ends within three seconds with
 * {@link dev.asyncjob.application.spi.StoreUnavailable}, and calls succeed again within two seconds of the database's
 * return. Close it after the last call. Safe for use from any thread.
 *
 * <p>The drivers are optional dependencies: H2 needs {@code com.h2database:h2}; PostgreSQL needs
 * {@code org.postgresql:postgresql} and {@code org.flywaydb:flyway-database-postgresql}.
 */
public final class JobDatabase implements AutoCloseable {
    private static final Duration CONNECTION_CHECK = Duration.ofMillis(400);

    /** The time that one attempt of the pool to connect is repeated; after it the next call starts another. */
    private static final Duration RECONNECTION = Duration.ofMinutes(1);

    private final SqlDialect dialect;
    private final WorkPolicy policy;
    private final H2KeepOpen keepOpen;
    private final DriverDataSource source;
    private final HikariDataSource pool;
    private final JdbiJobStore store;
    private final LocalJobSignals signals = new LocalJobSignals();
    private final Notifications notifications;
    private final Runnable stopNotifications;

    private JobDatabase(SqlDialect dialect, DatabaseSettings settings, WorkPolicy policy, H2KeepOpen keepOpen) {
        this.dialect = dialect;
        this.notifications = Notifications.ofNewNode(dialect);
        this.policy = policy;
        this.keepOpen = keepOpen;
        this.source = new DriverDataSource(dialect.storeUrl(), RECONNECTION);
        this.pool = new HikariDataSource(poolOf(source, this::evictAll, settings.poolSize(), dialect));
        HikariPool connections = (HikariPool) pool.getHikariPoolMXBean(); // its own wait for a connection is fixed
        Transactions transactions = new PooledTransactions(
                atMost -> connections.getConnection(Math.max(1, atMost.toMillis())), settings.poolSize(), dialect);
        if (dialect.notification().isPresent()) {
            NotificationSender sender = new NotificationSender(transactions, notifications, signals);
            NotificationListener listener = NotificationListener.listen(
                    new DriverDataSource(dialect.adminUrl(), RECONNECTION), notifications, signals);
            this.store = new JdbiJobStore(transactions, notifications.silent(), policy, sender);
            this.stopNotifications = () -> {
                listener.close();
                sender.close();
            };
        } else {
            this.store = new JdbiJobStore(transactions, notifications, policy, signals);
            this.stopNotifications = () -> {};
        }
    }

    /** Returns the dialect of the URL's database. */
    static SqlDialect dialectOf(DatabaseUrl url) {
        return url.isH2() ? new H2Dialect(url) : new PostgresDialect(url);
    }

    /**
     * Opens the database and, if the settings say so, migrates its schema.
     *
     * @param policy attempts, pauses and retention of its jobs
     * @throws IllegalStateException if its driver is missing, it cannot be reached, or its schema is missing or older
     *     and may not be migrated; the message says which database and why, and holds no secret
     */
    public static JobDatabase open(DatabaseSettings settings, WorkPolicy policy) {
        SqlDialect dialect = withDriver(settings.connectionUrl().named());
        H2KeepOpen keepOpen = H2KeepOpen.connect(dialect);
        try {
            withSchema(dialect, settings.migrate() ? Schema::migrate : Schema::check);
            return new JobDatabase(dialect, settings, policy, keepOpen);
        } catch (RuntimeException e) {
            keepOpen.close();
            throw e;
        }
    }

    /**
     * Migrates the schema, whatever {@link DatabaseSettings#migrate} says, and closes its connections.
     *
     * @return the schema's version
     * @throws IllegalStateException if the driver is missing, or the database cannot be reached or migrated
     */
    public static String migrate(DatabaseSettings settings) {
        return withSchema(withDriver(settings.connectionUrl()), Schema::migrate);
    }

    private static SqlDialect withDriver(DatabaseUrl url) {
        SqlDialect dialect = dialectOf(url);
        for (SqlDialect.Driver driver : dialect.drivers()) {
            try {
                Class.forName(driver.className());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(
                        "cannot open %s: %s is not on the class path: add the dependency %s"
                                .formatted(url, driver.className(), driver.artifact()),
                        e);
            }
        }
        return dialect;
    }

    private static String withSchema(SqlDialect dialect, Function<Schema, String> task) {
        try (DriverDataSource source = new DriverDataSource(dialect.adminUrl(), Duration.ZERO)) {
            source.getConnection().close();
            return task.apply(new Schema(dialect, source));
        } catch (SQLException | FlywayException e) {
            throw new IllegalStateException("cannot open " + dialect.url() + ": " + e.getMessage(), e);
        }
    }

    private static HikariConfig poolOf(DriverDataSource source, Runnable onSilence, int size, SqlDialect dialect) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("asyncjob");
        config.setDataSource(ConnectionChecks.observed(source, onSilence));
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(PooledTransactions.CONNECTION_WAIT.toMillis());
        config.setValidationTimeout(CONNECTION_CHECK.toMillis());
        config.setInitializationFailTimeout(-1); // the check of the schema has just connected
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setExceptionOverride(new Eviction());
        config.setConnectionInitSql(dialect.sessionSetup());
        return config;
    }

    /**
     * Ends connections also after a failure that only H2 has: it closes its database when a write fails, as on a full
     * disk, and only new connections open it again.
     */
    private static final class Eviction implements SQLExceptionOverride {
        private static final String H2_DATABASE_CLOSED = "90098";

        @java.lang.Override
        public SQLExceptionOverride.Override adjudicate(SQLException failure) {
            return H2_DATABASE_CLOSED.equals(failure.getSQLState())
                    ? SQLExceptionOverride.Override.MUST_EVICT
                    : SQLExceptionOverride.Override.CONTINUE_EVICT;
        }
    }

    /** Ends all connections: the idle ones now, the others after their calls. */
    private void evictAll() {
        pool.getHikariPoolMXBean().softEvictConnections();
    }

    /** Returns the store, which is closed with this object. */
    public JobStore store() {
        return store;
    }

    /**
     * Returns the store within a transaction of the caller's: its changes are committed or rolled back together with
     * the caller's own on the same connection.
     *
     * <p>It never commits, rolls back or closes; the connection's own timeouts and isolation apply. After a
     * {@link dev.asyncjob.application.spi.StoreUnavailable} the caller rolls back and may try the whole transaction
     * again. PostgreSQL signals at the commit; with H2 no signal is sent, and workers find the job by polling. For use
     * by one thread, as long as the transaction lasts.
     *
     * @param connection a connection to this database (see {@link #url}), not in auto-commit mode
     * @throws IllegalStateException if the connection is in auto-commit mode
     */
    public JobStore within(Connection connection) {
        return within(connection, new JobSignals.Listener() {});
    }

    /**
     * Returns the store within a transaction of the caller's JDBI handle, as {@link #within(Connection)}; signals are
     * sent once the handle has committed.
     *
     * @throws IllegalStateException if the handle is in no transaction
     */
    public JobStore within(Handle handle) {
        if (dialect.notification().isPresent()) {
            return within(handle.getConnection());
        }
        return within(handle.getConnection(), new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                handle.afterCommit(() -> signals.workAvailable(kind));
            }

            @Override
            public void jobChanged(JobId id) {
                handle.afterCommit(() -> signals.jobChanged(id));
            }
        });
    }

    private JobStore within(Connection connection, JobSignals.Listener listener) {
        return new JdbiJobStore(
                new CallerTransaction(connection, dialect), notifications.inCallersTransaction(), policy, listener);
    }

    /**
     * Returns the JDBC URL for connections of the caller's own to this database, from the same process if it is H2. It
     * holds no credentials; an H2 database that was opened without a user has the user {@code sa}.
     */
    public String url() {
        return dialect.url().forDriver();
    }

    /** Returns the signals of the store, on this node and, with PostgreSQL, of all nodes on the same database. */
    public JobSignals signals() {
        return signals;
    }

    /** Returns the name of the database system: {@code h2} or {@code postgresql}. */
    public String dialect() {
        return dialect.name();
    }

    /** Closes all connections; an H2 database in memory is lost, an H2 file is compacted. */
    @Override
    public void close() {
        stopNotifications.run();
        source.close();
        pool.close();
        keepOpen.close();
    }
}
