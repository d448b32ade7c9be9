/**
 * What asyncjob costs, beside what others cost, measured through public fronts only.
 *
 * <p>{@link dev.asyncjob.benchmark.Benchmark} reads what is asked for and runs the groups of figures. A
 * {@link dev.asyncjob.benchmark.Figure} is a ratio of two {@link dev.asyncjob.benchmark.Side}s that are measured in
 * turn, round by round. Each side lives in a process of its own (a {@code main} in the file that bears its name), which
 * answers a line of its standard input with a line of its standard output and ends when its input ends.
 */
@NullMarked
package dev.asyncjob.benchmark;

import org.jspecify.annotations.NullMarked;
