/**
 * The use cases: what a driving adapter or an embedder can ask of jobs.
 *
 * <ul>
 *   <li>Ports: {@link dev.asyncjob.application.JobProducer} schedules and cancels,
 *       {@link dev.asyncjob.application.WorkQueue} claims, renews, releases and settles,
 *       {@link dev.asyncjob.application.JobReader} reads. {@link dev.asyncjob.application.JobUseCases#over} implements
 *       all of them over a {@link dev.asyncjob.application.spi.JobStore}: the store executes guarded intents, the
 *       domain decides, and a use case only names the intent.
 *   <li>Waiting: {@link dev.asyncjob.application.StatusWatch} for a change of a job,
 *       {@link dev.asyncjob.application.WaitingClaims} for due jobs.
 *   <li>Maintenance: {@link dev.asyncjob.application.Housekeeper}.
 *   <li>Tools that adapters share: {@link dev.asyncjob.application.Batcher} makes few calls of many queries,
 *       {@link dev.asyncjob.application.spi.BackgroundLoop} is a thread that waits for signals.
 * </ul>
 *
 * <p>{@code worker} has the worker for embedders, {@code access} what adapters know of identity, {@code spi} what an
 * outbound adapter implements.
 */
@NullMarked
package dev.asyncjob.application;

import org.jspecify.annotations.NullMarked;
