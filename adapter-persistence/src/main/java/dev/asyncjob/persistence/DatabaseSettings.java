package dev.asyncjob.persistence;

import org.jspecify.annotations.Nullable;

/**
 * Which database, and how it is used (contract section 4).
 *
 * @param url a JDBC URL of H2 or PostgreSQL
 * @param user null for what the URL or the driver says
 * @param password null for none
 * @param poolSize connections at most, 1 to {@value #MAX_POOL_SIZE}
 * @param migrate whether opening brings the schema up to date
 */
public record DatabaseSettings(
        String url, @Nullable String user, @Nullable String password, int poolSize, boolean migrate) {
    /** Connections at most. */
    public static final int MAX_POOL_SIZE = 500;

    /** @throws IllegalArgumentException if a value breaks its rule; the message holds no part of the URL */
    public DatabaseSettings {
        SqlDialect.of(url);
        if (poolSize < 1 || poolSize > MAX_POOL_SIZE) {
            throw new IllegalArgumentException("poolSize must be 1 to " + MAX_POOL_SIZE);
        }
    }

    /** An H2 file below the working directory, ten connections, migrated when opened. */
    public static DatabaseSettings defaults() {
        return of("jdbc:h2:file:./data/asyncjob");
    }

    /** The defaults for another database. */
    public static DatabaseSettings of(String url) {
        return new DatabaseSettings(url, null, null, 10, true);
    }

    /** The same with credentials. */
    public DatabaseSettings withCredentials(String otherUser, String otherPassword) {
        return new DatabaseSettings(url, otherUser, otherPassword, poolSize, migrate);
    }

    /** The same with another number of connections. */
    public DatabaseSettings withPoolSize(int other) {
        return new DatabaseSettings(url, user, password, other, migrate);
    }

    /** The same, migrated or not when opened. */
    public DatabaseSettings withMigrate(boolean other) {
        return new DatabaseSettings(url, user, password, poolSize, other);
    }

    /** Leaves out everything that may hold a secret. */
    @Override
    public String toString() {
        return "DatabaseSettings[%s, poolSize=%d, migrate=%s]".formatted(SqlDialect.of(url), poolSize, migrate);
    }
}
