package dev.asyncjob.domain;

/**
 * The job that failed, in whose place a new one is.
 *
 * @param id of the job that failed
 * @param client the client that asked for that job, or for the first one of which all are retries: it is called when
 *     the new job ends
 */
public record RetryOf(JobId id, Owner client) {}
