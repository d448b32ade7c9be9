package dev.asyncjob.benchmark;

/**
 * A ratio: what {@code a} reached over what {@code b} reached in the same round.
 *
 * @param name by which it can be asked for
 * @param unit of both sides
 */
record Figure(String name, Side a, Side b, String unit) {}
