/**
 * A client of the server: few requests, no blocked threads, and no job scheduled twice. Start with
 * {@link dev.asyncjob.client.JobClient}. The package depends on Java only: what it shares with the server is the
 * contract.
 */
@NullMarked
package dev.asyncjob.client;

import org.jspecify.annotations.NullMarked;
