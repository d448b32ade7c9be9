package dev.asyncjob.persistence;

import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections with the driver; a failed attempt is repeated every {@code 100 ms}, for a limited time.
 *
 * <p>No library does this: HikariCP doubles its wait after each failure, up to five seconds, and would notice the
 * database's return too late; the steady retry here keeps it from waiting. After a refused login the credentials are
 * read again from their source, and after a refused time zone the login is repeated with UTC. Safe for use from any
 * thread.
 */
final class DriverDataSource implements DataSource, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DriverDataSource.class.getName());
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    /** The pause after a refused login, which servers count and log. */
    private static final Duration LOGIN_INTERVAL = Duration.ofSeconds(1);

    /** SQLSTATEs of refused credentials, and of a database that does not exist. */
    private static final Set<String> REFUSED = Set.of("28000", "28P01", "3D000");

    private static final String INVALID_PARAMETER = "22023";

    private static final String PROTOCOL_VIOLATION = "08P01";

    private final SqlDialect dialect;
    private final Driver driver;
    private final DatabaseSettings settings;
    private final String setup;
    private final Duration retryTime;
    private final AtomicBoolean unreachable = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile DatabaseUrl url;
    private volatile boolean zoneRefused;

    /**
     * @param url the URL with the first credentials
     * @param setup the statements that each connection begins with
     * @param retryTime how long to repeat a failed attempt; zero makes one attempt
     */
    DriverDataSource(
            SqlDialect dialect,
            Driver driver,
            DatabaseSettings settings,
            DatabaseUrl url,
            String setup,
            Duration retryTime) {
        this.dialect = dialect;
        this.driver = driver;
        this.settings = settings;
        this.url = url;
        this.setup = setup;
        this.retryTime = retryTime;
    }

    @Override
    public Connection getConnection() throws SQLException {
        long start = System.nanoTime();
        boolean mended = false;
        while (true) {
            try {
                Connection connection = connect();
                note(null);
                return connection;
            } catch (SQLException e) {
                mended = !mended && mend(e);
                if (mended) {
                    continue;
                }
                note(e);
                boolean expired = System.nanoTime() - start >= retryTime.toNanos();
                if (expired || closedWithin(REFUSED.contains(state(e)) ? LOGIN_INTERVAL : RETRY_INTERVAL)) {
                    throw e;
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = zoneRefused ? DriverZone.connectInUtc(this::login) : login();
        try {
            dialect.begin(connection, setup);
            return connection;
        } catch (Throwable e) { // also an Error: the session would stay open
            closeAfter(e, connection);
            throw e;
        }
    }

    private static void closeAfter(Throwable failure, Connection connection) {
        try {
            connection.close();
        } catch (Throwable e) {
            failure.addSuppressed(e);
        }
    }

    private Connection login() throws SQLException {
        Connection connection = driver.connect(url.forDriver(), url.properties());
        if (connection == null) {
            throw new SQLException("the driver does not accept the URL");
        }
        return connection;
    }

    /** Returns whether a new attempt at once may succeed: with other credentials, or with another time zone. */
    private boolean mend(SQLException failure) {
        if (mayConcernZone(failure)) {
            boolean retry = !zoneRefused;
            zoneRefused = retry; // not any more, if that was not the reason
            return retry;
        }
        if (!REFUSED.contains(state(failure))) {
            return false;
        }
        try {
            DatabaseUrl before = url;
            url = before.withCredentials(settings.credentials().get());
            return !url.equals(before);
        } catch (RuntimeException e) { // their source is not readable at the moment
            LOG.log(Level.WARNING, "the credentials of the database cannot be read again: {0}", e.getMessage());
            return false;
        }
    }

    /** PostgreSQL names the parameter; PgBouncer says "invalid server parameter", and not which. */
    private static boolean mayConcernZone(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        return (INVALID_PARAMETER.equals(state(failure)) && message.contains("TimeZone"))
                || (PROTOCOL_VIOLATION.equals(state(failure)) && message.contains("parameter"));
    }

    private static String state(SQLException failure) {
        return String.valueOf(failure.getSQLState());
    }

    /** Logs the first failure of an outage, and its end; with a single attempt the exception says enough. */
    private void note(@Nullable SQLException failure) {
        if (!retryTime.isZero() && unreachable.getAndSet(failure != null) != (failure != null)) {
            LOG.log(
                    Level.WARNING,
                    failure == null
                            ? "the database can be reached again"
                            : "the database cannot be reached: " + failure.getMessage());
        }
    }

    private boolean closedWithin(Duration pause) {
        try {
            return closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Ends the retries; open connections stay open. */
    @Override
    public void close() {
        closed.countDown();
    }

    /** Returns the URL without credentials: the pool logs this. */
    @Override
    public String toString() {
        return url.toString();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the credentials are fixed");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    /** Returns the seconds that the closing pool waits for a running attempt. */
    @Override
    public int getLoginTimeout() {
        return 2;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("nothing is logged");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLFeatureNotSupportedException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
