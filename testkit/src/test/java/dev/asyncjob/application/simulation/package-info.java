/**
 * A simulation of the application: nodes over one store, in virtual time, with one thread at a time, from one seed.
 *
 * <p>Begin with {@code SimulationTest}; {@code Plan} says what happens, {@code Simulation} lets it happen,
 * {@code Truth} checks the promises at the store and {@code Client} those of answers.
 */
@NullMarked
package dev.asyncjob.application.simulation;

import org.jspecify.annotations.NullMarked;
