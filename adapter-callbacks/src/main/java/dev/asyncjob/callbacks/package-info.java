/**
 * The delivery of callbacks: tells a registered endpoint that a job has ended. Start with
 * {@link dev.asyncjob.callbacks.CallbackDeliverer}, the handler of the jobs that deliver.
 *
 * <p>Who can register an endpoint, or change what its name resolves to, must not reach what this server can reach: see
 * {@code AddressRules} and {@code CallbackSender}.
 */
@NullMarked
package dev.asyncjob.callbacks;

import org.jspecify.annotations.NullMarked;
