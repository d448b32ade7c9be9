/**
 * The store and its signals on JDBI, for H2 and PostgreSQL.
 *
 * <p>The front door is {@link dev.asyncjob.persistence.JobDatabase}: it takes
 * {@link dev.asyncjob.persistence.DatabaseSettings} and opens the store. Behind it, {@code JdbiJobStore} carries out
 * the intents of {@link dev.asyncjob.application.spi.JobStore}; {@code SqlDialect} holds every statement that the two
 * databases do not share, {@code Claims} the one intent that they do in different ways; {@code JobRow} is a job as a
 * row. {@code Transactions} turns what drivers throw into {@link dev.asyncjob.application.spi.StoreUnavailable}, in
 * time.
 *
 * <p>Two tables in the schema {@code asyncjob}: {@code job} is what readers see, {@code work} what workers see. Both
 * live beside whatever else the database holds; statements name the schema and never rely on a search path.
 */
@NullMarked
package dev.asyncjob.persistence;

import org.jspecify.annotations.NullMarked;
