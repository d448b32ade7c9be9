package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.WorkPolicy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jdbi.v3.core.Jdbi;

/**
 * The front door: jobs in an H2 or PostgreSQL database.
 *
 * <p>Every call on its store ends within three seconds, with {@code StoreUnavailable} if the database does not answer,
 * and works again by itself when it does. Thread-safe.
 */
public final class JobDatabase implements AutoCloseable {
    /** From asking for a connection until PostgreSQL must have answered. */
    private static final Duration BUDGET = Duration.ofMillis(2_500);

    /** How long a call waits for a free connection; a connection's last sign of life may cost it once more. */
    private static final Duration CONNECTION_WAIT = Duration.ofSeconds(1);

    /** How long a connection may take to show that it lives, before it is lent. */
    private static final Duration CONNECTION_CHECK = Duration.ofMillis(400);

    /** How long the pool's own thread asks for one connection; then the next call makes it ask anew. */
    private static final Duration RECONNECTION = Duration.ofMinutes(1);

    private final DriverDataSource source;
    private final HikariDataSource pool;
    private final SqlDialect dialect;
    private final boolean inMemory;
    private final LocalSignals signals = new LocalSignals();
    private final JobStore store;

    private JobDatabase(
            DriverDataSource source, HikariDataSource pool, SqlDialect dialect, boolean inMemory, WorkPolicy policy) {
        this.source = source;
        this.pool = pool;
        this.dialect = dialect;
        this.inMemory = inMemory;
        Jdbi jdbi = Jdbi.create(dialect == SqlDialect.POSTGRESQL ? () -> lent(pool) : pool::getConnection)
                .registerArrayType(String.class, "varchar");
        this.store = new JdbiJobStore(jdbi, dialect, policy, signals);
    }

    /**
     * Opens the database and, if the settings say so, brings its schema up to date.
     *
     * @throws IllegalStateException if it cannot be reached, or its schema is not up to date; the message holds no
     *     secret
     */
    public static JobDatabase open(DatabaseSettings settings, WorkPolicy policy) {
        SqlDialect dialect = SqlDialect.of(settings.url());
        DriverDataSource once = source(settings, Duration.ZERO);
        try (Connection first = once.getConnection()) { // open to the end, so that H2 does not close in between
            Migrations migrations = new Migrations(once, dialect);
            if (settings.migrate()) {
                migrations.run();
            } else {
                migrations.requireDone();
            }
            DriverDataSource source = source(settings, RECONNECTION);
            HikariDataSource pool = pool(source, settings.poolSize());
            pool.getConnection().close();
            first.clearWarnings();
            return new JobDatabase(source, pool, dialect, isInMemory(settings.url()), policy);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open the database: " + e.getMessage(), e);
        }
    }

    /**
     * Brings the schema up to date; several nodes may do so at once.
     *
     * @return the schema's version
     * @throws IllegalStateException if the database cannot be reached or changed
     */
    public static String migrate(DatabaseSettings settings) {
        return new Migrations(source(settings, Duration.ZERO), SqlDialect.of(settings.url())).run();
    }

    /** The jobs. */
    public JobStore store() {
        return store;
    }

    /** What changes in them, as far as this process changes it. */
    public JobSignals signals() {
        return signals;
    }

    /** {@code h2} or {@code postgresql}. */
    public String dialect() {
        return dialect.word();
    }

    /** Closes all connections; an H2 database in memory is gone then. */
    @Override
    public void close() {
        source.close();
        if (inMemory) {
            Jdbi.create(pool).useHandle(handle -> handle.execute("set db_close_delay 0"));
        }
        pool.close();
    }

    /**
     * What keeps H2's promises: with its defaults it writes a commit half a second after it acknowledged it, closes the
     * file before our own shutdown is through, closes it also when a thread is interrupted while it writes
     * ({@code retry:} opens it again), and drops a database in memory between two connections.
     */
    static String durable(String url) {
        if (SqlDialect.of(url) == SqlDialect.POSTGRESQL) {
            return url;
        }
        String options = isInMemory(url) ? ";DB_CLOSE_DELAY=-1" : unlessSet(url, "WRITE_DELAY", "0");
        return url.replaceFirst("^jdbc:h2:file:", "jdbc:h2:retry:")
                + options
                + unlessSet(url, "DB_CLOSE_ON_EXIT", "FALSE");
    }

    private static String unlessSet(String url, String option, String value) {
        return url.toUpperCase(Locale.ROOT).contains(";" + option + "=") ? "" : ";" + option + "=" + value;
    }

    private static boolean isInMemory(String url) {
        return url.startsWith("jdbc:h2:mem:");
    }

    private static DriverDataSource source(DatabaseSettings settings, Duration patience) {
        Properties properties = new Properties();
        if (SqlDialect.of(settings.url()) == SqlDialect.POSTGRESQL) { // what the URL says counts for more
            String seconds = Integer.toString(DriverDataSource.LOGIN_SECONDS);
            properties.putAll(Map.of(
                    "ApplicationName",
                    "asyncjob",
                    "connectTimeout",
                    seconds,
                    "loginTimeout",
                    seconds,
                    "tcpKeepAlive",
                    "true"));
        }
        if (settings.user() != null) {
            properties.setProperty("user", settings.user());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        return new DriverDataSource(durable(settings.url()), properties, patience);
    }

    private static HikariDataSource pool(DriverDataSource source, int size) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("asyncjob");
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(CONNECTION_WAIT.toMillis());
        config.setValidationTimeout(CONNECTION_CHECK.toMillis());
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        return new HikariDataSource(config);
    }

    /** A connection whose server has as long to answer as waiting for the connection left of the budget. */
    private static Connection lent(HikariDataSource pool) throws SQLException {
        long asked = System.nanoTime();
        Connection connection = pool.getConnection();
        Duration left = BUDGET.minusNanos(System.nanoTime() - asked);
        connection.setNetworkTimeout(Runnable::run, (int) Math.max(CONNECTION_CHECK.toMillis(), left.toMillis()));
        return connection;
    }
}
