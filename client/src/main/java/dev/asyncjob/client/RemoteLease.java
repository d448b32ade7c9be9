package dev.asyncjob.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The lease of one attempt: it is renewed at a third of it, and earlier for what the handler states, which a renewal
 * passes on, once a second at most. Safe for use from any thread.
 */
final class RemoteLease {
    /** The log of remote workers. */
    static final Logger LOG = System.getLogger(RemoteLease.class.getName());

    /** Between two renewals that pass statements on, at least. */
    private static final Duration PACE = Duration.ofSeconds(1);

    private final ClaimedJob job;
    private final JobClient client;
    private final Duration length;
    private final Runnable onLost;

    /** The request in progress, or the timer of the next. Guarded by this, like the fields that follow. */
    private Future<?> renewal = CompletableFuture.completedFuture(null);

    /** When the last request was sent. */
    private long renewedAt = System.nanoTime() - PACE.toNanos();

    /** Counts the timers: one that has fired while another was set does nothing. */
    private int timers;

    /** Whether a statement need not plan a renewal, since one is planned or in progress. */
    private boolean passingOn;

    private boolean over;

    /** @param onLost runs when the lease is lost */
    RemoteLease(ClaimedJob job, JobClient client, Duration length, Runnable onLost) {
        this.job = job;
        this.client = client;
        this.length = length;
        this.onLost = onLost;
        job.onStatement(this::stated);
    }

    /** Begins to renew it, at once or at a third of it. */
    synchronized void keep(boolean atOnce) {
        Duration third = length.dividedBy(3);
        renewIn(atOnce ? Duration.ZERO : passingOn ? HttpCalls.shorter(third, PACE) : third);
    }

    private synchronized void stated() {
        if (!passingOn) {
            Future<?> planned = renewal;
            renewIn(PACE.minusNanos(System.nanoTime() - renewedAt));
            passingOn = true;
            planned.cancel(false);
        }
    }

    private void renewIn(Duration delay) {
        if (!over) {
            int timer = timers + 1;
            renewal = ClientThreads.later(delay, () -> renew(timer));
            timers = timer;
        }
    }

    private void renew(int timer) {
        synchronized (this) {
            if (over || timer != timers) {
                return;
            }
            passingOn = true;
        }
        ClaimedJob.Statement stated = job.unsent();
        var unused = renewed().whenComplete((renewed, thrown) -> {
            if (isLost(thrown)) {
                onLost.run();
                return;
            }
            boolean isRefused = stated != null && thrown instanceof JobClientException;
            if (isRefused) {
                warn("what was stated of job {0} is refused: {1}", job.id(), String.valueOf(thrown.getMessage()));
                job.sent(stated); // so that the next renewal succeeds
            }
            synchronized (this) { // no statement may plan a renewal in between
                passingOn = job.unsent() != null;
                keep(isRefused);
            }
        });
    }

    private synchronized CompletableFuture<ClaimedJob> renewed() {
        CompletableFuture<ClaimedJob> call = client.renew(job, length);
        renewal = call;
        timers++; // the timer that is planned, if any, is for nothing now
        renewedAt = System.nanoTime();
        return call;
    }

    /**
     * Passes on what was stated last, for a third of the lease at most, and then runs the task that settles the
     * outcome.
     */
    void passOn(Runnable settle) {
        try {
            if (job.unsent() != null) {
                cancel(); // it may be one that is retried
                CompletableFuture<ClaimedJob> last = renewed();
                Future<?> limit = ClientThreads.later(length.dividedBy(3), () -> last.cancel(true));
                var unused = last.whenComplete((renewed, thrown) -> {
                    limit.cancel(false);
                    keep(false); // until the outcome is settled
                    settle.run();
                });
                return;
            }
        } catch (Throwable e) { // no memory for a request: the outcome is what counts
            warn("what was stated of job {0} is not passed on: {1}", job.id(), e.toString());
        }
        settle.run();
    }

    /** Sends nothing more. */
    void end() {
        synchronized (this) {
            over = true;
        }
        cancel();
    }

    /** What follows a cancellation must not run under the lock. */
    private void cancel() {
        Future<?> last;
        synchronized (this) {
            last = renewal;
        }
        last.cancel(true);
    }

    /** Whether a request failed because the lease is lost; a 404 of a gateway is retried by {@link HttpCalls}. */
    static boolean isLost(@Nullable Throwable thrown) {
        return thrown instanceof JobClientException refused && (refused.status() == 409 || refused.status() == 404);
    }

    /** Never throws. */
    static void warn(String text, Object... values) {
        try {
            LOG.log(Level.WARNING, text, values);
        } catch (Throwable e) { // a log that fails must cost no job
        }
    }
}
