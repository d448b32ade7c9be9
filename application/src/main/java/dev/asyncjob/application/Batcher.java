package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns the queries of many callers into few calls: queries that arrive while one call is in flight form the batch of
 * the next call. Without load each query is a call of its own and starts at once.
 *
 * <p>A query joins only a call that starts after the query arrived, so its answer is as fresh as that of a call of its
 * own. When a call fails for another reason than {@link StoreUnavailable}, each of its queries is asked alone, so that
 * one query cannot fail the others. Safe for use from any thread.
 *
 * @param <Q> the query; its {@code equals} decides which asynchronous queries share an answer
 * @param <A> the answer
 */
public final class Batcher<Q, A> {
    // Implementation note
    //
    // Threads. The batcher has none. At most one call is in flight (field lead). The batch after it is called by its
    // first entry: on the executor of an asynchronous caller, or in the thread of a blocked caller. A single query of a
    // blocked caller runs in the thread of that caller and delays no other caller.
    //
    // Order. Blocked callers are woken before the next call starts. Asynchronous answers may have to be written to a
    // connection, so the next call starts before they are given.
    //
    // Deadline. A query has Deadline.LIMIT from its arrival; it fails if earlier calls have left it too little time. A
    // call that does not come back loses the lead: its queries fail, and the next batch is called.
    //
    // Outage. When a call ends with StoreUnavailable, all its queries fail, and those that have waited for longer than
    // PATIENCE: another call would take them past the three seconds within which an outage is reported.

    /** How long a query may have waited when a call fails, and still takes part in the next. */
    public static final Duration PATIENCE = Duration.ofMillis(400);

    private static final Duration LOST_TIME = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final Logger LOG = System.getLogger(Batcher.class.getName());

    private final int max;
    private final Function<List<Q>, List<Optional<A>>> together;
    private final Function<Q, A> alone;
    private final Execution execution;

    /** By query if the caller is asynchronous, by itself if it is blocked; the oldest first. Guarded by this. */
    private final Map<Object, BatchEntry<Q, A>> waiting = new LinkedHashMap<>();

    /** The call in flight, if any. Guarded by this, as are the flags: will checkLead() run, was a call lost. */
    private @Nullable BatchLead<Q, A> lead;

    private boolean watched;
    private long watchEnd;
    private boolean isLosing;
    private long lostAt;

    /**
     * A batcher without queries.
     *
     * @param max queries in one call, 1 or more
     * @param together answers a batch in its order; an empty entry means that this query has to be asked alone
     * @param alone answers one query
     */
    public Batcher(int max, Function<List<Q>, List<Optional<A>>> together, Function<Q, A> alone) {
        this(max, together, alone, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    public Batcher(int max, Function<List<Q>, List<Optional<A>>> together, Function<Q, A> alone, Execution execution) {
        this.max = max;
        this.together = together;
        this.alone = alone;
        this.execution = execution;
    }

    /**
     * Answers one query, and blocks the caller until then.
     *
     * @throws StoreUnavailable if the store is unavailable
     * @throws RuntimeException if the query fails by itself
     */
    public A answerTo(Q query) {
        CompletableFuture<Runnable> turn = new CompletableFuture<>();
        BatchEntry<Q, A> mine = new BatchEntry<>(query, Runnable::run, turn, execution);
        enter(mine, mine);
        BatchEntry.awaitTurn(execution, turn, this::checkLead).run();
        if (!mine.answer.isDone()) {
            return Deadline.within(execution, mine.left(), () -> alone.apply(query));
        }
        return mine.result().fold(answer -> answer, failure -> {
            throw failure instanceof StoreUnavailable ? new StoreUnavailable(failure) : failure;
        });
    }

    /**
     * Answers one query without blocking the caller. Equal queries that wait for the same call share one answer.
     *
     * @param executor runs the call and completes the answer; if it rejects tasks, the caller's thread does both
     * @return the answer; null without memory for a failure; fails with what {@link #answerTo(Object)} throws
     */
    public CompletableFuture<A> answerTo(Q query, Executor executor) {
        return enter(query, new BatchEntry<Q, A>(query, executor, null, execution)).answer;
    }

    /**
     * Answers many queries of one caller, in the caller's thread and without waiting for other callers: together where
     * that is possible, the others alone. Each batch has a {@link Deadline} of its own; after it, and after
     * {@link StoreUnavailable}, the remaining queries fail with {@link StoreUnavailable}.
     *
     * @return a result for each query, in the same order; failures are results, not exceptions
     */
    public List<EntryResult<A>> answersTo(List<Q> queries) {
        SingleCalls<Q, A> singles = new SingleCalls<>(alone, execution);
        List<BatchEntry<Q, A>> entries = queries.stream()
                .map(query -> new BatchEntry<Q, A>(query, Runnable::run, null, execution))
                .toList();
        for (int from = 0; from < entries.size(); from += max) {
            List<BatchEntry<Q, A>> batch = entries.subList(from, Math.min(from + max, entries.size()));
            Runnable call = () -> BatchEntry.call(batch, together, singles).run();
            Deadline.run(execution, Deadline.LIMIT, call);
        }
        return entries.stream().map(BatchEntry::result).toList();
    }

    private void callBatch(BatchLead<Q, A> mine) {
        boolean interrupted = Thread.interrupted(); // concerns this caller, not the others of the batch
        try {
            answerBatch(mine);
        } catch (Throwable e) { // of memory
            giveUp(mine, false, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void answerBatch(BatchLead<Q, A> mine) {
        List<BatchEntry<Q, A>> batch = begin(mine);
        SingleCalls<Q, A> singles = new SingleCalls<>(alone, execution);
        Duration left = batch.isEmpty() ? Deadline.LIMIT : batch.get(0).left();
        Runnable answers = Deadline.within(execution, left, () -> BatchEntry.call(batch, together, singles));
        StoreUnavailable outage = singles.outage();
        if (outage != null) {
            takeImpatient(mine);
        }
        if (mine.leader.isBlocked()) {
            answers.run();
        } else {
            startNext(mine, false);
            Deadline.run(execution, left, answers);
        }
        if (outage != null) {
            BatchEntry.fail(mine.impatient, outage);
        }
        startNext(mine, false); // nothing if it was passed on before
    }

    /** Adds an entry, unless one with this key is there, and starts a call if none is in flight. */
    private BatchEntry<Q, A> enter(Object key, BatchEntry<Q, A> added) {
        BatchEntry<Q, A> entry;
        BatchLead<Q, A> started;
        synchronized (this) {
            entry = Objects.requireNonNullElse(waiting.putIfAbsent(key, added), added);
            started = nextLead();
            watch();
        }
        start(started);
        return entry;
    }

    /** Passes the lead, if none has it, to the first entry, if there is one. */
    private synchronized @Nullable BatchLead<Q, A> nextLead() {
        if (lead != null || waiting.isEmpty()) {
            return null;
        }
        BatchLead<Q, A> next = new BatchLead<>(waiting.values().iterator().next(), execution, this::callBatch);
        lead = next;
        return next;
    }

    private void start(@Nullable BatchLead<Q, A> next) {
        if (next != null) {
            next.leader.start(next.call);
        }
    }

    /** Lets checkLead() run when the lead ends, or soon. What prevents it lasts until the next entry. Never throws. */
    private synchronized void watch() {
        try {
            if ((waiting.isEmpty() && lead == null) || (watched && execution.nanoTime() - watchEnd < 0)) {
                return;
            }
            Duration left = lead == null || lead.left().isNegative() ? RETRY : lead.left();
            var unused = execution.after(left.plusMillis(1), this::checkSoon);
            watchEnd = execution.nanoTime() + left.plus(RETRY).toNanos(); // without memory, a timer may be lost
            watched = true;
        } catch (Throwable e) { // of memory; a log could fail as well
        }
    }

    /** Runs in the timer's thread, which must not call the store. */
    private void checkSoon() {
        try {
            execution.execute(this::checkLead);
        } catch (Throwable e) { // the system has no thread to spare
            synchronized (this) {
                watched = false;
                watch();
            }
        }
    }

    /**
     * Takes the lead from a call that does not come back, fails its queries and starts the next, if none was started.
     */
    void checkLead() {
        BatchLead<Q, A> lost;
        BatchLead<Q, A> next;
        synchronized (this) {
            watched = false;
            lost = lead == null || !lead.left().isNegative() ? null : lead;
            next = nextLead();
            watch();
        }
        start(next);
        if (lost != null) {
            giveUp(lost, true, new StoreUnavailable(new TimeoutException("the call does not come back")));
            LOG.log(Level.WARNING, "a call of the job store does not come back; its thread and connection are lost");
        }
    }

    private void giveUp(BatchLead<Q, A> one, boolean isLost, Throwable failure) {
        try {
            startNext(one, isLost);
        } finally {
            one.fail(failure);
        }
    }

    /** Whether a call did not come back in the last ten seconds, and none has since. */
    synchronized boolean isLosingCalls() {
        return isLosing && execution.since(lostAt).compareTo(LOST_TIME) < 0;
    }

    /** Takes the batch of the next call; nothing if the call has lost the lead before it began. */
    private synchronized List<BatchEntry<Q, A>> begin(BatchLead<Q, A> mine) {
        if (lead == mine) {
            mine.batch = BatchEntry.take(waiting.values(), max, entry -> true);
        }
        return mine.batch;
    }

    private synchronized void takeImpatient(BatchLead<Q, A> mine) {
        mine.impatient = BatchEntry.take(waiting.values(), Integer.MAX_VALUE, entry -> entry.isOlderThan(PATIENCE));
    }

    /** Passes the lead on to the next entry that has time left, unless the call has lost it or passed it on. */
    private void startNext(BatchLead<Q, A> mine, boolean isLost) {
        BatchLead<Q, A> next;
        synchronized (this) {
            if (lead != mine) {
                return;
            }
            lead = null; // first: without memory for the rest, the next entry makes the next call
            isLosing = isLost;
            try {
                lostAt = execution.nanoTime();
                mine.late = BatchEntry.take(waiting.values(), Integer.MAX_VALUE, BatchEntry::isLate);
                next = nextLead();
            } finally {
                watch();
            }
        }
        start(next);
        if (!mine.late.isEmpty()) {
            BatchEntry.fail(mine.late, new StoreUnavailable(new TimeoutException("earlier calls took too long")));
        }
    }

    synchronized int waiting() {
        return waiting.size();
    }
}
