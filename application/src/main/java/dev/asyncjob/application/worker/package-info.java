/**
 * The worker that embedders run. {@link dev.asyncjob.application.worker.JobWorker} claims due jobs, runs a
 * {@link dev.asyncjob.application.worker.JobHandler} for each, renews leases and reports outcomes;
 * {@link dev.asyncjob.application.worker.WorkerSettings} configure it.
 *
 * <p>Behind it: {@code Attempt} is one run of a handler, {@code RunningAttempts} holds the leases,
 * {@code ClaimCapacity} decides how many jobs are claimed, {@code OutcomeReporter} settles in batches.
 */
@NullMarked
package dev.asyncjob.application.worker;

import org.jspecify.annotations.NullMarked;
