package dev.asyncjob.domain;

/**
 * A job as its worker gets it.
 *
 * @param job the job
 * @param attempts the attempts made, this one included
 * @param lease the lease; its token settles the job
 * @param payload what the producer passes to the worker
 * @param suspect whether this is the last attempt after one that ended with its lease: the process of its worker may
 *     have died of it, so it was claimed alone and should run alone
 */
public record ClaimedJob(AsyncJob.Pending job, Attempts attempts, Lease lease, Payload payload, boolean suspect) {
    /** A job that is not suspected. */
    public ClaimedJob(AsyncJob.Pending job, Attempts attempts, Lease lease, Payload payload) {
        this(job, attempts, lease, payload, false);
    }
}
