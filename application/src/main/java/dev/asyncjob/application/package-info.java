/**
 * What one can ask for, as ports of one method each, and the worker that embedders run.
 *
 * <p>{@link dev.asyncjob.application.JobUseCases} holds all doors; {@link dev.asyncjob.application.JobUseCases#over}
 * opens them over a {@link dev.asyncjob.application.spi.JobStore}. Behind the doors is little: the store executes
 * guarded intents, the domain decides, and a use case only says which.
 */
@NullMarked
package dev.asyncjob.application;

import org.jspecify.annotations.NullMarked;
