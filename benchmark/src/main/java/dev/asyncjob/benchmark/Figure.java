package dev.asyncjob.benchmark;

/**
 * A ratio of two sides: the value of {@code a} divided by the value of {@code b} in the same round.
 *
 * @param name the name, which is also a command-line argument
 * @param unit the unit of the values
 */
record Figure(String name, Side a, Side b, String unit) {}
