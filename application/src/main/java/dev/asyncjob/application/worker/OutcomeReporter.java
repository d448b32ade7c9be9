package dev.asyncjob.application.worker;

import dev.asyncjob.application.BackgroundLoop;
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
    private static final int TRIES = 10;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private final WorkQueue jobs;
    private final Consumer<Attempt> onFinished;
    private final Runnable onSent;
    private final Queue<PendingOutcome> queue = new ConcurrentLinkedQueue<>();

    /** Outcomes that are sent again when their pause is over. */
    private final Queue<PendingOutcome> later = new ConcurrentLinkedQueue<>();

    private final AtomicInteger unsettled = new AtomicInteger();
    private final BackgroundLoop sender = newSender();

    /**
     * Works while a whole batch would wait: while one batch waits for its commit, the database has time for another.
     */
    private final BackgroundLoop secondSender = newSender();

    /**
     * A reporter without outcomes, and without threads before {@link #start()}.
     *
     * @param onFinished gets each attempt whose outcome was settled, refused or given up
     * @param onSent runs after each batch
     */
    OutcomeReporter(WorkQueue jobs, Consumer<Attempt> onFinished, Runnable onSent) {
        this.jobs = jobs;
        this.onFinished = onFinished;
        this.onSent = onSent;
    }

    /**
     * An outcome.
     *
     * @param tries how often it was sent without success
     * @param since when it was sent last, on {@link System#nanoTime()}
     */
    private record PendingOutcome(Attempt attempt, Outcome outcome, int tries, long since) {
        PendingOutcome(Attempt attempt, Outcome outcome) {
            this(attempt, outcome, 0, 0);
        }

        OutcomeReport report() {
            return attempt.report(outcome);
        }

        PendingOutcome again() {
            return new PendingOutcome(attempt, outcome, tries + 1, System.nanoTime());
        }

        /** The time until it is sent again; the pause doubles with each try. */
        long pauseNanos() {
            return FIRST_PAUSE.toNanos() * (1L << (tries - 1)) - (System.nanoTime() - since);
        }
    }

    void start() {
        sender.start();
        secondSender.start();
    }

    /** Sends an outcome, soon and in another thread. */
    void add(Attempt attempt, Outcome outcome) {
        unsettled.incrementAndGet();
        enqueue(new PendingOutcome(attempt, outcome));
    }

    /** Sends an outcome in the caller's thread, several times if need be. */
    void send(Attempt attempt, Outcome outcome) throws InterruptedException {
        unsettled.incrementAndGet();
        List<PendingOutcome> left = send(List.of(new PendingOutcome(attempt, outcome)));
        while (!left.isEmpty()) {
            TimeUnit.NANOSECONDS.sleep(left.get(0).pauseNanos());
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

    /** Sends nothing more after the batches in progress. */
    void close() {
        queue.clear();
        later.clear();
        sender.stop(Duration.ZERO);
        secondSender.stop(Duration.ZERO);
    }

    private BackgroundLoop newSender() {
        return new BackgroundLoop(
                "asyncjob-settle", this::sendQueued, e -> LOG.log(Level.ERROR, "cannot settle outcomes", e));
    }

    private void enqueue(PendingOutcome pending) {
        queue.add(pending);
        sender.signal();
        if (size() >= 2 * BATCH) {
            secondSender.signal();
        }
    }

    private Duration sendQueued() {
        requeueDue();
        for (List<PendingOutcome> batch = nextBatch(); !batch.isEmpty(); batch = nextBatch()) {
            later.addAll(send(batch));
            onSent.run();
        }
        long next = BackgroundLoop.UNTIL_SIGNALLED.toNanos();
        return Duration.ofNanos(
                later.stream().mapToLong(PendingOutcome::pauseNanos).reduce(next, Math::min));
    }

    /** One sender at a time, so that no outcome is queued twice. */
    private synchronized void requeueDue() {
        later.removeIf(pending -> pending.pauseNanos() <= 0 && queue.add(pending));
    }

    /** Takes outcomes that still count. */
    private List<PendingOutcome> nextBatch() {
        List<PendingOutcome> batch = new ArrayList<>();
        for (var next = queue.poll(); next != null; next = batch.size() < BATCH ? queue.poll() : null) {
            if (next.attempt().isAbandoned()) {
                finish(next);
            } else {
                batch.add(next);
            }
        }
        return batch;
    }

    /** Sends outcomes, and returns those that are to be sent again. */
    private List<PendingOutcome> send(List<PendingOutcome> batch) {
        List<PendingOutcome> left = new ArrayList<>();
        List<EntryResult<SettleResult>> results = settle(batch);
        for (int i = 0; i < batch.size(); i++) {
            PendingOutcome pending = batch.get(i);
            EntryResult<SettleResult> result = results.get(i);
            if (isRetried(pending, result)) {
                left.add(pending.again());
            } else {
                finish(pending);
            }
            log(pending, result);
        }
        return left;
    }

    private static boolean isRetried(PendingOutcome pending, EntryResult<SettleResult> result) {
        return pending.tries() + 1 < TRIES && result.fold(verdict -> false, StoreUnavailable.class::isInstance);
    }

    private static void log(PendingOutcome pending, EntryResult<SettleResult> result) {
        try {
            result.fold(verdict -> pending.attempt().settled(verdict), failure -> failed(pending, failure));
        } catch (Throwable e) { // a log that fails must not cost the other outcomes
        }
    }

    private List<EntryResult<SettleResult>> settle(List<PendingOutcome> batch) {
        try {
            return jobs.settleAll(batch.stream().map(PendingOutcome::report).toList())
                    .subList(0, batch.size());
        } catch (Throwable e) { // after an Error, such as one for want of memory, it is tried again
            RuntimeException failure = e instanceof RuntimeException known ? known : new StoreUnavailable(e);
            return Collections.nCopies(batch.size(), new EntryResult.Failed<>(failure));
        }
    }

    private static boolean failed(PendingOutcome pending, RuntimeException failure) {
        String message = "cannot settle job " + pending.attempt().id();
        if (failure instanceof StoreUnavailable) {
            LOG.log(Level.WARNING, "{0}: {1}", message, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, message, failure);
        }
        return false;
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
