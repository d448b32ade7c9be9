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
 * Tells this node of a change that is committed, and soon after it the other nodes: what gathers while one message is
 * under way is the next.
 *
 * <p>A message within the change's own transaction would never be lost, but PostgreSQL lets one transaction at a time
 * commit that sends any, its write to the disk included, so that no two nodes or threads could wait for the disk
 * together. What is lost with this process, or while the database is away, is found by those who look from time to
 * time. Safe for use from any thread.
 */
final class NotificationSender implements JobSignals.Listener, AutoCloseable {
    private static final Logger LOG = System.getLogger(NotificationSender.class.getName());

    /** Between two messages; each costs the database and all nodes about as much as a small change. */
    private static final Duration REST = Duration.ofMillis(2);

    private final Transactions calls;
    private final Notifications announcer;
    private final JobSignals.Listener here;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "asyncjob-tell"));
    private Set<JobKind> work = new LinkedHashSet<>();
    private Set<JobId> changes = new LinkedHashSet<>();
    private boolean underWay;

    /** @param here told at once, in the caller's thread */
    NotificationSender(Transactions calls, Notifications announcer, JobSignals.Listener here) {
        this.calls = calls;
        this.announcer = announcer;
        this.here = here;
    }

    @Override
    public void workAvailable(JobKind kind) {
        here.workAvailable(kind);
        synchronized (this) {
            work.add(kind);
            setOut();
        }
    }

    @Override
    public void jobChanged(JobId id) {
        here.jobChanged(id);
        synchronized (this) {
            changes.add(id);
            setOut();
        }
    }

    private synchronized void setOut() {
        if (!underWay) {
            try {
                thread.execute(this::tellOthers);
                underWay = true;
            } catch (RejectedExecutionException e) { // closed
                LOG.log(Level.DEBUG, "other nodes learn of a late change when they look");
            }
        }
    }

    private void tellOthers() {
        for (List<String> news = take(); !news.isEmpty(); news = take()) {
            tell(news);
            LockSupport.parkNanos(REST.toNanos());
        }
    }

    private void tell(List<String> news) {
        try {
            calls.call(handle -> {
                announcer.announce(handle, news);
                return true;
            });
        } catch (RuntimeException e) {
            LOG.log(Level.DEBUG, "other nodes learn of changes when they look: {0}", e.getMessage());
        }
    }

    private synchronized List<String> take() {
        List<String> news = Stream.concat(
                        announcer.work(work.stream()).stream(), announcer.changes(List.copyOf(changes)).stream())
                .toList();
        work = new LinkedHashSet<>();
        changes = new LinkedHashSet<>();
        underWay = !news.isEmpty();
        return news;
    }

    /** Tells what it knows, within a second, and nothing more. */
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
