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
 * Connections straight from the driver; one that cannot be had is asked for again and again, for a while.
 *
 * <p>The pool asks in a thread of its own and, each time it is refused, waits twice as long before it asks again, up to
 * five seconds: a database that is back would be noticed late. Asking here, at a steady pace, it never has to.
 */
final class DriverDataSource implements DataSource, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DriverDataSource.class.getName());
    private static final Duration PACE = Duration.ofMillis(100);

    /** Refusals that waiting does not mend: credentials, and a database or role that does not exist. */
    private static final Set<String> FINAL = Set.of("28000", "28P01", "3D000");

    private final DatabaseUrl url;
    private final Duration patience;
    private final AtomicBoolean away = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param patience how long to ask; zero asks once */
    DriverDataSource(DatabaseUrl url, Duration patience) {
        this.url = url;
        this.patience = patience;
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
                boolean over = System.nanoTime() - start >= patience.toNanos();
                if (over || FINAL.contains(String.valueOf(e.getSQLState())) || closedWhileWaiting()) {
                    throw e;
                }
            }
        }
    }

    /** Logs the first refusal of an outage, and its end; who asks once is told by the exception. */
    private void note(@Nullable SQLException refusal) {
        if (!patience.isZero() && away.getAndSet(refusal != null) != (refusal != null)) {
            LOG.log(
                    Level.WARNING,
                    refusal == null
                            ? "the database can be reached again"
                            : "the database cannot be reached: " + refusal.getMessage());
        }
    }

    private boolean closedWhileWaiting() {
        try {
            return closed.await(PACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Ends the asking; connections that were handed out stay open. */
    @Override
    public void close() {
        closed.countDown();
    }

    /** Shows no credentials: the pool logs this. */
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
    public void setLogWriter(@Nullable PrintWriter out) {
        // Nothing is written.
    }

    @Override
    public void setLoginTimeout(int seconds) {
        // The URL's own parameters say.
    }

    /** How long the pool, when it is closed, waits for the end of an asking under way. */
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
