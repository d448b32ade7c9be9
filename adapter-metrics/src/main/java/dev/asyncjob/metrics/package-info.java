/**
 * The metrics of jobs: {@link dev.asyncjob.metrics.JobMetrics} binds a store to a registry of Micrometer. The names,
 * labels and kinds of all meters are in {@code docs/operating.md}.
 */
@NullMarked
package dev.asyncjob.metrics;

import org.jspecify.annotations.NullMarked;
