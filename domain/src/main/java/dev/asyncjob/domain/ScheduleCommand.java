package dev.asyncjob.domain;

import java.time.Duration;

/**
 * A job that is handed in, with the forecast that it is to get.
 *
 * @param job what is asked for
 * @param expected how long the work is expected to take once begun
 */
public record ScheduleCommand(NewJob job, Duration expected) {}
