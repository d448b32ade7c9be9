package dev.asyncjob.domain;

/**
 * A job in a worker's hands.
 *
 * @param job what is to be done
 * @param attempts how often it was tried, this attempt included
 * @param lease the right to do it; its token settles the job
 * @param payload what the producer sent along
 */
public record ClaimedJob(AsyncJob.Pending job, Attempts attempts, Lease lease, Payload payload) {}
