package dev.asyncjob.application.worker;

import dev.asyncjob.application.EntryResult;
import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
    private final Consumer<Stream<Attempt>> beforeOutcomes;
    private final Consumer<Attempt> onFinished;
    private final Runnable onSent;
    private final Queue<PendingOutcome> queue = new ConcurrentLinkedQueue<>();

    /** Outcomes that are sent again when their pause is over. */
    private final Queue<PendingOutcome> later = new ConcurrentLinkedQueue<>();

    private final AtomicInteger unsettled = new AtomicInteger();
    private final Execution execution;
    private final BackgroundLoop sender;

    /**
     * Works while a whole batch would wait: while one batch waits for its commit, the database has time for another.
     */
    private final BackgroundLoop secondSender;

    /** Completed when no outcome is left; {@link #awaitEmpty} waits for it. */
    private volatile CompletableFuture<Boolean> emptied = new CompletableFuture<>();

    /**
     * A reporter without outcomes, and without threads before {@link #start()}.
     *
     * @param beforeOutcomes gets the attempts of each batch before their outcomes are sent
     * @param onFinished gets each attempt whose outcome was settled, refused or given up
     * @param onSent runs after each batch
     */
    OutcomeReporter(
            WorkQueue jobs,
            Consumer<Stream<Attempt>> beforeOutcomes,
            Consumer<Attempt> onFinished,
            Runnable onSent,
            Execution execution) {
        this.jobs = jobs;
        this.beforeOutcomes = beforeOutcomes;
        this.onFinished = onFinished;
        this.onSent = onSent;
        this.execution = execution;
        this.sender = newSender();
        this.secondSender = newSender();
    }

    /** An outcome. Changed by the thread that sends it. */
    private static final class PendingOutcome {
        private final Attempt attempt;
        private final Outcome outcome;
        private int tries;

        /** When it is sent again, on the clock of the execution. */
        private long next;

        PendingOutcome(Attempt attempt, Outcome outcome) {
            this.attempt = attempt;
            this.outcome = outcome;
        }

        OutcomeReport report() {
            return attempt.report(outcome);
        }

        /** Counts a try, and returns whether there is another; the pause before it doubles with each. */
        boolean isRetried(EntryResult<SettleResult> result, long now) {
            next = now + FIRST_PAUSE.toNanos() * (1L << tries);
            tries++;
            return tries < TRIES && result.fold(verdict -> false, StoreUnavailable.class::isInstance);
        }
    }

    void start() {
        sender.start();
        secondSender.start();
    }

    /** Sends an outcome, soon and in another thread. */
    void add(Attempt attempt, Outcome outcome) {
        PendingOutcome pending = new PendingOutcome(attempt, outcome);
        unsettled.incrementAndGet();
        try {
            queue.add(pending);
        } catch (Throwable e) { // of memory
            settled();
            throw e;
        }
        sender.signal();
        if (size() >= 2 * BATCH) {
            secondSender.signal();
        }
    }

    /** Sends an outcome in the caller's thread, several times if need be, until the thread is interrupted. */
    void send(Attempt attempt, Outcome outcome) {
        List<PendingOutcome> batch = new ArrayList<>(List.of(new PendingOutcome(attempt, outcome)));
        unsettled.incrementAndGet();
        try {
            send(batch);
            while (!batch.isEmpty()) {
                execution.await(new CompletableFuture<>(), execution.until(batch.get(0).next));
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                send(batch);
            }
        } finally {
            for (int i = 0; i < batch.size(); i++) { // an outcome that is given up
                settled();
            }
        }
    }

    /** How many outcomes are neither settled nor given up. */
    int size() {
        return unsettled.get();
    }

    /** Waits until all outcomes are settled or given up; false if they are not in time. */
    boolean awaitEmpty(Duration timeout) {
        long deadline = execution.nanoTime() + timeout.toNanos();
        boolean inTime = true;
        while (inTime && size() > 0) {
            CompletableFuture<Boolean> next = new CompletableFuture<>();
            emptied = next;
            inTime = size() == 0 || execution.await(next, execution.until(deadline));
        }
        return inTime;
    }

    /** Sends nothing more after the batches in progress. */
    void close() {
        queue.clear();
        later.clear();
        sender.stop(Duration.ZERO);
        secondSender.stop(Duration.ZERO);
    }

    private BackgroundLoop newSender() {
        List<PendingOutcome> batch = new ArrayList<>(BATCH); // with its memory: what is in it is not lost
        return execution.loop(
                "asyncjob-settle", () -> sendQueued(batch), e -> LOG.log(Level.ERROR, "cannot settle outcomes", e));
    }

    private Duration sendQueued(List<PendingOutcome> batch) {
        requeueDue();
        while (fill(batch)) {
            send(batch);
            for (int i = batch.size() - 1; i >= 0; i--) {
                later.add(batch.get(i));
                batch.remove(i);
            }
            onSent.run();
        }
        long now = execution.nanoTime();
        long pause = later.stream().mapToLong(one -> one.next - now).min().orElse(Long.MAX_VALUE);
        return Duration.ofNanos(pause);
    }

    /** One sender at a time, so that no outcome is queued twice. */
    private synchronized void requeueDue() {
        long now = execution.nanoTime();
        later.removeIf(pending -> pending.next - now <= 0 && queue.add(pending));
    }

    /** Takes outcomes, behind those that an Error has left in the batch; false if there is none. */
    private boolean fill(List<PendingOutcome> batch) {
        for (var next = next(batch); next != null; next = next(batch)) {
            batch.add(next);
        }
        return !batch.isEmpty();
    }

    private @Nullable PendingOutcome next(List<PendingOutcome> batch) {
        return batch.size() < BATCH ? queue.poll() : null;
    }

    /** Sends outcomes that still count, and leaves those in the batch that are to be sent again. */
    private void send(List<PendingOutcome> batch) {
        for (int i = batch.size() - 1; i >= 0; i--) {
            if (batch.get(i).attempt.isAbandoned()) {
                finish(batch, i);
            }
        }
        List<EntryResult<SettleResult>> results = settle(batch);
        for (int i = batch.size() - 1; i >= 0; i--) { // from the end, so that the others keep their places
            PendingOutcome pending = batch.get(i);
            if (!pending.isRetried(results.get(i), execution.nanoTime())) {
                finish(batch, i);
            }
            log(pending, results.get(i));
        }
    }

    private void finish(List<PendingOutcome> batch, int place) {
        onFinished.accept(batch.get(place).attempt);
        batch.remove(place);
        settled();
    }

    private void settled() {
        if (unsettled.decrementAndGet() == 0) {
            emptied.complete(true);
        }
    }

    private static void log(PendingOutcome pending, EntryResult<SettleResult> result) {
        try {
            result.fold(verdict -> pending.attempt.settled(verdict), failure -> failed(pending, failure));
        } catch (Throwable e) { // a log that fails must not cost the other outcomes
        }
    }

    private List<EntryResult<SettleResult>> settle(List<PendingOutcome> batch) {
        if (batch.isEmpty()) {
            return List.of();
        }
        try {
            beforeOutcomes.accept(batch.stream().map(pending -> pending.attempt));
            return jobs.settleAll(batch.stream().map(PendingOutcome::report).toList())
                    .subList(0, batch.size());
        } catch (Throwable e) { // after an Error, such as one for want of memory, it is tried again
            RuntimeException failure = e instanceof RuntimeException known ? known : new StoreUnavailable(e);
            return Collections.nCopies(batch.size(), new EntryResult.Failed<>(failure));
        }
    }

    private static boolean failed(PendingOutcome pending, RuntimeException failure) {
        String message = "cannot settle job " + pending.attempt.id();
        if (failure instanceof StoreUnavailable) {
            LOG.log(Level.WARNING, "{0}: {1}", message, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, message, failure);
        }
        return false;
    }
}
