package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
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
 * The store of jobs in a database, with its signals.
 *
 * <p>Once open it stays so: while the database is away, every call ends within three seconds as
 * {@link dev.asyncjob.application.spi.StoreUnavailable}, and calls succeed again within two seconds of its return. Safe
 * for use from any thread; to be closed once nobody calls any more.
 */
public final class JobDatabase implements AutoCloseable {
    /** How long a call waits for a connection, its check included; see {@link PooledTransactions#BUDGET}. */
    private static final Duration CONNECTION_WAIT = Duration.ofSeconds(1);

    private static final Duration CONNECTION_CHECK = Duration.ofMillis(400);

    /** Longer than anything is away; a database that stays away for longer is asked for again by the next call. */
    private static final Duration RECONNECTION = Duration.ofMinutes(1);

    private final DatabaseUrl url;
    private final SqlDialect dialect;
    private final WorkPolicy policy;
    private final H2KeepOpen anchor;
    private final DriverDataSource source;
    private final HikariDataSource pool;
    private final JdbiJobStore store;
    private final LocalJobSignals signals = new LocalJobSignals();
    private final Notifications self;
    private final Runnable partWithOthers;

    private JobDatabase(DatabaseUrl url, DatabaseSettings settings, WorkPolicy policy, H2KeepOpen anchor) {
        this.url = url;
        this.dialect = url.dialect();
        this.self = Notifications.ofNewNode(dialect);
        this.policy = policy;
        this.anchor = anchor;
        this.source = new DriverDataSource(url.orElse(dialect.storeParameters(url)), RECONNECTION);
        this.pool = new HikariDataSource(poolOf(source, settings.poolSize(), dialect));
        Transactions calls = new PooledTransactions(pool, dialect, dialect.limitsCalls(url));
        if (dialect.announcement().isPresent()) {
            NotificationSender courier = new NotificationSender(calls, self, signals);
            NotificationListener others = listen();
            Runnable upkeep = new PostgresVacuum(calls, PostgresVacuum.INTERVAL);
            this.store = new JdbiJobStore(calls, self.silent(), policy, courier, upkeep);
            this.partWithOthers = () -> {
                others.close();
                courier.close();
            };
        } else {
            this.store = new JdbiJobStore(calls, self, policy, signals, () -> {});
            this.partWithOthers = () -> {};
        }
    }

    /** Hears other nodes from now on. */
    private NotificationListener listen() {
        DriverDataSource own = new DriverDataSource(url.orElse(dialect.adminParameters(url)), RECONNECTION);
        return NotificationListener.listen(own, self, signals);
    }

    /**
     * Opens the database and, unless the settings say no, brings its schema up to date.
     *
     * @param policy attempts, rests and retention of the jobs in it
     * @throws IllegalStateException if it cannot be reached, or its schema is missing or older and may not be changed;
     *     the message says which database and why, and holds no secret
     */
    public static JobDatabase open(DatabaseSettings settings, WorkPolicy policy) {
        DatabaseUrl url = settings.connectionUrl().named();
        H2KeepOpen anchor = H2KeepOpen.drop(url);
        try {
            withSchema(url, settings.migrate() ? Schema::migrate : Schema::check);
            return new JobDatabase(url, settings, policy, anchor);
        } catch (RuntimeException e) {
            anchor.close();
            throw e;
        }
    }

    /**
     * Brings the schema up to date and leaves again; {@link DatabaseSettings#migrate} is not asked.
     *
     * @return the schema's version
     * @throws IllegalStateException if the database cannot be reached or the schema not be changed
     */
    public static String migrate(DatabaseSettings settings) {
        return withSchema(settings.connectionUrl(), Schema::migrate);
    }

    private static String withSchema(DatabaseUrl url, Function<Schema, String> task) {
        SqlDialect dialect = url.dialect();
        try (DriverDataSource source = new DriverDataSource(url.orElse(dialect.adminParameters(url)), Duration.ZERO)) {
            source.getConnection().close();
            return task.apply(new Schema(dialect, source));
        } catch (SQLException | FlywayException e) {
            throw new IllegalStateException("cannot open " + url + ": " + e.getMessage(), e);
        }
    }

    private static HikariConfig poolOf(DriverDataSource source, int size, SqlDialect dialect) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("asyncjob");
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(CONNECTION_WAIT.toMillis());
        config.setValidationTimeout(CONNECTION_CHECK.toMillis());
        config.setInitializationFailTimeout(-1); // that it can be reached was seen when the schema was
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setExceptionOverride(new Eviction());
        dialect.sessionSetup().ifPresent(config::setConnectionInitSql);
        return config;
    }

    /**
     * Which failures end a connection, besides those that all drivers tell alike: H2 closes its database when a write
     * fails, as on a full disk, and only connections made anew find it open again.
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

    /** The store; closed with this. */
    public JobStore store() {
        return store;
    }

    /**
     * The store within a transaction of the caller's: what it does is committed or rolled back with all that the caller
     * did on the same connection.
     *
     * <p>It never commits, rolls back or closes; how long calls may take and how transactions see each other is the
     * connection's. After a {@link dev.asyncjob.application.spi.StoreUnavailable} the caller rolls back and may try the
     * whole transaction again. PostgreSQL signals at the commit; with H2 no signal is sent, and workers find the job
     * when they look next. For use by one thread, as long as the transaction lasts.
     *
     * @param connection one to this very database (see {@link #url}), not in auto-commit mode
     * @throws IllegalStateException if the connection is in auto-commit mode
     */
    public JobStore within(Connection connection) {
        return within(connection, new JobSignals.Listener() {});
    }

    /**
     * The store within a transaction of the caller's JDBI handle, as {@link #within(Connection)}; signals are sent once
     * the handle has committed.
     *
     * @throws IllegalStateException if the handle is in no transaction
     */
    public JobStore within(Handle handle) {
        if (dialect.announcement().isPresent()) {
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
                new CallerTransaction(connection, dialect), self.ofNobody(), policy, listener, () -> {});
    }

    /**
     * The JDBC URL under which connections of the caller's own reach this database, in the same process if it is H2; it
     * holds no credentials, and an H2 database that was opened without a user has the user {@code sa}.
     */
    public String url() {
        return url.forDriver();
    }

    /** What the store sends, on this node and, with PostgreSQL, on all others that share the database. */
    public JobSignals signals() {
        return signals;
    }

    /** {@code h2} or {@code postgresql}. */
    public String dialect() {
        return dialect.word();
    }

    /** Gives all connections back; a database in memory is gone, a file is compacted. */
    @Override
    public void close() {
        partWithOthers.run();
        source.close();
        pool.close();
        anchor.close();
    }
}
