package dev.asyncjob.domain;

/**
 * A job and the client that reads it.
 *
 * @param owner the client that reads; the jobs of other owners do not exist for it
 * @param id the job
 */
public record JobKey(Owner owner, JobId id) {}
