package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * The right to make the next call of a {@link Batcher}, until the call ends or takes too long, and the entries that
 * were taken for it: they fail with it. Guarded by the batcher.
 *
 * @param <Q> the query
 * @param <A> the answer
 */
final class BatchLead<Q, A> {
    /** How long a call may take until it loses the lead: a little longer than a store that keeps its deadline. */
    static final Duration LIMIT = Deadline.LIMIT.plusMillis(300);

    final BatchEntry<Q, A> leader;
    final FutureTask<Boolean> call;

    /** Those that it asks. */
    List<BatchEntry<Q, A>> batch = List.of();

    /** Those that fail with it, since they have waited too long for another call. */
    List<BatchEntry<Q, A>> impatient = List.of();

    /** Those to which it has left too little time. */
    List<BatchEntry<Q, A>> late = List.of();

    private final Execution execution;
    private final long since;

    /** @param call makes the call, once */
    BatchLead(BatchEntry<Q, A> leader, Execution execution, Consumer<BatchLead<Q, A>> call) {
        this.leader = leader;
        this.execution = execution;
        this.since = execution.nanoTime();
        this.call = new FutureTask<>(() -> call.accept(this), true);
    }

    /** The time until it is lost; negative after that. */
    Duration left() {
        return LIMIT.minus(execution.since(since));
    }

    /** Fails the entries that have no answer. Never throws. */
    void fail(Throwable failure) {
        BatchEntry.fail(batch, failure);
        BatchEntry.fail(impatient, failure);
        BatchEntry.fail(late, failure);
    }
}
