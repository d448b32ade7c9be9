/**
 * The store and its signals on JDBI, for H2 and PostgreSQL.
 *
 * <p>The entry point is {@link dev.asyncjob.persistence.JobDatabase}: it takes
 * {@link dev.asyncjob.persistence.DatabaseSettings} and opens the store. Behind it, {@code JdbiJobStore} implements
 * {@link dev.asyncjob.application.spi.JobStore}; {@code SqlDialect}, with a class for each database, has the statements
 * that the two do not share, {@code Claims} and {@code JobWriter} the operations that they do in different ways;
 * {@code JobRow} is a job as a row. {@code Transactions} translates the exceptions of drivers to
 * {@link dev.asyncjob.application.spi.StoreUnavailable}, within a limited time.
 *
 * <p>Two tables in the schema {@code asyncjob}: owners read {@code job}, workers claim {@code work}. The database may
 * hold other schemas; statements name the schema and never rely on a search path.
 */
@NullMarked
package dev.asyncjob.persistence;

import org.jspecify.annotations.NullMarked;
