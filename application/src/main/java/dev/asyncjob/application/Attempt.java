package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Settlement;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One claimed job on its way through a handler: run, keep the lease alive, settle. */
final class Attempt {
    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    private static final int SETTLE_TRIES = 10;
    private static final Duration SETTLE_PAUSE = Duration.ofMillis(500);

    private final JobUseCases jobs;
    private final JobHandler handler;
    private final ClaimedJob job;
    private @Nullable Thread thread;
    private boolean lost;

    Attempt(JobUseCases jobs, JobHandler handler, ClaimedJob job) {
        this.jobs = jobs;
        this.handler = handler;
        this.job = job;
    }

    /** Runs the handler in the caller's thread and settles what it says. Never throws. */
    void run() {
        enter(Thread.currentThread());
        Outcome outcome = outcomeOfHandler();
        if (leave()) {
            settle(outcome);
        }
    }

    /** Prolongs the lease; a lost one stops the handler. */
    void renew(Duration length) {
        try {
            if (jobs.renewLease().of(id(), token(), length).isEmpty()) {
                abandon();
            }
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot renew the lease of job {0}: {1}", id(), e.getMessage());
        }
    }

    /** Stops the handler and gives the job back untried. */
    void giveBack() {
        abandon();
        try {
            jobs.releaseLease().of(id(), token());
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot release job {0}, its lease will run out: {1}", id(), e.getMessage());
        }
    }

    @SuppressWarnings("CatchAndPrintStackTrace")
    private Outcome outcomeOfHandler() {
        try {
            return handler.handle(job);
        } catch (InterruptedException e) {
            return Outcome.retry(new Failure("interrupted"));
        } catch (Throwable e) { // one failing handler must not harm others, whatever it throws
            LOG.log(
                    Level.WARNING,
                    "attempt %d at job %s failed".formatted(job.attempts().made(), id()),
                    e);
            return Outcome.retry(describe(e));
        }
    }

    private void settle(Outcome outcome) {
        for (int tries = 1; tries <= SETTLE_TRIES; tries++) {
            try {
                report(outcome).fold(settled -> true, refused -> warn("lost its lease"), () -> warn("is unknown"));
                return;
            } catch (StoreUnavailable e) {
                LOG.log(Level.WARNING, "cannot settle job {0}, try {1}: {2}", id(), tries, e.getMessage());
            }
            if (!pause()) {
                return;
            }
        }
    }

    private Settlement report(Outcome outcome) {
        if (outcome instanceof Outcome.Completed completed) {
            return jobs.completeJob().with(id(), token(), completed.result());
        }
        Outcome.Failed failed = (Outcome.Failed) outcome;
        return jobs.failJob().because(id(), token(), failed.failure(), failed.retry());
    }

    private boolean warn(String what) {
        LOG.log(Level.WARNING, "job {0} {1}; its outcome here counts for nothing", id(), what);
        return false;
    }

    private static boolean pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(SETTLE_PAUSE.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized void enter(Thread current) {
        thread = current;
        if (lost) {
            current.interrupt();
        }
    }

    /** Takes the thread out of reach of {@link #abandon()}; true if the attempt still counts. */
    private synchronized boolean leave() {
        thread = null;
        boolean interruptWasOurs = lost && Thread.interrupted();
        return !lost && !interruptWasOurs;
    }

    private synchronized void abandon() {
        lost = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private static Failure describe(Throwable thrown) {
        String message = thrown.getMessage();
        if (message == null || message.isBlank()) {
            return new Failure("the handler failed");
        }
        String storable = message.codePoints()
                .filter(c -> c != 0 && (c > Character.MAX_SURROGATE || c < Character.MIN_SURROGATE))
                .limit(Failure.MAX_LENGTH / 2)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return new Failure(storable);
    }

    private JobId id() {
        return job.job().id();
    }

    private LeaseToken token() {
        return job.lease().token();
    }
}
