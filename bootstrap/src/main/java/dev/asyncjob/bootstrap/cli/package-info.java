/** The command line. */
@NullMarked
package dev.asyncjob.bootstrap.cli;

import org.jspecify.annotations.NullMarked;
