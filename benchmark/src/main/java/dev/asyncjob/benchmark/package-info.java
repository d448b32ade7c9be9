/**
 * Benchmarks of asyncjob relative to other systems, through public interfaces only; see {@code docs/benchmarks.md}.
 *
 * <p>{@link dev.asyncjob.benchmark.Benchmark} parses the arguments and runs the groups of figures. A
 * {@link dev.asyncjob.benchmark.Figure} is a ratio of two {@link dev.asyncjob.benchmark.Side}s, which are measured
 * alternately, round by round. Each side runs in a process of its own (a {@code main} in the file of the same name).
 * The process prints one line for each line of its standard input and exits at the end of its input.
 */
@NullMarked
package dev.asyncjob.benchmark;

import org.jspecify.annotations.NullMarked;
