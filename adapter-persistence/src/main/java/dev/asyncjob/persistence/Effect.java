package dev.asyncjob.persistence;

/** The result of a call to the store, and whether the call changed anything, so that a signal is due. */
record Effect<T>(T result, boolean changed) {}
