package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.WorkPolicy;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;

/**
 * The front door: jobs in an H2 or PostgreSQL database.
 *
 * <p>Every call on its store ends within three seconds, with {@code StoreUnavailable} if the database does not answer,
 * and works again by itself when it does. Thread-safe.
 */
public final class JobDatabase implements AutoCloseable {
    /** How long a call waits for a free connection. */
    static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(1_400);

    /** How long a connection may take to show that it lives, before it is lent. */
    static final Duration VALIDATION_TIMEOUT = Duration.ofMillis(500);

    /** Seconds that PostgreSQL may take to answer a statement or to take a connection. */
    private static final String SOCKET_TIMEOUT_SECONDS = "2";

    private final HikariDataSource pool;
    private final SqlDialect dialect;
    private final String url;
    private final LocalSignals signals = new LocalSignals();
    private final JobStore store;

    private JobDatabase(HikariDataSource pool, SqlDialect dialect, String url, WorkPolicy policy) {
        this.pool = pool;
        this.dialect = dialect;
        this.url = url;
        Jdbi jdbi = Jdbi.create(pool).registerArrayType(String.class, "varchar");
        this.store = new JdbiJobStore(jdbi, dialect, policy, signals);
    }

    /**
     * Opens the database and, if the settings say so, brings its schema up to date.
     *
     * @throws IllegalStateException if it cannot be reached, or its schema is not up to date
     */
    public static JobDatabase open(DatabaseSettings settings, WorkPolicy policy) {
        SqlDialect dialect = SqlDialect.of(settings.url());
        String url = durable(settings.url());
        HikariDataSource pool = pool(settings, dialect, url);
        try {
            Migrations migrations = new Migrations(settings, dialect, url);
            if (settings.migrate()) {
                migrations.run();
            } else {
                migrations.requireDone();
            }
            return new JobDatabase(pool, dialect, url, policy);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /**
     * Brings the schema up to date; several nodes may do so at once.
     *
     * @return the schema's version
     * @throws IllegalStateException if the database cannot be reached or changed
     */
    public static String migrate(DatabaseSettings settings) {
        return new Migrations(settings, SqlDialect.of(settings.url()), durable(settings.url())).run();
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
        if (isInMemory(url)) {
            shutDown();
        }
        pool.close();
    }

    private void shutDown() {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("shutdown");
        } catch (SQLException e) {
            System.getLogger(JobDatabase.class.getName()).log(Level.WARNING, "cannot shut the database down", e);
        }
    }

    /**
     * What keeps H2's promises: with its defaults it writes a commit half a second after it acknowledged it, closes the
     * file before our own shutdown is through, and drops a database in memory between two connections.
     */
    private static String durable(String url) {
        if (SqlDialect.of(url) == SqlDialect.POSTGRESQL) {
            return url;
        }
        String options = isInMemory(url) ? ";DB_CLOSE_DELAY=-1" : unlessSet(url, "WRITE_DELAY", "0");
        return url + options + unlessSet(url, "DB_CLOSE_ON_EXIT", "FALSE");
    }

    private static String unlessSet(String url, String option, String value) {
        return url.toUpperCase(Locale.ROOT).contains(";" + option + "=") ? "" : ";" + option + "=" + value;
    }

    private static boolean isInMemory(String url) {
        return url.startsWith("jdbc:h2:mem:");
    }

    private static HikariDataSource pool(DatabaseSettings settings, SqlDialect dialect, String url) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("asyncjob");
        config.setJdbcUrl(url);
        config.setUsername(settings.user());
        config.setPassword(settings.password());
        config.setMaximumPoolSize(settings.poolSize());
        config.setConnectionTimeout(CONNECTION_TIMEOUT.toMillis());
        config.setValidationTimeout(VALIDATION_TIMEOUT.toMillis());
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        if (dialect == SqlDialect.POSTGRESQL) {
            Map.of(
                            "ApplicationName", "asyncjob",
                            "connectTimeout", SOCKET_TIMEOUT_SECONDS,
                            "loginTimeout", SOCKET_TIMEOUT_SECONDS,
                            "socketTimeout", SOCKET_TIMEOUT_SECONDS,
                            "tcpKeepAlive", "true")
                    .forEach(config::addDataSourceProperty);
        }
        try {
            return new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw new IllegalStateException("cannot open the database: " + e.getMessage(), e);
        }
    }
}
