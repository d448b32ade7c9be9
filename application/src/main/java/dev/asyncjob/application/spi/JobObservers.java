package dev.asyncjob.application.spi;

import dev.asyncjob.application.spi.JobObserver.AttemptEnd;
import dev.asyncjob.application.spi.JobObserver.JobEnd;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The observers of a store, for the store to tell. What an observer throws, also an Error, is logged and reaches
 * neither the store nor other observers. Safe for use from any thread.
 */
public final class JobObservers {
    private static final Logger LOG = System.getLogger(JobObservers.class.getName());

    private final List<JobObserver> all;
    private final Executor executor;
    private final RateLimitedLog log =
            new RateLimitedLog(Execution.JVM::nanoTime, message -> LOG.log(Level.WARNING, message));

    /** No observers. */
    public JobObservers() {
        this(new CopyOnWriteArrayList<>(), Runnable::run);
    }

    private JobObservers(List<JobObserver> all, Executor executor) {
        this.all = all;
        this.executor = executor;
    }

    /** The same observers, now and later, told by {@code executor}, such as after a commit. */
    public JobObservers toldBy(Executor other) {
        return new JobObservers(all, other);
    }

    /** Adds an observer; an observer that was added twice is told twice. */
    public void add(JobObserver observer) {
        all.add(observer);
    }

    /** Tells an event to each observer. */
    public void tell(Consumer<JobObserver> event) {
        if (!all.isEmpty()) {
            executor.execute(() -> all.forEach(each -> tell(each, event)));
        }
    }

    /** Tells that a job was accepted, and begun if it was born leased. */
    public void accepted(JobKind kind, boolean leased) {
        tell(observer -> observer.accepted(kind));
        if (leased) {
            tell(observer -> observer.begun(kind, Duration.ZERO));
        }
    }

    /** Tells that a claim began an attempt, and that the lease before it was lost if {@code lost}. */
    public void claimed(JobKind kind, Duration waited, boolean lost) {
        if (lost) {
            tell(observer -> observer.attemptEnded(kind, AttemptEnd.LOST, null));
        }
        tell(observer -> observer.begun(kind, waited));
    }

    /**
     * Tells how an attempt ended, and the job if it has.
     *
     * @param job after the change
     * @param leased whether an attempt was in progress
     * @param begun when that attempt began; null if that is not known
     * @param promised the planned end of the job in the answer to its producer
     * @param now when it changed
     */
    public void changed(AsyncJob job, boolean leased, @Nullable Instant begun, Instant promised, Instant now) {
        JobEnd end = job.fold(pending -> JobEnd.FAILED, done -> JobEnd.DONE, JobObservers::of);
        if (leased) {
            AttemptEnd attempt = switch (end) {
                case DONE -> AttemptEnd.DONE;
                case FAILED -> AttemptEnd.FAILED;
                case CANCELLED -> AttemptEnd.CANCELLED;
                case SPENT -> AttemptEnd.LOST;
            };
            boolean reported = end == JobEnd.DONE || end == JobEnd.FAILED;
            boolean unknown = begun == null || begun.isAfter(now); // the clock may have been set back
            Duration took = begun == null || unknown || !reported ? null : Duration.between(begun, now);
            tell(observer -> observer.attemptEnded(job.kind(), attempt, took));
        }
        if (job instanceof AsyncJob.Ended ended) {
            tell(observer -> observer.ended(job.kind(), end, job.createdAt(), promised, ended.endedAt()));
        }
    }

    private static JobEnd of(AsyncJob.Failed job) {
        if (job.wasCancelled()) {
            return JobEnd.CANCELLED;
        }
        return job.failure().equals(Failure.ATTEMPTS_SPENT) ? JobEnd.SPENT : JobEnd.FAILED;
    }

    private void tell(JobObserver observer, Consumer<JobObserver> event) {
        try {
            event.accept(observer);
        } catch (Throwable e) { // the change is stored, so the caller must not fail
            try {
                log.accept("an observer of jobs failed: " + e.getClass().getName());
            } catch (Throwable noLog) { // the log fails as well: the other observers are left
                e.addSuppressed(noLog);
            }
        }
    }
}
