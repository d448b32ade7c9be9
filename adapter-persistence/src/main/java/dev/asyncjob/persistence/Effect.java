package dev.asyncjob.persistence;

import org.jspecify.annotations.Nullable;

/**
 * The result of a call to the store, and whether the call changed anything, so that a signal is due.
 *
 * @param settled the change, if an outcome or a cancellation made it; null otherwise
 */
record Effect<T>(T result, boolean changed, JobWriter.@Nullable Changed settled) {
    Effect(T result, boolean changed) {
        this(result, changed, null);
    }
}
