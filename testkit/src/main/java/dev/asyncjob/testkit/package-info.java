/** Contracts that every store must keep, and fakes that keep them: for tests of embedders and of stores. */
@NullMarked
package dev.asyncjob.testkit;

import org.jspecify.annotations.NullMarked;
