package dev.asyncjob.persistence;

import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A store over the application's own source of connections, to H2 or PostgreSQL.
 *
 * @param source lends the connections, and is never closed; each is returned with the auto-commit mode, read-only flag,
 *     isolation, time limits and search path that it came with. A pool other than HikariCP must not wait for a
 *     connection for longer than a second, or calls do not keep their limit of three seconds in an outage
 * @param listening lends one connection of PostgreSQL to listen to other nodes with, for as long as the store is open;
 *     it must not lead through a pooler in transaction mode. Null to find changes of other nodes by polling
 * @param tables the names of the schema and the tables, the same on all nodes
 * @param migrate whether opening migrates the schema, for which the role of {@code source} must own it; otherwise it
 *     must be up to date already, by {@link JobDatabase#script} or {@link JobDatabase#migrate}
 * @param poolSize how many connections of the source the store may use at a time, 1 to
 *     {@value DatabaseSettings#MAX_POOL_SIZE}: calls that wait for locks use a quarter. A migration of H2 uses several
 *     at a time
 * @param fingerprintKey as in {@link DatabaseSettings#fingerprintKey}
 */
public record DataSourceSettings(
        DataSource source,
        @Nullable DataSource listening,
        TableNames tables,
        boolean migrate,
        int poolSize,
        String fingerprintKey) {
    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException naming the setting that is wrong
     */
    public DataSourceSettings {
        if (poolSize < 1 || poolSize > DatabaseSettings.MAX_POOL_SIZE) {
            throw new IllegalArgumentException("poolSize must be 1 to " + DatabaseSettings.MAX_POOL_SIZE);
        }
        if (!fingerprintKey.isEmpty() && fingerprintKey.length() < DatabaseSettings.MIN_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "fingerprintKey must have %s characters or more".formatted(DatabaseSettings.MIN_KEY_LENGTH));
        }
    }

    /** Returns the defaults: without listening, in the schema {@code asyncjob}, migrated, 10 connections. */
    public static DataSourceSettings of(DataSource source) {
        return new DataSourceSettings(source, null, TableNames.DEFAULT, true, 10, "");
    }

    /** Returns these settings with a source of the connection that listens. */
    public DataSourceSettings withListening(DataSource other) {
        return new DataSourceSettings(source, other, tables, migrate, poolSize, fingerprintKey);
    }

    /** Returns these settings with other names of the tables. */
    public DataSourceSettings withTables(TableNames other) {
        return new DataSourceSettings(source, listening, other, migrate, poolSize, fingerprintKey);
    }

    /** Returns these settings, migrated when opened or not. */
    public DataSourceSettings withMigrate(boolean other) {
        return new DataSourceSettings(source, listening, tables, other, poolSize, fingerprintKey);
    }

    /** Returns these settings with another number of connections. */
    public DataSourceSettings withPoolSize(int other) {
        return new DataSourceSettings(source, listening, tables, migrate, other, fingerprintKey);
    }

    /** Returns these settings with a secret for fingerprints. */
    public DataSourceSettings withFingerprintKey(String other) {
        return new DataSourceSettings(source, listening, tables, migrate, poolSize, other);
    }

    /** Shows neither the sources, which may show their secrets, nor the secret. */
    @Override
    public String toString() {
        return "DataSourceSettings[listening=%b, tables=%s, migrate=%b, poolSize=%s]"
                .formatted(listening != null, tables, migrate, poolSize);
    }
}
