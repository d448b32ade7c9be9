package dev.asyncjob.domain;

/**
 * A job as its worker gets it.
 *
 * @param job the job
 * @param attempts the attempts made, this one included
 * @param lease the lease; its token settles the job
 * @param payload what the producer passes to the worker
 */
public record ClaimedJob(AsyncJob.Pending job, Attempts attempts, Lease lease, Payload payload) {}
