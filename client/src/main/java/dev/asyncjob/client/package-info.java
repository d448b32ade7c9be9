/**
 * A client of the service that does it right: few requests, no thread that waits, and no job scheduled twice.
 *
 * <p>Start with {@link dev.asyncjob.client.JobClient}. The package needs nothing but Java itself and knows none of the
 * server's modules: what it shares with them is the contract, on the wire.
 */
@NullMarked
package dev.asyncjob.client;

import org.jspecify.annotations.NullMarked;
