package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
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

    boolean isBlocked() {
        return turn != null;
    }

    /** Waits for what a blocked caller runs next; an interrupt is left for later. */
    static Runnable awaitTurn(Execution execution, CompletableFuture<Runnable> turn) {
        boolean interrupted = Thread.interrupted();
        while (!execution.await(turn, Deadline.LIMIT)) { // the batcher completes it in the end
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return turn.getNow(() -> {});
    }

    /** Lets the caller make a call. */
    void start(Runnable call) {
        FutureTask<Boolean> once = new FutureTask<>(call, true);
        try {
            if (turn == null) {
                executor.execute(once);
            } else if (!turn.complete(once)) {
                once.run(); // the caller has its answer
            }
        } catch (Throwable e) { // it has stopped, or has no thread; the callers still get an answer
            once.run(); // does nothing if the executor has run it, or runs it later
        }
    }

    void askAlone(SingleCalls<Q, A> singles) {
        if (turn == null) {
            singles.ask(query, answer);
        } else {
            turn.complete(() -> {}); // the caller asks by itself
        }
    }

    /** The answer that is there. */
    EntryResult<A> result() {
        try {
            return new EntryResult.Answered<>(answer.getNow(null));
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            return new EntryResult.Failed<>(e.getCause() instanceof RuntimeException failure ? failure : e);
        }
    }

    /** Takes the first of these entries, as long as they are wanted. */
    static <E> List<E> take(Iterator<E> entries, int most, Predicate<E> wanted) {
        List<E> taken = new ArrayList<>();
        while (taken.size() < most && entries.hasNext()) {
            E entry = entries.next();
            if (!wanted.test(entry)) {
                break;
            }
            taken.add(entry);
            entries.remove();
        }
        return taken;
    }

    /** Gives each entry its answer, or lets it ask alone. */
    static <Q, A> void give(List<BatchEntry<Q, A>> batch, List<Optional<A>> answers, SingleCalls<Q, A> singles) {
        for (int i = 0; i < batch.size(); i++) {
            BatchEntry<Q, A> entry = batch.get(i);
            answers.get(i).ifPresentOrElse(entry.answer::complete, () -> entry.askAlone(singles));
        }
    }

    static void fail(List<? extends BatchEntry<?, ?>> entries, @Nullable StoreUnavailable failure) {
        entries.forEach(entry -> entry.answer.completeExceptionally(failure));
    }
}
