/**
 * The server and its command line: the only module that depends on all the others.
 *
 * <p>{@link dev.asyncjob.bootstrap.Main} is the entry point, and {@link ServerComposition} connects the adapters. The
 * configuration is read once, into {@link dev.asyncjob.bootstrap.config.Settings}; each consumer gets only the record
 * that it needs, and nothing else reads the environment.
 */
@NullMarked
package dev.asyncjob.bootstrap;

import org.jspecify.annotations.NullMarked;
