/**
 * The worker that embedders run: it claims due jobs, runs their handlers, renews their leases and reports their
 * outcomes.
 */
@NullMarked
package dev.asyncjob.application.worker;

import org.jspecify.annotations.NullMarked;
