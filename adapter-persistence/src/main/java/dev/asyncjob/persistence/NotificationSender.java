package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Signals a committed change to this node at once, and to the other nodes soon after it: changes that occur while one
 * notification is being sent go together in the next.
 *
 * <p>A notification within the change's own transaction would never be lost, but PostgreSQL commits transactions with
 * notifications one at a time, so that no two could share a write to the disk. Other nodes find changes whose
 * notification is lost by polling. Safe for use from any thread.
 */
final class NotificationSender implements JobSignals.Listener, AutoCloseable {
    private static final Logger LOG = System.getLogger(NotificationSender.class.getName());

    /** The pause between two notifications; each costs the database and all nodes about as much as a small change. */
    private static final Duration PAUSE = Duration.ofMillis(2);

    private final Transactions transactions;
    private final Notifications notifications;
    private final JobSignals.Listener local;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "asyncjob-notify"));
    private Set<JobKind> work = new LinkedHashSet<>();
    private Set<JobId> changes = new LinkedHashSet<>();
    private boolean sending;

    /** @param local the listener on this node, called at once in the caller's thread */
    NotificationSender(Transactions transactions, Notifications notifications, JobSignals.Listener local) {
        this.transactions = transactions;
        this.notifications = notifications;
        this.local = local;
    }

    @Override
    public void workAvailable(JobKind kind) {
        local.workAvailable(kind);
        synchronized (this) {
            work.add(kind);
            startSending();
        }
    }

    @Override
    public void jobChanged(JobId id) {
        local.jobChanged(id);
        synchronized (this) {
            changes.add(id);
            startSending();
        }
    }

    private synchronized void startSending() {
        if (!sending) {
            try {
                thread.execute(this::sendAll);
                sending = true;
            } catch (RejectedExecutionException e) { // closed
                LOG.log(Level.DEBUG, "a change after the close is not sent, other nodes find it by polling");
            } catch (OutOfMemoryError e) { // the change is committed, so the caller must not fail for want of a thread
                LOG.log(Level.DEBUG, "a change is not sent, other nodes find it by polling: {0}", e.getMessage());
            }
        }
    }

    private void sendAll() {
        try {
            for (List<String> messages = take(); !messages.isEmpty(); messages = take()) {
                send(messages);
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } finally { // after an Error, the next change starts again
            endSending();
        }
    }

    private synchronized void endSending() {
        sending = false;
        if (!work.isEmpty() || !changes.isEmpty()) {
            startSending();
        }
    }

    private void send(List<String> messages) {
        try {
            transactions.call(handle -> {
                notifications.send(handle, messages);
                return true;
            });
        } catch (Throwable e) { // an Error, too, must not keep later changes from being sent
            LOG.log(Level.DEBUG, "changes not sent, other nodes find them by polling: {0}", e.getMessage());
        }
    }

    private synchronized List<String> take() {
        List<String> messages = Stream.concat(
                        notifications.work(work.stream()).stream(),
                        notifications.changes(List.copyOf(changes)).stream())
                .toList();
        work = new LinkedHashSet<>();
        changes = new LinkedHashSet<>();
        sending = !messages.isEmpty();
        return messages;
    }

    /** Sends the changes until now, for at most a second, and none after. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            var unused = thread.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
