package dev.asyncjob.domain;

import java.time.Duration;

/**
 * A job to schedule, with its expected duration.
 *
 * @param job the job
 * @param expected how long the work is expected to take once begun
 */
public record ScheduleCommand(NewJob job, Duration expected) {}
