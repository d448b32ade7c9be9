package dev.asyncjob.application.worker;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.Statement;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a claimed job: it runs the handler, renews or releases the lease and logs what became of the outcome.
 * Safe for use from any thread.
 */
final class Attempt {
    private static final Logger LOG = System.getLogger(Attempt.class.getName());
    private static final Failure TIMED_OUT = new Failure("timed out");

    private final WorkQueue jobs;
    private final JobHandler handler;
    private final ClaimedJob job;
    private final Execution execution;
    private final Consumer<Attempt> onStatement;

    /** The thread of the handler while it may be interrupted. */
    private @Nullable Thread thread;

    /** When the job was claimed, and later when the handler began, on the clock of the execution. */
    private long since;

    /** When the handler was interrupted, on the clock of the execution. */
    private long interruptedAt;

    /** When the lease was given or renewed, on the clock of the execution. */
    private volatile long renewedAt;

    /** Held while a renewal passes statements on, so that they do so in their order. */
    private final Object passingOn = new Object();

    private final UnsentStatements unsent;

    private final AtomicBoolean inHand = new AtomicBoolean(true);

    private volatile State state = State.QUEUED;
    private volatile boolean renewalFailed;

    /** The outcome of the handler counts only if it was {@link #RUNNING} to its end. */
    private enum State {
        QUEUED,
        RUNNING,
        ENDED,
        TIMED_OUT,
        ABANDONED
    }

    /** @param onStatement runs when the handler has stated something, and must return quickly */
    Attempt(WorkQueue jobs, JobHandler handler, ClaimedJob job, Execution execution, Consumer<Attempt> onStatement) {
        this.jobs = jobs;
        this.handler = handler;
        this.job = job;
        this.execution = execution;
        this.onStatement = onStatement;
        this.unsent = new UnsentStatements(execution);
        this.since = execution.nanoTime();
        this.renewedAt = since;
    }

    /** Runs the handler in the caller's thread; empty if its outcome does not count. Never throws. */
    Optional<Outcome> run() {
        synchronized (this) {
            if (state != State.QUEUED) {
                return Optional.empty();
            }
            state = State.RUNNING;
            since = execution.nanoTime();
            thread = Thread.currentThread();
        }
        Outcome outcome = outcomeOfHandler();
        synchronized (this) {
            thread = null;
            if (state != State.RUNNING) {
                return Optional.empty();
            }
            state = State.ENDED;
            return Optional.of(outcome);
        }
    }

    /** Interrupts a handler that takes longer than {@code limit}; the outcome that it returns later is ignored. */
    synchronized Optional<Outcome> timeOut(Duration limit) {
        if (state != State.RUNNING || !hasLasted(limit)) {
            return Optional.empty();
        }
        interrupt(State.TIMED_OUT);
        LOG.log(Level.WARNING, "the handler of job {0} took too long", id());
        return Optional.of(Outcome.retry(TIMED_OUT));
    }

    /** Interrupts the handler; its outcome is ignored. */
    void abandon() {
        interrupt(State.ABANDONED);
    }

    /** Abandons the attempt if it has waited for a handler thread for so long; the caller then releases the job. */
    synchronized boolean abandonIfQueued(Duration wait) {
        if (state != State.QUEUED || !hasLasted(wait)) {
            return false;
        }
        state = State.ABANDONED;
        return true;
    }

    boolean isAbandoned() {
        return state == State.ABANDONED;
    }

    /** Returns true once: then its worker has room for another attempt. */
    boolean leavesHand() {
        return inHand.getAndSet(false);
    }

    private boolean hasLasted(Duration time) {
        return execution.since(since).compareTo(time) >= 0;
    }

    private synchronized void interrupt(State next) {
        state = next;
        interruptedAt = execution.nanoTime();
        if (thread != null) {
            thread.interrupt();
        }
    }

    boolean wasInterrupted() {
        return state == State.TIMED_OUT || state == State.ABANDONED;
    }

    /** Whether the handler still runs so long after it was interrupted. */
    synchronized boolean isStuck(Duration grace) {
        return thread != null
                && wasInterrupted()
                && execution.since(interruptedAt).compareTo(grace) >= 0;
    }

    private void state(Statement next) {
        synchronized (this) {
            if (state != State.RUNNING) {
                return;
            }
            unsent.add(next);
        }
        onStatement.accept(this);
    }

    /** How long what the handler has stated is to wait for its renewal; empty if there is nothing. */
    Optional<Duration> statementDueIn() {
        return isAbandoned() ? Optional.empty() : unsent.dueIn();
    }

    /** Whether the handler has stated anything. */
    boolean hasStated() {
        return unsent.hasBeenAdded();
    }

    /**
     * Passes on what the handler has stated, with a renewal, after one that does so already. False if the store is
     * unavailable. Never throws.
     */
    boolean passOn(Duration length) {
        synchronized (passingOn) {
            Statement stated = unsent.take();
            return stated.isNone() || renew(length, stated);
        }
    }

    /** Renews the lease; a lost one stops the handler. False if the store is unavailable. Never throws. */
    boolean renew(Duration length) {
        return renew(length, Statement.NONE);
    }

    private boolean renew(Duration length, Statement stated) {
        renewalFailed = false;
        try {
            RenewResult renewal =
                    jobs.renew(id(), token(), new LeaseExtension(length, null, stated.progress(), stated.message()));
            if (!(renewal instanceof RenewResult.Renewed)) {
                abandon();
            }
            renewedAt = execution.nanoTime();
        } catch (StoreUnavailable e) {
            unsent.putBack(stated);
            LOG.log(Level.WARNING, "cannot renew the lease of job {0}: {1}", id(), e.getMessage());
            renewalFailed = true;
            return false;
        } catch (Throwable e) { // an Error, too, must not keep others from being renewed
            LOG.log(Level.ERROR, "cannot renew the lease of job " + id(), e);
        }
        return true;
    }

    /**
     * Whether its lease is to be renewed: what is reported of an attempt that timed out counts without it, and an
     * outcome is usually settled at once, so a renewal before the lease has that age would only be in its way.
     */
    boolean needsLease(Duration age) {
        boolean young = execution.since(renewedAt).compareTo(age) < 0;
        return state != State.TIMED_OUT && !(young && state == State.ENDED);
    }

    /** Takes over that the lease was renewed together with others. */
    void renewed() {
        renewalFailed = false;
        renewedAt = execution.nanoTime();
    }

    HeldLease lease() {
        return new HeldLease(id(), token());
    }

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
        } catch (Throwable e) { // an Error, too, must not keep others from being released
            LOG.log(Level.ERROR, "cannot release job " + id() + ", its lease will run out", e);
        }
        return true;
    }

    /** The outcome as the store takes it. */
    OutcomeReport report(Outcome outcome) {
        return new OutcomeReport(id(), token(), outcome);
    }

    /** Logs an outcome that the store has refused. */
    boolean settled(SettleResult verdict) {
        return verdict.fold(settled -> true, refused -> warn("lost its lease"), () -> warn("is unknown"));
    }

    private Outcome outcomeOfHandler() {
        try {
            return Objects.requireNonNull(handler.handle(job, this::state), "a handler must return an outcome");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.retry(new Failure("interrupted"));
        } catch (Throwable e) { // an Error, too, must not affect other handlers
            logFailure(e);
            return HandlerFailure.of(e);
        }
    }

    private void logFailure(Throwable failure) {
        try {
            LOG.log(Level.WARNING, HandlerFailure.messageOf(job), failure);
        } catch (Throwable e) { // its own message may throw: the outcome must be reported all the same
            String type = failure.getClass().getName();
            LOG.log(Level.WARNING, "attempt at job {0} failed: {1}", id(), type);
        }
    }

    private boolean warn(String what) {
        LOG.log(Level.WARNING, "job {0} {1}; its outcome is ignored", id(), what);
        return false;
    }

    JobId id() {
        return job.job().id();
    }

    @Override
    public int hashCode() { // not by identity, so that the order of attempts is the same in each run
        return id().hashCode();
    }

    private LeaseToken token() {
        return job.lease().token();
    }
}
