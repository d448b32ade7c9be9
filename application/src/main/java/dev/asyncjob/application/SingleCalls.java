package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The single calls of one caller's batches. None is made once the store is unavailable, or when those of the batch have
 * taken {@link Deadline#LIMIT} together. For use by one thread.
 *
 * @param <Q> the query
 * @param <A> the answer
 */
final class SingleCalls<Q, A> {
    private final Function<Q, A> alone;
    private final Execution execution;
    private @Nullable StoreUnavailable outage;
    private long nanos;

    SingleCalls(Function<Q, A> alone, Execution execution) {
        this.alone = alone;
        this.execution = execution;
    }

    /**
     * Begins with the next batch.
     *
     * @throws StoreUnavailable if the store was unavailable for an earlier one
     */
    void begin() {
        if (outage != null) {
            throw outage;
        }
        nanos = 0;
    }

    /** Makes no further call. */
    void endWith(StoreUnavailable failure) {
        outage = failure;
    }

    /** Returns why no further call is made, or null. */
    @Nullable
    StoreUnavailable outage() {
        return outage;
    }

    /** Completes the answer, unless it is there already. */
    void ask(Q query, CompletableFuture<A> answer) {
        if (outage == null && nanos > Deadline.LIMIT.toNanos()) {
            outage = new StoreUnavailable(new TimeoutException("single calls took too long"));
        }
        if (outage != null) {
            answer.completeExceptionally(outage);
        } else if (!answer.isDone()) {
            long start = execution.nanoTime();
            try {
                answer.complete(alone.apply(query));
            } catch (Throwable e) { // the other queries of the batch still get their answers
                outage = e instanceof StoreUnavailable failure && !(e instanceof JobLocked) ? failure : null;
                answer.completeExceptionally(e);
            } finally {
                nanos += execution.nanoTime() - start;
            }
        }
    }
}
