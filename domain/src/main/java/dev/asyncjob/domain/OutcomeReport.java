package dev.asyncjob.domain;

/**
 * How an attempt ended, as its worker reports it.
 *
 * @param id which job
 * @param token the claim's token
 * @param outcome what became of the work
 */
public record OutcomeReport(JobId id, LeaseToken token, Outcome outcome) {}
