package dev.asyncjob.application.worker;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.SettleResult;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a claimed job: it runs the handler, renews or releases the lease and logs what became of the outcome.
 * Safe for use from any thread.
 */
final class Attempt {
    private static final Logger LOG = System.getLogger(Attempt.class.getName());
    private static final Failure HANDLER_FAILED = new Failure("the handler failed");
    private static final Failure TIMED_OUT = new Failure("timed out");

    private final WorkQueue jobs;
    private final JobHandler handler;
    private final ClaimedJob job;

    /** The thread of the handler while it may be interrupted. */
    private @Nullable Thread thread;

    private boolean begun;

    /** When the job was claimed, and later when the handler began, on {@link System#nanoTime()}. */
    private long since = System.nanoTime();

    private boolean timedOut;
    private boolean abandoned;
    private volatile boolean renewalFailed;

    Attempt(WorkQueue jobs, JobHandler handler, ClaimedJob job) {
        this.jobs = jobs;
        this.handler = handler;
        this.job = job;
    }

    /** Runs the handler in the caller's thread; empty if its outcome does not count. Never throws. */
    Optional<Outcome> run() {
        if (!enter(Thread.currentThread())) {
            return Optional.empty();
        }
        Outcome outcome = outcomeOfHandler();
        return leave() ? Optional.of(outcome) : Optional.empty();
    }

    /** Interrupts a handler that takes longer than {@code limit}; the outcome that it returns later is ignored. */
    Optional<Outcome> timeOut(Duration limit) {
        if (!interruptAfter(limit)) {
            return Optional.empty();
        }
        LOG.log(Level.WARNING, "the handler of job {0} took too long", id());
        return Optional.of(Outcome.retry(TIMED_OUT));
    }

    /** Renews the lease; a lost one stops the handler. False if the store is unavailable. Never throws. */
    boolean renew(Duration length) {
        if (isTimedOut()) {
            return true;
        }
        renewalFailed = false;
        try {
            RenewResult renewal = jobs.renew(id(), token(), LeaseExtension.of(length));
            if (!(renewal instanceof RenewResult.Renewed)) {
                abandon();
            }
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot renew the lease of job {0}: {1}", id(), e.getMessage());
            renewalFailed = true;
            return false;
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot renew the lease of job " + id(), e);
        }
        return true;
    }

    /** Whether the store was unavailable at the last renewal. */
    boolean renewalFailed() {
        return renewalFailed;
    }

    /** Releases the job untried. False if the store is unavailable. Never throws. */
    boolean release() {
        try {
            jobs.release(id(), token());
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot release job {0}, its lease will run out: {1}", id(), e.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot release job " + id() + ", its lease will run out", e);
        }
        return true;
    }

    /** The outcome as the store takes it. */
    OutcomeReport report(Outcome outcome) {
        return new OutcomeReport(id(), token(), outcome);
    }

    /** Logs an outcome that the store has refused. */
    void settled(SettleResult verdict) {
        verdict.fold(settled -> true, refused -> warn("lost its lease"), () -> warn("is unknown"));
    }

    private Outcome outcomeOfHandler() {
        try {
            return Objects.requireNonNull(handler.handle(job), "a handler must return an outcome");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.retry(new Failure("interrupted"));
        } catch (Throwable e) { // an Error, too, must not affect other handlers
            LOG.log(
                    Level.WARNING,
                    "attempt %d at job %s failed".formatted(job.attempts().made(), id()),
                    e);
            return Outcome.retry(HANDLER_FAILED);
        }
    }

    private boolean warn(String what) {
        LOG.log(Level.WARNING, "job {0} {1}; its outcome is ignored", id(), what);
        return false;
    }

    /** Lets {@link #abandon()} interrupt the thread; false if the attempt was abandoned before it began. */
    private synchronized boolean enter(Thread current) {
        begun = true;
        since = System.nanoTime();
        thread = abandoned ? null : current;
        return !abandoned;
    }

    /** Ends the time in which the thread may be interrupted; whether the outcome counts. */
    private synchronized boolean leave() {
        thread = null;
        return !abandoned && !timedOut;
    }

    /** Interrupts a handler that has run for longer than {@code limit}; false if there is none. */
    private synchronized boolean interruptAfter(Duration limit) {
        if (thread == null || abandoned || timedOut || System.nanoTime() - since < limit.toNanos()) {
            return false;
        }
        timedOut = true;
        thread.interrupt();
        return true;
    }

    private synchronized boolean isTimedOut() {
        return timedOut;
    }

    /** Interrupts the handler; its outcome is ignored. */
    synchronized void abandon() {
        abandoned = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Abandons the attempt if it has waited for a handler thread for so long; the caller then releases the job. */
    synchronized boolean abandonIfQueued(Duration wait) {
        if (begun || abandoned || System.nanoTime() - since < wait.toNanos()) {
            return false;
        }
        abandoned = true;
        return true;
    }

    synchronized boolean isAbandoned() {
        return abandoned;
    }

    JobId id() {
        return job.job().id();
    }

    private LeaseToken token() {
        return job.lease().token();
    }
}
