/**
 * A client of the server: few requests, no blocked threads, and no job scheduled twice. Start with
 * {@link dev.asyncjob.client.JobClient}, and {@link dev.asyncjob.client.RemoteWorker} to work jobs. The package depends
 * on Java only: what it shares with the server is the contract.
 */
@NullMarked
package dev.asyncjob.client;

import org.jspecify.annotations.NullMarked;
