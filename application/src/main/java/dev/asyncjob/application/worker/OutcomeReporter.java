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
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Outcomes on their way to the store: what gathers while one batch is sent is the next, and what the store could not
 * take is sent again after a rest. Safe for use from any thread.
 */
final class OutcomeReporter {
    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    private static final int BATCH = Claim.MAX_JOBS;

    /** Batches on their way at once, at most: while one waits for its commit, the database has time for another. */
    private static final int SENDERS = 2;

    private static final int TRIES = 10;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private final WorkQueue jobs;
    private final Consumer<Attempt> finished;
    private final Runnable sent;
    private final ScheduledThreadPoolExecutor postman;
    private final Queue<Letter> letters = new ConcurrentLinkedQueue<>();
    private final AtomicInteger senders = new AtomicInteger();
    private final AtomicInteger unsettled = new AtomicInteger();

    /**
     * Nothing is in it.
     *
     * @param finished told of each attempt whose outcome was settled or refused, or is given up
     * @param sent run after each batch
     * @param threads makes those that send, when there is something to send
     */
    OutcomeReporter(WorkQueue jobs, Consumer<Attempt> finished, Runnable sent, ThreadFactory threads) {
        this.jobs = jobs;
        this.finished = finished;
        this.sent = sent;
        this.postman = new ScheduledThreadPoolExecutor(SENDERS, threads);
        postman.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** An outcome that was sent so many times in vain. */
    private record Letter(Attempt attempt, Outcome outcome, int tries) {
        OutcomeReport report() {
            return attempt.report(outcome);
        }

        Letter again() {
            return new Letter(attempt, outcome, tries + 1);
        }

        /** Twice as long after each try. */
        Duration pause() {
            return FIRST_PAUSE.multipliedBy(1L << (tries - 1));
        }
    }

    /** Sends an outcome, soon and in another thread. */
    void add(Attempt attempt, Outcome outcome) {
        unsettled.incrementAndGet();
        post(new Letter(attempt, outcome, 0));
    }

    /** Sends an outcome in the caller's thread, again and again if need be. */
    void send(Attempt attempt, Outcome outcome) throws InterruptedException {
        unsettled.incrementAndGet();
        List<Letter> left = send(List.of(new Letter(attempt, outcome, 0)));
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

    /** Sends nothing more; the thread is not interrupted, since it may be in the store. */
    void close() {
        letters.clear();
        postman.shutdown();
    }

    private void post(Letter letter) {
        letters.add(letter);
        callSenders();
    }

    /** One sender if there is anything to send, and another for a whole batch that would wait for the first. */
    private void callSenders() {
        int busy = senders.get();
        while (busy < SENDERS && !letters.isEmpty() && (busy == 0 || size() >= (busy + 1) * BATCH)) {
            if (senders.compareAndSet(busy, busy + 1)) {
                callSender();
            }
            busy = senders.get();
        }
    }

    private void callSender() {
        try {
            postman.execute(this::sendGathered);
        } catch (RejectedExecutionException e) { // closed: the leases were given back, or will run out
            LOG.log(Level.DEBUG, "{0} outcomes come too late", size());
        }
    }

    private void sendGathered() {
        try {
            for (List<Letter> batch = gathered(); !batch.isEmpty(); batch = gathered()) {
                send(batch).forEach(this::sendLater);
                sent.run();
            }
        } finally {
            senders.decrementAndGet();
        }
        callSenders(); // for what came after the last look
    }

    private List<Letter> gathered() {
        List<Letter> batch = new ArrayList<>();
        for (Letter letter = letters.poll(); letter != null; letter = batch.size() < BATCH ? letters.poll() : null) {
            batch.add(letter);
        }
        return batch;
    }

    private void sendLater(Letter letter) {
        var unused = postman.schedule(() -> post(letter), letter.pause().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Sends what still counts, and answers with what is to be sent again. Never throws. */
    private List<Letter> send(List<Letter> batch) {
        List<Letter> left = new ArrayList<>();
        List<Letter> valid = new ArrayList<>();
        for (Letter letter : batch) {
            if (letter.attempt().isLost()) {
                finish(letter);
            } else {
                valid.add(letter);
            }
        }
        if (valid.isEmpty()) {
            return left;
        }
        List<EntryResult<SettleResult>> results =
                jobs.settleAll(valid.stream().map(Letter::report).toList());
        for (int i = 0; i < valid.size(); i++) {
            Letter letter = valid.get(i);
            results.get(i).fold(verdict -> settled(letter, verdict), failure -> failed(letter, failure, left));
        }
        return left;
    }

    private boolean failed(Letter letter, RuntimeException failure, List<Letter> left) {
        if (failure instanceof StoreUnavailable) {
            LOG.log(
                    Level.WARNING,
                    "cannot settle job {0}: {1}",
                    letter.attempt().id(),
                    failure.getMessage());
            putOff(letter, left);
        } else {
            LOG.log(Level.ERROR, "cannot settle job " + letter.attempt().id(), failure);
            finish(letter);
        }
        return false;
    }

    private void putOff(Letter letter, List<Letter> left) {
        if (letter.tries() + 1 < TRIES) {
            left.add(letter.again());
        } else {
            finish(letter);
        }
    }

    private boolean settled(Letter letter, SettleResult verdict) {
        letter.attempt().settled(verdict);
        finish(letter);
        return true;
    }

    private void finish(Letter letter) {
        finished.accept(letter.attempt());
        if (unsettled.decrementAndGet() == 0) {
            synchronized (this) {
                notifyAll();
            }
        }
    }
}
