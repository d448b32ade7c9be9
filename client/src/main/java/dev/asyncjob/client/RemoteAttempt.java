package dev.asyncjob.client;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a claimed job: it runs the handler in a thread of its own, renews the lease and reports the outcome.
 * Safe for use from any thread.
 */
final class RemoteAttempt {
    /** The time to end after an interrupt. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private static final Outcome FAILED = Outcome.retry("the handler failed");

    /** Characters of a detail at most. */
    private static final int MAX_DETAIL = 1024;

    private static final Outcome REFUSED = Outcome.retry("the outcome was refused");

    private final ClaimedJob job;
    private final RemoteHandler handler;
    private final JobClient client;
    private final RemoteWorkerSettings settings;
    private final RemoteLease lease;
    private final Runnable onChange;
    private State state = State.WAITING;

    /** The thread of the handler until it ends. */
    private @Nullable Thread thread;

    private boolean stuck;

    private Future<?> limit = CompletableFuture.completedFuture(null);
    private Future<?> report = limit;

    /** The outcome of the handler counts only if it was {@link #RUNNING} to its end. */
    private enum State {
        WAITING,
        RUNNING,
        SETTLING,
        OVER
    }

    /**
     * An attempt that has not begun.
     *
     * @param client retries for ever
     * @param onChange runs when the handler has ended, or the outcome is known, or the handler does not end
     */
    RemoteAttempt(
            ClaimedJob job, RemoteHandler handler, JobClient client, RemoteWorkerSettings settings, Runnable onChange) {
        this.job = job;
        this.handler = handler;
        this.client = client;
        this.settings = settings;
        this.onChange = onChange;
        this.lease = new RemoteLease(job, client, settings.lease(), this::lost);
    }

    /** Begins to renew the lease, at once or at a third of it. */
    void keep(boolean atOnce) {
        lease.keep(atOnce);
    }

    /** Runs the handler, once. */
    synchronized void begin() {
        if (state != State.WAITING) {
            return;
        }
        state = State.RUNNING;
        Thread fresh = new Thread(this::run, "asyncjob-work"); // what the handler does to it reaches no other
        fresh.setDaemon(true);
        thread = fresh;
        limit = ClientThreads.later(settings.handlerTimeout(), () -> giveUp("timed out"));
        try {
            fresh.start();
        } catch (Throwable e) { // the system has no thread to spare
            thread = null;
            giveUp("no thread");
        }
    }

    /** Whether its outcome is settled or does not count. */
    synchronized boolean isOver() {
        return state == State.OVER;
    }

    /** Whether nothing is left of it. */
    synchronized boolean hasEnded() {
        return state == State.OVER && thread == null;
    }

    /** Whether all that is left of it is a handler that does not end after its interrupt. */
    synchronized boolean isStuck() {
        return state == State.OVER && thread != null && stuck;
    }

    /** Whether the caller is its handler. */
    synchronized boolean isCaller() {
        return thread == Thread.currentThread();
    }

    private void run() {
        Outcome outcome = outcomeOfHandler();
        boolean counts;
        synchronized (this) {
            thread = null;
            var unused = Thread.interrupted(); // by the handler, or too late
            counts = state == State.RUNNING;
            state = counts ? State.SETTLING : state;
        }
        if (counts) {
            lease.passOn(() -> settle(outcome));
        } else {
            onChange.run();
        }
    }

    private Outcome outcomeOfHandler() {
        try {
            Outcome outcome = handler.handle(job);
            if (outcome != null) {
                return outcome;
            }
            RemoteLease.warn("the handler of job {0} returned no outcome", job.id());
        } catch (InterruptedException e) {
            return Outcome.retry("interrupted");
        } catch (Throwable e) { // an Error, too, must not affect other handlers
            logFailure(e);
            return FAILED.withDetail(nameOf(e));
        }
        return FAILED;
    }

    /** Its class and message, for operators: the message may tell what the owner of the job must not read. */
    private static String nameOf(Throwable failure) {
        String type = failure.getClass().getName();
        String name = type;
        try {
            name = failure.getMessage() == null ? type : type + ": " + failure.getMessage();
        } catch (Throwable e) { // its message may throw
            RemoteLease.LOG.log(Level.DEBUG, "{0} has no message", type);
        }
        String head = name.substring(0, Math.min(name.length(), MAX_DETAIL));
        return head.replaceAll("[\\x00\\p{Cs}]", " "); // the server would refuse them
    }

    private void logFailure(Throwable failure) {
        try {
            RemoteLease.LOG.log(Level.WARNING, "attempt " + job.attempt() + " at job " + job.id() + " failed", failure);
        } catch (Throwable e) { // its own message may throw
            RemoteLease.warn(
                    "attempt at job {0} failed: {1}",
                    job.id(), failure.getClass().getName());
        }
    }

    /** Interrupts the handler, whose outcome is ignored, and has the job tried again. */
    void giveUp(String reason) {
        synchronized (this) {
            if (state != State.WAITING && state != State.RUNNING) {
                return;
            }
            state = State.SETTLING;
            interrupt();
        }
        RemoteLease.warn("the handler of job {0} is given up: {1}", job.id(), reason);
        settle(Outcome.retry(reason));
    }

    /** Sends nothing more. */
    void abandon() {
        List<Future<?>> calls;
        synchronized (this) {
            state = State.OVER;
            calls = List.of(limit, report);
        }
        lease.end();
        calls.forEach(call -> call.cancel(true)); // what follows a cancellation must not run under this lock
        onChange.run();
    }

    private void interrupt() {
        job.lose();
        if (thread != null) {
            thread.interrupt();
            var unused = ClientThreads.later(GRACE, this::checkStuck);
        }
    }

    private void checkStuck() {
        boolean runs;
        synchronized (this) {
            stuck = thread != null;
            runs = stuck;
        }
        if (runs) {
            RemoteLease.warn("the handler of job {0} does not end after an interrupt", job.id());
            onChange.run();
        }
    }

    private void settle(Outcome outcome) {
        try {
            send(outcome);
        } catch (Throwable e) { // no memory to report it: the lease runs out
            abandon();
        }
    }

    private void send(Outcome outcome) {
        CompletableFuture<JobState> call = client.settle(job, outcome);
        boolean tooLate;
        synchronized (this) {
            report = call;
            tooLate = state == State.OVER;
        }
        if (tooLate) {
            call.cancel(true);
        }
        var unused = call.whenComplete((settled, thrown) -> {
            if (thrown == null || thrown instanceof CancellationException) {
                abandon();
            } else if (RemoteLease.isLost(thrown)) {
                RemoteLease.warn("job {0} lost its lease; its outcome is ignored", job.id());
                abandon();
            } else {
                RemoteLease.warn(
                        "the outcome of job {0} is refused: {1}", job.id(), String.valueOf(thrown.getMessage()));
                if (outcome == REFUSED) {
                    abandon();
                } else {
                    settle(REFUSED);
                }
            }
        });
    }

    /** If its outcome is on the way, that is what ended the lease. */
    private void lost() {
        synchronized (this) {
            if (state == State.SETTLING || state == State.OVER) {
                return;
            }
            state = State.OVER; // before the handler can end
            interrupt();
        }
        RemoteLease.warn("job {0} lost its lease; its handler is interrupted", job.id());
        abandon();
    }
}
