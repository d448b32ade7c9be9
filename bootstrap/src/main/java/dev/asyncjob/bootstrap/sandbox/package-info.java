/** The simulated Compositions component of the sandbox, on top of the public API of the HTTP adapter. */
@NullMarked
package dev.asyncjob.bootstrap.sandbox;

import org.jspecify.annotations.NullMarked;
