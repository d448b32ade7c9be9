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

/** One claimed job on its way through a handler: run, keep the lease alive, hear the verdict. */
final class Attempt {
    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    private static final Failure NO_WORDS = new Failure("the handler failed");
    private static final Failure TIMED_OUT = new Failure("timed out");

    private final WorkQueue jobs;
    private final JobHandler handler;
    private final ClaimedJob job;
    private @Nullable Thread thread;
    private boolean begun;

    /** When it was claimed, and then when the handler began, on {@link System#nanoTime()}. */
    private long since = System.nanoTime();

    private boolean timedOut;
    private boolean lost;
    private volatile boolean putOff;

    Attempt(WorkQueue jobs, JobHandler handler, ClaimedJob job) {
        this.jobs = jobs;
        this.handler = handler;
        this.job = job;
    }

    /** Runs the handler in the caller's thread, and answers with what it says if that counts. Never throws. */
    Optional<Outcome> run() {
        if (!enter(Thread.currentThread())) {
            return Optional.empty();
        }
        Outcome outcome = outcomeOfHandler();
        return leave() ? Optional.of(outcome) : Optional.empty();
    }

    /** Interrupts a handler that takes longer than {@code limit}; what it says later counts for nothing. */
    Optional<Outcome> timeOut(Duration limit) {
        if (!giveUpHandler(limit)) {
            return Optional.empty();
        }
        LOG.log(Level.WARNING, "the handler of job {0} took too long", id());
        return Optional.of(Outcome.retry(TIMED_OUT));
    }

    /** Prolongs the lease; a lost one stops the handler. False if the store could not be asked. Never throws. */
    boolean renew(Duration length) {
        if (isTimedOut()) {
            return true;
        }
        putOff = false;
        try {
            RenewResult renewal = jobs.renew(id(), token(), LeaseExtension.of(length));
            if (!(renewal instanceof RenewResult.Renewed)) {
                abandon();
            }
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot renew the lease of job {0}: {1}", id(), e.getMessage());
            putOff = true;
            return false;
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot renew the lease of job " + id(), e);
        }
        return true;
    }

    /** Whether the store could not be asked the last time that the lease was to be renewed. */
    boolean wasPutOff() {
        return putOff;
    }

    /** Gives the job back untried. False if the store could not be asked. Never throws. */
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

    /** The outcome as it is told to the store. */
    OutcomeReport report(Outcome outcome) {
        return new OutcomeReport(id(), token(), outcome);
    }

    /** Hears what became of its report. */
    void settled(SettleResult verdict) {
        verdict.fold(settled -> true, refused -> warn("lost its lease"), () -> warn("is unknown"));
    }

    private Outcome outcomeOfHandler() {
        try {
            return Objects.requireNonNull(handler.handle(job), "a handler must say how its work ended");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.retry(new Failure("interrupted"));
        } catch (Throwable e) { // one failing handler must not harm others, whatever it throws
            LOG.log(
                    Level.WARNING,
                    "attempt %d at job %s failed".formatted(job.attempts().made(), id()),
                    e);
            return Outcome.retry(NO_WORDS);
        }
    }

    private boolean warn(String what) {
        LOG.log(Level.WARNING, "job {0} {1}; its outcome here counts for nothing", id(), what);
        return false;
    }

    /** Puts the thread in reach of {@link #abandon()}; false if the attempt was abandoned before it began. */
    private synchronized boolean enter(Thread current) {
        begun = true;
        since = System.nanoTime();
        thread = lost ? null : current;
        return !lost;
    }

    /** Takes the thread out of reach of {@link #abandon()}; true if the attempt still counts. */
    private synchronized boolean leave() {
        thread = null;
        return !lost && !timedOut;
    }

    /** Interrupts a handler that runs for longer than that; false if it does not, or ended already. */
    private synchronized boolean giveUpHandler(Duration limit) {
        if (thread == null || lost || timedOut || System.nanoTime() - since < limit.toNanos()) {
            return false;
        }
        timedOut = true;
        thread.interrupt();
        return true;
    }

    private synchronized boolean isTimedOut() {
        return timedOut;
    }

    /** Stops the handler; what it says counts for nothing. */
    synchronized void abandon() {
        lost = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Abandons it if it has waited for a hand for so long; true if it did, and is to be released. */
    synchronized boolean abandonUnbegun(Duration wait) {
        if (begun || lost || System.nanoTime() - since < wait.toNanos()) {
            return false;
        }
        lost = true;
        return true;
    }

    synchronized boolean isLost() {
        return lost;
    }

    JobId id() {
        return job.job().id();
    }

    private LeaseToken token() {
        return job.lease().token();
    }
}
