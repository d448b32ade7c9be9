package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
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
    // Threads. The batcher has no thread and no timer. At most one call is in flight (flag inFlight). The batch after
    // it is called by its first entry: on the executor of an asynchronous caller, or in the thread of a blocked caller,
    // which waits for its turn. A single query of a blocked caller runs in the thread of that caller and delays no
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

    /** How long the single calls of one batch may take altogether, since the time limits of many calls add up. */
    static final Duration SINGLES_LIMIT = Duration.ofSeconds(5);

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
    private final class Entry {
        final Q query;
        final CompletableFuture<A> answer = new CompletableFuture<>();
        private final Executor executor;
        private final boolean blocked;
        private final long since = nanoTime.getAsLong();

        Entry(Q query, Executor executor, boolean blocked) {
            this.query = query;
            this.executor = executor;
            this.blocked = blocked;
        }

        boolean isImpatient() {
            return nanoTime.getAsLong() - since > PATIENCE.toNanos();
        }

        void callNextBatch() {
            FutureTask<Boolean> call = new FutureTask<>(this::callBatch, true);
            try {
                executor.execute(call);
            } catch (Throwable e) { // it has stopped, or has no thread; the callers still get an answer
                call.run(); // does nothing if the executor has run it, or runs it later
            }
        }

        private void callBatch() {
            boolean interrupted = Thread.interrupted(); // concerns this caller, not the others of the batch
            Singles singles = new Singles();
            List<Entry> batch = take(max, entry -> true);
            Runnable answers = call(batch, singles);
            if (singles.outage != null) {
                batch.addAll(take(Integer.MAX_VALUE, Entry::isImpatient));
            }
            if (blocked) {
                answers.run();
            }
            next().ifPresent(Entry::callNextBatch);
            if (!blocked) {
                answers.run();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        void askAlone(Singles singles) {
            if (blocked) {
                executor.execute(() -> {}); // the caller asks by itself
            } else {
                singles.ask(this);
            }
        }

        /** The answer that is there. */
        EntryResult<A> result() {
            try {
                return new EntryResult.Answered<>(answer.join());
            } catch (CompletionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                return new EntryResult.Failed<>(e.getCause() instanceof RuntimeException failure ? failure : e);
            }
        }
    }

    /** The single calls of one batch. None is made once the store is unavailable or the time is up. */
    private final class Singles {
        @Nullable
        StoreUnavailable outage;

        private long nanos;

        void ask(Entry entry) {
            if (outage == null && nanos > SINGLES_LIMIT.toNanos()) {
                outage = new StoreUnavailable(new TimeoutException("single calls took too long"));
            }
            try {
                entry.answer.complete(call(entry.query));
            } catch (Throwable e) { // the other queries of the batch still get their answers
                outage = e instanceof StoreUnavailable failure && !(e instanceof JobLocked) ? failure : null;
                entry.answer.completeExceptionally(e);
            }
        }

        private A call(Q query) {
            if (outage != null) {
                throw outage;
            }
            long start = nanoTime.getAsLong();
            try {
                return alone.apply(query);
            } finally {
                nanos += nanoTime.getAsLong() - start;
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
        CompletableFuture<Runnable> turn = new CompletableFuture<>();
        Entry mine = new Entry(query, turn::complete, true);
        var unused = mine.answer.whenComplete((answer, failure) -> turn.complete(() -> {}));
        enter(mine, mine);
        turn.join().run();
        if (!mine.answer.isDone()) {
            return alone.apply(query);
        }
        return mine.result().fold(answer -> answer, failure -> {
            throw failure instanceof StoreUnavailable ? new StoreUnavailable(failure) : failure;
        });
    }

    /**
     * Answers one query without blocking the caller. Equal queries that wait for the same call share one answer.
     *
     * @param executor runs the call and completes the answer; if it rejects tasks, the caller's thread does both
     * @return the answer; completed exceptionally with what {@link #answerTo(Object)} would throw
     */
    public CompletableFuture<A> answerTo(Q query, Executor executor) {
        return enter(query, new Entry(query, executor, false)).answer;
    }

    /**
     * Answers many queries of one caller, in the caller's thread and without waiting for other callers: together where
     * that is possible, the others alone. After {@link StoreUnavailable}, or when the single calls have taken five
     * seconds, the remaining queries fail with {@link StoreUnavailable}.
     *
     * @return a result for each query, in the same order; failures are results, not exceptions
     */
    public List<EntryResult<A>> answersTo(List<Q> queries) {
        Singles singles = new Singles();
        List<Entry> entries = queries.stream()
                .map(query -> new Entry(query, Runnable::run, false))
                .toList();
        for (int from = 0; from < entries.size(); from += max) {
            call(entries.subList(from, Math.min(from + max, entries.size())), singles)
                    .run();
        }
        return entries.stream().map(Entry::result).toList();
    }

    /** Makes one call. Neither this nor the returned task, which gives the answers, throws anything. */
    private Runnable call(List<Entry> batch, Singles singles) {
        try {
            if (singles.outage != null) {
                throw singles.outage;
            }
            List<Q> queries = batch.stream().map(entry -> entry.query).toList();
            List<Optional<A>> answers = List.copyOf(together.apply(queries)).subList(0, batch.size());
            return () -> giveAnswers(batch, answers, singles);
        } catch (StoreUnavailable e) {
            singles.outage = e;
            return () -> batch.forEach(entry -> entry.answer.completeExceptionally(e));
        } catch (Throwable e) { // one query must not fail the others
            return batch.size() == 1
                    ? () -> batch.get(0).answer.completeExceptionally(e)
                    : () -> giveAnswers(batch, Collections.nCopies(batch.size(), Optional.empty()), singles);
        }
    }

    private void giveAnswers(List<Entry> batch, List<Optional<A>> answers, Singles singles) {
        for (int i = 0; i < batch.size(); i++) {
            Entry entry = batch.get(i);
            answers.get(i).ifPresentOrElse(entry.answer::complete, () -> entry.askAlone(singles));
        }
    }

    /** Adds an entry, unless one with this key is there, and starts a call if none is in flight. */
    private Entry enter(Object key, Entry added) {
        Entry entry;
        boolean first;
        synchronized (this) {
            entry = Objects.requireNonNullElse(waiting.putIfAbsent(key, added), added);
            first = !inFlight;
            inFlight = true;
        }
        if (first) {
            entry.callNextBatch();
        }
        return entry;
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
