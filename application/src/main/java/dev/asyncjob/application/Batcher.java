package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

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
    // Threads. The batcher has no thread and no timer. At most one call is in flight (flag inFlight). The batch after
    // it is called by its first entry: in the thread of the blocked caller, which is woken for that, or on the executor
    // of the asynchronous caller. A single query of a blocked caller runs in the thread of that caller and delays no
    // other caller.
    //
    // Order. Blocked callers are woken before the next call starts. Asynchronous answers may have to be written to a
    // connection, so the next call starts before they are given.
    //
    // Outage. When a call ends with StoreUnavailable, all its queries fail. Of the waiting queries those fail too that
    // have waited for longer than PATIENCE: another call with a time limit of its own would take them past the three
    // seconds within which an outage is reported.

    /** How long a query may have waited when a call fails, so that it still takes part in the next call. */
    public static final Duration PATIENCE = Duration.ofMillis(400);

    private final int max;
    private final Function<List<Q>, List<Optional<A>>> together;
    private final Function<Q, A> alone;
    private final LongSupplier nanoTime;

    /** By query if the caller is asynchronous, by itself if it is blocked; the oldest first. Guarded by this. */
    private final Map<Object, Entry> waiting = new LinkedHashMap<>();

    private boolean inFlight;

    /**
     * A batcher without queries.
     *
     * @param max queries in one call, 1 or more
     * @param together answers a batch in its order; an empty entry means that this query has to be asked alone
     * @param alone answers one query
     */
    public Batcher(int max, Function<List<Q>, List<Optional<A>>> together, Function<Q, A> alone) {
        this(max, together, alone, System::nanoTime);
    }

    Batcher(int max, Function<List<Q>, List<Optional<A>>> together, Function<Q, A> alone, LongSupplier nanoTime) {
        this.max = max;
        this.together = together;
        this.alone = alone;
        this.nanoTime = nanoTime;
    }

    /** A query that waits for its answer. */
    private abstract class Entry {
        final Q query;
        private final long since = nanoTime.getAsLong();

        Entry(Q query) {
            this.query = query;
        }

        boolean isImpatient() {
            return nanoTime.getAsLong() - since > PATIENCE.toNanos();
        }

        abstract void callNextBatch();

        abstract void succeed(A answer);

        abstract void fail(Throwable failure);

        abstract void askAlone(SingleCalls<Q, A> singles);
    }

    private final class BlockedCaller extends Entry {
        /** Completed with whether this caller makes the next call; if not, its answer is there. */
        final CompletableFuture<Boolean> turn = new CompletableFuture<>();

        /** Evaluated in the thread of the caller. */
        Supplier<A> answer = () -> alone.apply(query);

        BlockedCaller(Q query) {
            super(query);
        }

        @Override
        void callNextBatch() {
            turn.complete(true);
        }

        @Override
        void succeed(A found) {
            answer = () -> found;
            turn.complete(false);
        }

        @Override
        void fail(Throwable thrown) {
            answer = () -> {
                if (thrown instanceof Error error) {
                    throw error;
                }
                throw thrown instanceof StoreUnavailable ? new StoreUnavailable(thrown) : (RuntimeException) thrown;
            };
            turn.complete(false);
        }

        @Override
        void askAlone(SingleCalls<Q, A> singles) {
            turn.complete(false);
        }
    }

    private final class AsyncCaller extends Entry {
        final CompletableFuture<A> answer = new CompletableFuture<>();
        private final Executor executor;

        AsyncCaller(Q query, Executor executor) {
            super(query);
            this.executor = executor;
        }

        @Override
        void callNextBatch() {
            try {
                executor.execute(this::callBatch);
            } catch (RejectedExecutionException e) { // the executor has stopped; the caller still gets an answer
                callBatch();
            }
        }

        private void callBatch() {
            Runnable answers = call(take(max, entry -> true));
            next().ifPresent(Entry::callNextBatch);
            answers.run();
        }

        @Override
        void succeed(A found) {
            answer.complete(found);
        }

        @Override
        void fail(Throwable thrown) {
            answer.completeExceptionally(thrown);
        }

        @Override
        void askAlone(SingleCalls<Q, A> singles) {
            try {
                singles.ask(query).fold(answer::complete, answer::completeExceptionally);
            } catch (Throwable e) { // the other queries of the batch still get their answers
                fail(e);
            }
        }
    }

    /**
     * Answers one query, and blocks the caller until then.
     *
     * @throws StoreUnavailable if the store is unavailable
     * @throws RuntimeException if the query fails by itself
     */
    public A answerTo(Q query) {
        BlockedCaller mine = new BlockedCaller(query);
        if (isFirst(mine, mine) || mine.turn.join()) {
            boolean interrupted = Thread.interrupted(); // concerns this caller, not the others of the batch
            call(take(max, entry -> true)).run();
            next().ifPresent(Entry::callNextBatch);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return mine.answer.get();
    }

    /**
     * Answers one query without blocking the caller. Equal queries that wait for the same call share one answer.
     *
     * @param executor runs the call and completes the answer; if it rejects tasks, the caller's thread does both
     * @return the answer; completed exceptionally with what {@link #answerTo(Object)} would throw
     */
    public CompletableFuture<A> answerTo(Q query, Executor executor) {
        AsyncCaller entry;
        boolean first;
        synchronized (this) {
            entry = (AsyncCaller) waiting.computeIfAbsent(query, key -> new AsyncCaller(query, executor));
            first = isFirst(query, entry);
        }
        if (first) {
            entry.callNextBatch();
        }
        return entry.answer;
    }

    /**
     * Answers many queries of one caller, in the caller's thread and without waiting for other callers: together where
     * that is possible, the others alone. After {@link StoreUnavailable}, or when the single calls have taken five
     * seconds, the remaining queries fail with {@link StoreUnavailable}.
     *
     * @return a result for each query, in the same order; failures are results, not exceptions
     */
    public List<EntryResult<A>> answersTo(List<Q> queries) {
        SingleCalls<Q, A> singles = new SingleCalls<>(alone, nanoTime);
        List<EntryResult<A>> answers = new ArrayList<>(queries.size());
        for (int from = 0; from < queries.size(); from += max) {
            List<Q> batch = queries.subList(from, Math.min(from + max, queries.size()));
            List<Optional<EntryResult<A>>> found = singles.firstTogether(batch, together);
            for (int i = 0; i < batch.size(); i++) {
                Q query = batch.get(i);
                answers.add(found.get(i).orElseGet(() -> singles.ask(query)));
            }
        }
        return answers;
    }

    /** Makes one call. Neither this nor the returned task, which gives the answers, throws anything. */
    private Runnable call(List<Entry> batch) {
        try {
            List<Optional<A>> answers = together.apply(
                            batch.stream().map(entry -> entry.query).toList())
                    .subList(0, batch.size());
            return () -> giveAnswers(batch, answers);
        } catch (StoreUnavailable e) {
            batch.addAll(take(Integer.MAX_VALUE, Entry::isImpatient));
            return () -> batch.forEach(entry -> entry.fail(e));
        } catch (Throwable e) {
            return batch.size() == 1
                    ? () -> batch.get(0).fail(e)
                    : () -> giveAnswers(batch, Collections.nCopies(batch.size(), Optional.empty()));
        }
    }

    private void giveAnswers(List<Entry> batch, List<Optional<A>> answers) {
        SingleCalls<Q, A> singles = new SingleCalls<>(alone, nanoTime);
        for (int i = 0; i < batch.size(); i++) {
            Entry entry = batch.get(i);
            answers.get(i).ifPresentOrElse(entry::succeed, () -> entry.askAlone(singles));
        }
    }

    private synchronized boolean isFirst(Object key, Entry entry) {
        waiting.put(key, entry);
        boolean first = !inFlight;
        inFlight = true;
        return first;
    }

    /** Takes waiting entries, the oldest first. */
    private synchronized List<Entry> take(int most, Predicate<Entry> wanted) {
        List<Entry> taken = new ArrayList<>();
        waiting.values().removeIf(entry -> taken.size() < most && wanted.test(entry) && taken.add(entry));
        return taken;
    }

    /** The entry that makes the next call. */
    private synchronized Optional<Entry> next() {
        Optional<Entry> next = waiting.values().stream().findFirst();
        inFlight = next.isPresent();
        return next;
    }

    /** How many queries wait for the next call. */
    synchronized int waiting() {
        return waiting.size();
    }
}
