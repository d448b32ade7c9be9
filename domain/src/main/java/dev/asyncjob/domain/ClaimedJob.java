package dev.asyncjob.domain;

import org.jspecify.annotations.Nullable;

/**
 * A job as its worker gets it.
 *
 * @param job the job
 * @param attempts the attempts made, this one included
 * @param lease the lease; its token settles the job
 * @param payload what the producer passes to the worker
 * @param suspect whether this is the last attempt after one that ended with its lease: the process of its worker may
 *     have died of it, so it was claimed alone and should run alone
 * @param reference the producer's own name for the job; null if it gave none
 * @param trace the trace in which the job was scheduled; null for none
 */
public record ClaimedJob(
        AsyncJob.Pending job,
        Attempts attempts,
        Lease lease,
        Payload payload,
        boolean suspect,
        @Nullable Reference reference,
        @Nullable TraceContext trace) {
    /** A job that is not suspected, without a reference and a trace. */
    public ClaimedJob(AsyncJob.Pending job, Attempts attempts, Lease lease, Payload payload) {
        this(job, attempts, lease, payload, false, null, null);
    }
}
