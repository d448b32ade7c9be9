/**
 * What an outbound adapter implements: {@link dev.asyncjob.application.spi.JobStore} holds the jobs and the clock,
 * {@link dev.asyncjob.application.spi.JobSignals} shorten waits. {@link dev.asyncjob.application.spi.LocalJobSignals},
 * {@link dev.asyncjob.application.spi.JobObservers} and {@link dev.asyncjob.application.spi.RateLimitedLog} help to
 * write one. A {@link dev.asyncjob.application.spi.JobObserver} learns what happens to jobs, for metrics.
 *
 * <p>The module {@code asyncjob-testkit} has {@code JobStoreContract} and {@code JobSignalsContract}, which test an
 * implementation, and {@code InMemoryJobStore}, the shortest example of a store.
 */
@NullMarked
package dev.asyncjob.application.spi;

import org.jspecify.annotations.NullMarked;
