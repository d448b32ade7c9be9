/**
 * Jobs in H2 and PostgreSQL.
 *
 * <p>{@link dev.asyncjob.persistence.JobDatabase} is the front door. Behind it {@code JdbiJobStore} carries out the
 * intents of {@link dev.asyncjob.application.spi.JobStore}, each in one transaction at READ COMMITTED whose SQL holds
 * only the guard; {@code JobRow} is a job as the tables keep it; {@code SqlDialect} is all in which the two databases
 * differ. Everything lives in a schema {@code asyncjob} of its own, beside whatever else the database holds.
 */
@NullMarked
package dev.asyncjob.persistence;

import org.jspecify.annotations.NullMarked;
