package dev.asyncjob.persistence;

/**
 * The result of a call to the store, and whether the call changed anything, so that a signal is due.
 *
 * @param delivers whether it also made the delivery of a callback, for which another signal is due
 */
record Effect<T>(T result, boolean changed, boolean delivers) {
    Effect(T result, boolean changed) {
        this(result, changed, false);
    }
}
