/**
 * The job and its state machine.
 *
 * <p>Start with {@link dev.asyncjob.domain.AsyncJob}: the whole state machine is in that file. The other types are
 * values that validate themselves ({@link dev.asyncjob.domain.JobId}, {@link dev.asyncjob.domain.Owner} and more), the
 * forecast {@link dev.asyncjob.domain.Eta}, and the requests and answers between a store and its callers
 * ({@link dev.asyncjob.domain.NewJob}, {@link dev.asyncjob.domain.Claim}, {@link dev.asyncjob.domain.Outcome},
 * {@link dev.asyncjob.domain.SettleResult}).
 *
 * <p>Nothing here reads a clock, uses randomness or does I/O: instants are arguments and come from the store. All types
 * are immutable. Safe for use from any thread. A value that breaks its rule is refused with
 * {@link dev.asyncjob.domain.InvalidValueException}.
 */
@NullMarked
package dev.asyncjob.domain;

import org.jspecify.annotations.NullMarked;
