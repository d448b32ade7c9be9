package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A query that waits for its answer in a {@link Batcher}, and has {@link Deadline#LIMIT} from its arrival. Safe for use
 * from any thread.
 *
 * @param <Q> the query
 * @param <A> the answer
 */
final class BatchEntry<Q, A> {
    final Q query;
    final CompletableFuture<A> answer = new CompletableFuture<>();
    private final Executor executor;
    private final @Nullable CompletableFuture<Runnable> turn;
    private final LongSupplier nanoTime;
    private final long since;

    /**
     * A query that arrives now.
     *
     * @param executor where an asynchronous caller makes calls
     * @param turn what a blocked caller runs next; null for an asynchronous caller
     * @param nanoTime a clock like {@link System#nanoTime}
     */
    BatchEntry(Q query, Executor executor, @Nullable CompletableFuture<Runnable> turn, LongSupplier nanoTime) {
        this.query = query;
        this.executor = executor;
        this.turn = turn;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    private Duration age() {
        return Duration.ofNanos(nanoTime.getAsLong() - since);
    }

    Duration left() {
        return Deadline.LIMIT.minus(age());
    }

    boolean isImpatient() {
        return age().compareTo(Batcher.PATIENCE) > 0;
    }

    boolean isLate() {
        return left().compareTo(Batcher.LEAST_TIME) < 0;
    }

    boolean isBlocked() {
        return turn != null;
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
            return new EntryResult.Answered<>(answer.join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            return new EntryResult.Failed<>(e.getCause() instanceof RuntimeException failure ? failure : e);
        }
    }
}
