/**
 * What a job is and which moves exist.
 *
 * <p>Start with {@link dev.asyncjob.domain.AsyncJob}: the whole state machine is in that file. Around it stand values
 * that check themselves ({@link dev.asyncjob.domain.JobId}, {@link dev.asyncjob.domain.Owner} and their like), the
 * honest forecast {@link dev.asyncjob.domain.Eta}, and the questions and answers that a store and its callers exchange
 * ({@link dev.asyncjob.domain.NewJob}, {@link dev.asyncjob.domain.Claim}, {@link dev.asyncjob.domain.Outcome},
 * {@link dev.asyncjob.domain.SettleResult}).
 *
 * <p>Nothing here reads a clock, rolls a die or does I/O: instants are arguments and come from the store that holds the
 * truth. Everything is immutable and may be shared between threads. A value that breaks its rule is refused with
 * {@link dev.asyncjob.domain.InvalidValueException}.
 */
@NullMarked
package dev.asyncjob.domain;

import org.jspecify.annotations.NullMarked;
