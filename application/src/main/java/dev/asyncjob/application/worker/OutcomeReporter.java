package dev.asyncjob.application.worker;

import dev.asyncjob.application.EntryResult;
import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.SettleResult;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Settles the outcomes of attempts in batches: outcomes that arrive while one batch is sent form the next. An outcome
 * that the store could not take is sent again after a pause. Safe for use from any thread.
 */
final class OutcomeReporter {
    private static final Logger LOG = System.getLogger(OutcomeReporter.class.getName());
    private static final int BATCH = Claim.MAX_JOBS;

    /** Batches sent at once, at most: while one waits for its commit, the database has time for another. */
    private static final int SENDERS = 2;

    private static final int TRIES = 10;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private final WorkQueue jobs;
    private final Consumer<Attempt> onFinished;
    private final Runnable onSent;
    private final ScheduledThreadPoolExecutor executor;
    private final Queue<PendingOutcome> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger senders = new AtomicInteger();
    private final AtomicInteger unsettled = new AtomicInteger();

    /**
     * A reporter without outcomes and without threads.
     *
     * @param onFinished gets each attempt whose outcome was settled, refused or given up
     * @param onSent runs after each batch
     */
    OutcomeReporter(WorkQueue jobs, Consumer<Attempt> onFinished, Runnable onSent) {
        this.jobs = jobs;
        this.onFinished = onFinished;
        this.onSent = onSent;
        this.executor = new ScheduledThreadPoolExecutor(SENDERS, task -> new Thread(task, "asyncjob-settle"));
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** An outcome that was sent {@code tries} times without success. */
    private record PendingOutcome(Attempt attempt, Outcome outcome, int tries) {
        OutcomeReport report() {
            return attempt.report(outcome);
        }

        PendingOutcome again() {
            return new PendingOutcome(attempt, outcome, tries + 1);
        }

        /** Doubles with each try. */
        Duration pause() {
            return FIRST_PAUSE.multipliedBy(1L << (tries - 1));
        }
    }

    /** Sends an outcome, soon and in another thread. */
    void add(Attempt attempt, Outcome outcome) {
        unsettled.incrementAndGet();
        enqueue(new PendingOutcome(attempt, outcome, 0));
    }

    /** Sends an outcome in the caller's thread, several times if need be. */
    void send(Attempt attempt, Outcome outcome) throws InterruptedException {
        unsettled.incrementAndGet();
        List<PendingOutcome> left = send(List.of(new PendingOutcome(attempt, outcome, 0)));
        while (!left.isEmpty()) {
            TimeUnit.NANOSECONDS.sleep(left.get(0).pause().toNanos());
            left = send(left);
        }
    }

    /** How many outcomes are neither settled nor given up. */
    int size() {
        return unsettled.get();
    }

    /** Waits until all outcomes are settled or given up; false if they are not in time. */
    synchronized boolean awaitEmpty(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (size() > 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Sends nothing more; its threads are not interrupted, since they may be in the store. */
    void close() {
        queue.clear();
        executor.shutdown();
    }

    private void enqueue(PendingOutcome pending) {
        queue.add(pending);
        startSenders();
    }

    /** Starts a sender if there is anything to send, and a second one for a whole batch that would wait. */
    private void startSenders() {
        int busy = senders.get();
        while (busy < SENDERS && !queue.isEmpty() && (busy == 0 || size() >= (busy + 1) * BATCH)) {
            if (senders.compareAndSet(busy, busy + 1)) {
                startSender();
            }
            busy = senders.get();
        }
    }

    private void startSender() {
        try {
            executor.execute(this::sendQueued);
        } catch (RejectedExecutionException e) { // closed: the jobs were released, or their leases will run out
            LOG.log(Level.DEBUG, "{0} outcomes came after the worker was closed", size());
        }
    }

    private void sendQueued() {
        try {
            for (List<PendingOutcome> batch = nextBatch(); !batch.isEmpty(); batch = nextBatch()) {
                send(batch).forEach(this::sendLater);
                onSent.run();
            }
        } finally {
            senders.decrementAndGet();
        }
        startSenders(); // for outcomes that arrived after the last batch was taken
    }

    private List<PendingOutcome> nextBatch() {
        List<PendingOutcome> batch = new ArrayList<>();
        for (var next = queue.poll(); next != null; next = batch.size() < BATCH ? queue.poll() : null) {
            batch.add(next);
        }
        return batch;
    }

    private void sendLater(PendingOutcome pending) {
        var unused = executor.schedule(() -> enqueue(pending), pending.pause().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Sends the outcomes that still count, and returns those that are to be sent again. Never throws. */
    private List<PendingOutcome> send(List<PendingOutcome> batch) {
        List<PendingOutcome> left = new ArrayList<>();
        List<PendingOutcome> valid = new ArrayList<>();
        for (PendingOutcome pending : batch) {
            if (pending.attempt().isAbandoned()) {
                finish(pending);
            } else {
                valid.add(pending);
            }
        }
        List<EntryResult<SettleResult>> results = valid.isEmpty() ? List.of() : settle(valid);
        for (int i = 0; i < valid.size(); i++) {
            PendingOutcome pending = valid.get(i);
            results.get(i).fold(verdict -> settled(pending, verdict), failure -> failed(pending, failure, left));
        }
        return left;
    }

    private List<EntryResult<SettleResult>> settle(List<PendingOutcome> batch) {
        try {
            return jobs.settleAll(batch.stream().map(PendingOutcome::report).toList());
        } catch (Throwable e) { // an Error, too, must not end the reports of this worker
            RuntimeException failure = e instanceof RuntimeException known ? known : new IllegalStateException(e);
            return Collections.nCopies(batch.size(), new EntryResult.Failed<>(failure));
        }
    }

    private boolean failed(PendingOutcome pending, RuntimeException failure, List<PendingOutcome> left) {
        String message = "cannot settle job " + pending.attempt().id();
        boolean unavailable = failure instanceof StoreUnavailable;
        if (unavailable) {
            LOG.log(Level.WARNING, "{0}: {1}", message, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, message, failure);
        }
        if (unavailable && pending.tries() + 1 < TRIES) {
            left.add(pending.again());
        } else {
            finish(pending);
        }
        return false;
    }

    private boolean settled(PendingOutcome pending, SettleResult verdict) {
        pending.attempt().settled(verdict);
        finish(pending);
        return true;
    }

    private void finish(PendingOutcome pending) {
        onFinished.accept(pending.attempt());
        if (unsettled.decrementAndGet() == 0) {
            synchronized (this) {
                notifyAll();
            }
        }
    }
}
