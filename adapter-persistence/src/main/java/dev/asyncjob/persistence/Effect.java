package dev.asyncjob.persistence;

/**
 * The result of a call to the store and whether the call changed anything, so that a signal is due.
 *
 * @param changed false for a repeated call, whose result is the first one's
 */
record Effect<T>(T result, boolean changed) {}
