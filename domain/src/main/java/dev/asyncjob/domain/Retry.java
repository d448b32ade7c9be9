package dev.asyncjob.domain;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asks for: a new job in the place of one that failed, which stays as it is.
 *
 * @param of the job that failed
 * @param id the id of the new job
 * @param key identifies repetitions of the request; null for none
 * @param trace the trace that the new job continues; null for none
 */
public record Retry(
        JobId of,
        JobId id,
        @Nullable IdempotencyKey key,
        @Nullable TraceContext trace) {
    /**
     * What a store knows of the job that failed.
     *
     * @param snapshot the job
     * @param reference the producer's own name for it; null for none
     * @param callback whether a client is called when it ends
     * @param client the client that is called then
     * @param work what has been kept for a new job; null if it is not, or no longer
     */
    public record Old(
            JobSnapshot snapshot,
            @Nullable Reference reference,
            boolean callback,
            Owner client,
            @Nullable Work work) {
        /** Why there is no new job, as far as nothing is kept for one. */
        public RetryResult refusal() {
            boolean failed = snapshot.job() instanceof AsyncJob.Failed end && !end.wasCancelled();
            return failed ? new RetryResult.NotKept(snapshot) : new RetryResult.NotFailed(snapshot);
        }
    }

    /**
     * What goes with a job when it ends, unless {@link WorkPolicy#failedPayload} keeps it.
     *
     * @param payload what its worker needed
     * @param maxAttempts how many attempts were allowed
     */
    public record Work(Payload payload, int maxAttempts) {}

    /**
     * Until when a job that failed can be retried.
     *
     * @param instant null if what a new job needs is not kept, or no longer
     */
    public record Until(@Nullable Instant instant) {}

    /**
     * The new job: of the same owner, kind, links, payload, attempts, reference and callback, due at once. Without work
     * it only tells whether the request is a repetition.
     *
     * @param by the operator
     */
    public NewJob newJob(Old old, Owner by) {
        AsyncJob job = old.snapshot().job();
        Work work = old.work();
        return new NewJob(
                id,
                job.owner(),
                job.kind(),
                job.links(),
                work == null ? Payload.NONE : work.payload(),
                Instant.EPOCH,
                work == null ? null : work.maxAttempts(),
                key,
                by,
                old.reference(),
                null,
                old.callback(),
                trace,
                new RetryOf(of, old.client()));
    }
}
