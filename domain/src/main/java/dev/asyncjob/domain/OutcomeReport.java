package dev.asyncjob.domain;

/**
 * The outcome of an attempt, with the token that proves the worker's lease.
 *
 * @param id the job
 * @param token the claim's token
 * @param outcome the outcome
 */
public record OutcomeReport(JobId id, LeaseToken token, Outcome outcome) {}
