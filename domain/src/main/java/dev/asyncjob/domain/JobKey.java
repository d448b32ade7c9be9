package dev.asyncjob.domain;

/**
 * One job as its owner names it: who asks, and for which.
 *
 * @param owner who asks; a job of somebody else's is as good as none
 * @param id which job
 */
public record JobKey(Owner owner, JobId id) {}
