/**
 * The traces of jobs, as spans of OpenTelemetry. {@link dev.asyncjob.tracing.JobTracing} makes those of an application
 * that embeds the job service, {@link dev.asyncjob.tracing.ClientTracing} those of a worker that claims over HTTP. The
 * names and attributes of all spans are in {@code docs/operating.md}.
 */
@NullMarked
package dev.asyncjob.tracing;

import org.jspecify.annotations.NullMarked;
