package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.JobSignals;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Receives the notifications of other nodes, on one connection and one thread of its own, until {@link #close()}.
 *
 * <p>A broken connection is replaced as soon as possible, and so is one that leads to a standby; notifications
 * meanwhile are lost, and this node finds those changes by polling. Safe for use from any thread.
 */
final class NotificationListener implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NotificationListener.class.getName());

    /** The time without notifications after which the connection is checked. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);

    /** The time limit of that check. */
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    private static final Duration STOP_TIME = Duration.ofSeconds(3);

    private final DataSource source;
    private final Runnable onClose;
    private final Notifications notifications;
    private final JobSignals.Listener listener;
    private final BackgroundLoop loop = new BackgroundLoop("asyncjob-listen", this::listenOnce, this::report);
    private final CountDownLatch listening = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile @Nullable Connection connection;

    private NotificationListener(
            DataSource source, Runnable onClose, Notifications notifications, JobSignals.Listener listener) {
        this.source = source;
        this.onClose = onClose;
        this.notifications = notifications;
        this.listener = listener;
    }

    /**
     * Starts to listen; returns once the server has confirmed, or after {@link #CHECK_TIMEOUT}.
     *
     * @param source opens or lends the connection, which is not used again after an end
     * @param onClose ends the attempts of the source to connect
     * @param notifications this node's own, whose messages are ignored
     * @param listener called for the messages of other nodes, on the thread of the result
     */
    static NotificationListener listen(
            DataSource source, Runnable onClose, Notifications notifications, JobSignals.Listener listener) {
        NotificationListener result = new NotificationListener(source, onClose, notifications, listener);
        result.loop.start();
        try {
            var unused = result.listening.await(CHECK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return result;
    }

    private Duration listenOnce() {
        try (Connection fresh = source.getConnection()) {
            connection = fresh;
            try {
                fresh.setAutoCommit(true);
                listen(fresh);
            } finally {
                fresh.abort(Runnable::run); // a pool would lend it to others while it listens
            }
        } catch (SQLException e) {
            report(e);
        }
        return RETRY_INTERVAL;
    }

    private void report(Throwable failure) {
        if (!stopping) {
            LOG.log(Level.WARNING, "changes of other nodes are found by polling only: {0}", failure.getMessage());
        }
    }

    private void listen(Connection fresh) throws SQLException {
        fresh.setNetworkTimeout(Runnable::run, (int) CHECK_TIMEOUT.toMillis());
        execute(fresh, "listen " + notifications.dialect().tables().channel());
        listening.countDown();
        while (!stopping) {
            List<String> received = received(fresh);
            if (received.isEmpty()) {
                notifications.dialect().begin(fresh, ""); // fails if the connection was cut without a packet
            }
            received.forEach(message -> notifications.receive(message, listener));
        }
    }

    /** Waits for notifications with the driver's own methods, by name: another class loader may have loaded it. */
    private static List<String> received(Connection fresh) throws SQLException {
        ClassLoader driver = fresh.getClass().getClassLoader();
        try {
            Class<?> type = Class.forName("org.postgresql.PGConnection", false, driver);
            Object[] received = (Object[]) type.getMethod("getNotifications", int.class)
                    .invoke(fresh.unwrap(type), (int) CHECK_INTERVAL.toMillis());
            Method text = Class.forName("org.postgresql.PGNotification", false, driver)
                    .getMethod("getParameter");
            List<String> messages = new ArrayList<>();
            for (Object notification : received == null ? new Object[0] : received) {
                messages.add((String) text.invoke(notification));
            }
            return messages;
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof SQLException failure ? failure : new SQLException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new SQLException("the driver has no notifications", e);
        }
    }

    /** Replaces the connection, which may lead to a server that no other node uses any more. */
    void reconnect() {
        Connection open = connection;
        try {
            if (open != null) {
                open.abort(Runnable::run);
            }
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "the listening connection could not be aborted", e);
        }
    }

    private static void execute(Connection fresh, String sql) throws SQLException {
        try (Statement statement = fresh.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        stopping = true;
        onClose.run();
        reconnect();
        if (!loop.stop(STOP_TIME)) {
            LOG.log(Level.WARNING, "the thread that listens to other nodes has not ended");
        }
    }
}
