package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Hears what other nodes announce, on one connection of its own.
 *
 * <p>A connection that broke is replaced, as soon as there can be another; what was announced meanwhile is lost, and
 * found by who looks at the store from time to time. One thread, until {@link #close()}.
 */
final class NotificationListener implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NotificationListener.class.getName());

    /** How long nothing may be heard before the server is asked whether it is still there. */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    /** How long the server may take to answer that. */
    private static final Duration ANSWER = Duration.ofSeconds(2);

    private static final Duration PACE = Duration.ofMillis(100);

    private final DriverDataSource source;
    private final Notifications self;
    private final JobSignals.Listener listener;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "asyncjob-listen"));
    private final CountDownLatch listening = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile @Nullable Connection connection;

    private NotificationListener(DriverDataSource source, Notifications self, JobSignals.Listener listener) {
        this.source = source;
        this.self = self;
        this.listener = listener;
    }

    /**
     * Listens from now on, or as soon as the server lets it.
     *
     * @param source makes the connection, and is closed with this
     * @param self who need not be listened to
     * @param listener hears the rest, on this one's thread
     */
    static NotificationListener listen(DriverDataSource source, Notifications self, JobSignals.Listener listener) {
        NotificationListener signals = new NotificationListener(source, self, listener);
        signals.thread.execute(signals::listenUntilStopped);
        signals.pause(signals.listening, ANSWER);
        return signals;
    }

    private void listenUntilStopped() {
        while (!stopping) {
            try (Connection fresh = source.getConnection()) {
                connection = fresh;
                listen(fresh);
            } catch (Throwable e) { // also an Error: nobody else would begin to listen again
                if (!stopping) {
                    LOG.log(Level.WARNING, "news of other nodes comes late: {0}", e.getMessage());
                }
            }
            pause(stop, PACE);
        }
    }

    private void listen(Connection fresh) throws SQLException {
        fresh.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
        ask(fresh, "listen " + SqlDialect.CHANNEL);
        listening.countDown();
        PGConnection postgres = fresh.unwrap(PGConnection.class);
        while (!stopping) {
            PGNotification[] heard = postgres.getNotifications((int) SILENCE.toMillis());
            if (heard == null || heard.length == 0) {
                ask(fresh, "select 1"); // a connection that is cut without a word is as silent as a good one
            } else {
                for (PGNotification news : heard) {
                    self.hear(news.getParameter(), listener);
                }
            }
        }
    }

    private static void ask(Connection fresh, String sql) throws SQLException {
        try (Statement statement = fresh.createStatement()) {
            statement.execute(sql);
        }
    }

    private void pause(CountDownLatch until, Duration atMost) {
        try {
            var unused = until.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopping = true;
        }
    }

    @Override
    public void close() {
        stopping = true;
        stop.countDown();
        source.close();
        thread.shutdown();
        try {
            Connection open = connection;
            if (open != null) {
                open.abort(Runnable::run);
            }
            if (!thread.awaitTermination(3, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "listening for news goes on");
            }
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "the connection could not be cut", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
