package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Renewal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One claimed job on its way through a handler: run, keep the lease alive, settle. */
final class Attempt {
    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    private static final int SETTLE_TRIES = 10;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Failure NO_WORDS = new Failure("the handler failed");
    private static final Failure TIMED_OUT = new Failure("timed out");

    private final JobUseCases jobs;
    private final JobHandler handler;
    private final ClaimedJob job;
    private final CountDownLatch lost = new CountDownLatch(1);
    private @Nullable Thread thread;
    private boolean timedOut;
    private volatile boolean putOff;

    Attempt(JobUseCases jobs, JobHandler handler, ClaimedJob job) {
        this.jobs = jobs;
        this.handler = handler;
        this.job = job;
    }

    /** Runs the handler in the caller's thread and settles what it says. Never throws. */
    void run() {
        if (!enter(Thread.currentThread())) {
            return;
        }
        Outcome outcome = outcomeOfHandler();
        boolean counts = leave();
        boolean interrupted = Thread.interrupted(); // H2 closes its file under a thread that is interrupted
        if (counts) {
            settle(outcome);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the attempt for a handler that took too long; what it says later counts for nothing. Never throws. */
    void timeOut() {
        if (giveUpHandler()) {
            LOG.log(Level.WARNING, "the handler of job {0} took too long", id());
            settle(Outcome.retry(TIMED_OUT));
        }
    }

    /** Prolongs the lease; a lost one stops the handler. False if the store could not be asked. Never throws. */
    boolean renew(Duration length) {
        if (isTimedOut()) {
            return true;
        }
        putOff = false;
        try {
            Renewal renewal = jobs.renewLease().of(id(), token(), LeaseExtension.of(length));
            if (!(renewal instanceof Renewal.Renewed)) {
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

    /** Stops the handler and gives the job back untried. Never throws. */
    void giveBack() {
        abandon();
        try {
            jobs.releaseLease().of(id(), token());
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot release job {0}, its lease will run out: {1}", id(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot release job " + id() + ", its lease will run out", e);
        }
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

    private void settle(Outcome outcome) {
        Duration pause = FIRST_PAUSE;
        for (int tries = 1; tries < SETTLE_TRIES && !settled(outcome) && !lostWithin(pause); tries++) {
            pause = pause.multipliedBy(2);
        }
    }

    /** Whether nothing is left to try. */
    private boolean settled(Outcome outcome) {
        try {
            jobs.settle(id(), token(), outcome)
                    .fold(settled -> true, refused -> warn("lost its lease"), () -> warn("is unknown"));
            return true;
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot settle job {0}: {1}", id(), e.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot settle job " + id(), e);
            return true;
        }
    }

    private boolean lostWithin(Duration pause) {
        try {
            return lost.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private boolean warn(String what) {
        LOG.log(Level.WARNING, "job {0} {1}; its outcome here counts for nothing", id(), what);
        return false;
    }

    /** Puts the thread in reach of {@link #abandon()}; false if the attempt was abandoned before it began. */
    private synchronized boolean enter(Thread current) {
        thread = current;
        return lost.getCount() > 0;
    }

    /** Takes the thread out of reach of {@link #abandon()}; true if the attempt still counts. */
    private synchronized boolean leave() {
        thread = null;
        return lost.getCount() > 0 && !timedOut;
    }

    /** Interrupts a handler that runs; false if it ended already. */
    private synchronized boolean giveUpHandler() {
        if (thread == null || lost.getCount() == 0) {
            return false;
        }
        timedOut = true;
        thread.interrupt();
        return true;
    }

    private synchronized boolean isTimedOut() {
        return timedOut;
    }

    private synchronized void abandon() {
        lost.countDown();
        if (thread != null) {
            thread.interrupt();
        }
    }

    private JobId id() {
        return job.job().id();
    }

    private LeaseToken token() {
        return job.lease().token();
    }
}
