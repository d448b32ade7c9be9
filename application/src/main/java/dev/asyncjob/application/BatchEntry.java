package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A query that waits for its answer in a {@link Batcher}, and has {@link Deadline#LIMIT} from its arrival. Safe for use
 * from any thread.
 *
 * @param <Q> the query
 * @param <A> the answer
 */
final class BatchEntry<Q, A> {
    /** The time that a query must have left to take part in a call: enough for a connection and a statement. */
    static final Duration LEAST_TIME = Duration.ofSeconds(1);

    final Q query;
    final CompletableFuture<A> answer = new CompletableFuture<>();
    private final Executor executor;
    private final @Nullable CompletableFuture<Runnable> turn;
    private final Execution execution;
    private final long since;

    /**
     * A query that arrives now.
     *
     * @param executor where an asynchronous caller makes calls
     * @param turn what a blocked caller runs next; null for an asynchronous caller
     */
    BatchEntry(Q query, Executor executor, @Nullable CompletableFuture<Runnable> turn, Execution execution) {
        this.query = query;
        this.executor = executor;
        this.turn = turn;
        this.execution = execution;
        this.since = execution.nanoTime();
    }

    Duration age() {
        return execution.since(since);
    }

    Duration left() {
        return Deadline.LIMIT.minus(age());
    }

    boolean isLate() {
        return left().compareTo(LEAST_TIME) < 0;
    }

    boolean isOlderThan(Duration limit) {
        return age().compareTo(limit) > 0;
    }

    boolean isBlocked() {
        return turn != null;
    }

    /**
     * Waits for what a blocked caller runs next; an interrupt is left for later.
     *
     * @param onLimit runs each time when it has not come within {@link Deadline#LIMIT}
     */
    static Runnable awaitTurn(Execution execution, CompletableFuture<Runnable> turn, Runnable onLimit) {
        boolean interrupted = Thread.interrupted();
        while (!execution.await(turn, Deadline.LIMIT)) { // the batcher completes it in the end
            if (Thread.interrupted()) {
                interrupted = true;
            } else {
                onLimit.run();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return turn.getNow(() -> {});
    }

    /** Lets the caller make a call. */
    void start(FutureTask<?> call) {
        try {
            if (turn == null) {
                executor.execute(call);
            } else if (!turn.complete(call)) {
                call.run(); // the caller has its answer
            }
        } catch (Throwable e) { // it has stopped, or has no thread; the callers still get an answer
            call.run(); // does nothing if the executor has run it, or runs it later
        }
    }

    /** Gives the answer. Never throws. */
    private void give(A given) {
        try {
            answer.complete(given);
        } catch (Throwable e) { // of memory, in what depends on the answer, which is there
        } finally {
            wake();
        }
    }

    /** Fails; without memory for that, the answer is null. Never throws. */
    @SuppressWarnings("NullAway")
    private void fail(Throwable failure) {
        try {
            answer.completeExceptionally(failure);
        } catch (Throwable e) {
            answer.complete(null);
        } finally {
            wake();
        }
    }

    /** Lets a blocked caller go on; without an answer it asks by itself. */
    private void wake() {
        if (turn != null) {
            turn.complete(BatchEntry::askByItself);
        }
    }

    private static void askByItself() {}

    private void askAlone(SingleCalls<Q, A> singles) {
        try {
            if (turn == null) {
                singles.ask(query, answer);
            }
        } catch (Throwable e) { // of memory: the other entries of the batch still get their answers
            fail(e);
        } finally {
            wake();
        }
    }

    /** The answer that is there. */
    EntryResult<A> result() {
        try {
            A given = answer.getNow(null);
            return given == null
                    ? new EntryResult.Failed<>(new StoreUnavailable(new TimeoutException("no memory for a failure")))
                    : new EntryResult.Answered<>(given);
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            return new EntryResult.Failed<>(e.getCause() instanceof RuntimeException failure ? failure : e);
        }
    }

    /** Takes the first of these entries, as long as they are wanted; none if it throws. */
    static <E> List<E> take(Collection<E> entries, int most, Predicate<E> wanted) {
        List<E> taken = new ArrayList<>(Math.min(most, entries.size()));
        for (E entry : entries) {
            if (taken.size() == most || !wanted.test(entry)) {
                break;
            }
            taken.add(entry);
        }
        Iterator<E> left = entries.iterator();
        for (int i = 0; i < taken.size(); i++) {
            left.next();
            left.remove();
        }
        return taken;
    }

    /** Makes one call. Neither this nor the returned task, which gives the answers, throws, but for want of memory. */
    static <Q, A> Runnable call(
            List<BatchEntry<Q, A>> batch, Function<List<Q>, List<Optional<A>>> together, SingleCalls<Q, A> singles) {
        try {
            singles.begin();
            List<Q> queries = batch.stream().map(entry -> entry.query).toList();
            List<Optional<A>> answers = batch.isEmpty()
                    ? List.of()
                    : List.copyOf(together.apply(queries)).subList(0, batch.size());
            return () -> give(batch, answers, singles);
        } catch (StoreUnavailable e) {
            singles.endWith(e);
            return () -> fail(batch, e);
        } catch (Throwable e) { // one query must not fail the others
            return batch.size() == 1
                    ? () -> fail(batch, e)
                    : () -> give(batch, Collections.nCopies(batch.size(), Optional.empty()), singles);
        }
    }

    private static <Q, A> void give(
            List<BatchEntry<Q, A>> batch, List<Optional<A>> answers, SingleCalls<Q, A> singles) {
        for (int i = 0; i < batch.size(); i++) {
            BatchEntry<Q, A> entry = batch.get(i);
            Optional<A> given = answers.get(i);
            if (given.isPresent()) {
                entry.give(given.get());
            } else {
                entry.askAlone(singles);
            }
        }
    }

    /** Fails those that have no answer. Never throws. */
    static <Q, A> void fail(List<BatchEntry<Q, A>> entries, Throwable failure) {
        for (int i = 0; i < entries.size(); i++) {
            entries.get(i).fail(failure);
        }
    }
}
