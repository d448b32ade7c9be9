/**
 * Tests on real databases: H2 in files and in memory, and PostgreSQL.
 *
 * <p>Other modules may use {@link dev.asyncjob.persistence.PostgresServer} and
 * {@link dev.asyncjob.persistence.JavaProcess}, from the test-jar.
 */
@NullMarked
package dev.asyncjob.persistence;

import org.jspecify.annotations.NullMarked;
