/**
 * What the application needs from outside: a store that keeps jobs and time, and signals that save waiting.
 *
 * <p>To write a store of your own, implement {@link dev.asyncjob.application.spi.JobStore} and let
 * {@code JobStoreContract} from this module's test-jar judge it; {@code InMemoryJobStore} there is the shortest
 * example.
 */
@NullMarked
package dev.asyncjob.application.spi;

import org.jspecify.annotations.NullMarked;
