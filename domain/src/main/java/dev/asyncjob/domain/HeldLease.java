package dev.asyncjob.domain;

/**
 * A lease as its holder names it.
 *
 * @param id the job
 * @param token the fencing token of the claim
 */
public record HeldLease(JobId id, LeaseToken token) {}
