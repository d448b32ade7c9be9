/**
 * Histories: what clients of real nodes asked and were told while faults came and went, and the judgement of it.
 *
 * <p>{@code History} is what was recorded, {@code Verdict} judges it by the promises of the contract, {@code Load} and
 * {@code Faults} make it on a {@code Cluster}.
 */
@NullMarked
package dev.asyncjob.bootstrap.history;

import org.jspecify.annotations.NullMarked;
