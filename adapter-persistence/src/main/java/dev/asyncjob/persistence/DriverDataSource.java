package dev.asyncjob.persistence;

import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.DriverManager;
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
 * database's return too late; the steady retry here keeps it from waiting. Safe for use from any thread.
 */
final class DriverDataSource implements DataSource, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DriverDataSource.class.getName());
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    /** SQLSTATEs that a retry does not change: wrong credentials, and a database or role that does not exist. */
    private static final Set<String> FINAL = Set.of("28000", "28P01", "3D000");

    private final DatabaseUrl url;
    private final Duration retryTime;
    private final AtomicBoolean unreachable = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param retryTime how long to repeat a failed attempt; zero makes one attempt */
    DriverDataSource(DatabaseUrl url, Duration retryTime) {
        this.url = url;
        this.retryTime = retryTime;
    }

    @Override
    public Connection getConnection() throws SQLException {
        long start = System.nanoTime();
        while (true) {
            try {
                Connection connection = DriverManager.getConnection(url.forDriver(), url.properties());
                note(null);
                return connection;
            } catch (SQLException e) {
                note(e);
                boolean expired = System.nanoTime() - start >= retryTime.toNanos();
                if (expired || FINAL.contains(String.valueOf(e.getSQLState())) || closedWhileWaiting()) {
                    throw e;
                }
            }
        }
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

    private boolean closedWhileWaiting() {
        try {
            return closed.await(RETRY_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
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
