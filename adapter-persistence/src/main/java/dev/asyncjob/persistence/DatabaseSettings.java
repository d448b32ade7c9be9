package dev.asyncjob.persistence;

import java.util.function.Supplier;

/**
 * The database of the jobs, its credentials and the size of its connection pool.
 *
 * <p>{@link #toString()} shows neither secrets nor anything that follows the database's name in the URL.
 *
 * @param url {@code jdbc:h2:…} or {@code jdbc:postgresql:…}, in the driver's own notation
 * @param credentials the source of user and password, which is called when the database is opened and again when a
 *     login fails, from any thread; if it throws, the last credentials are used
 * @param poolSize the maximum number of connections, 1 to {@value #MAX_POOL_SIZE}
 * @param migrate whether opening migrates the schema; otherwise it must be up to date already
 * @param allowPlaintext whether connections to PostgreSQL on another machine may be without encryption; otherwise the
 *     server's certificate is verified ({@code sslmode=verify-full}) unless the URL sets another {@code sslmode} that
 *     encrypts
 * @param pooler what is between this process and PostgreSQL
 * @param fingerprintKey the secret that keys stored fingerprints, the same on all nodes, of {@value #MIN_KEY_LENGTH}
 *     characters or more; empty to use the random key in the database. Earlier rows with the key in the database are
 *     still recognised, rows with another secret are not
 * @param tables the names of the schema and the tables, the same on all nodes
 */
public record DatabaseSettings(
        String url,
        Supplier<DatabaseCredentials> credentials,
        int poolSize,
        boolean migrate,
        boolean allowPlaintext,
        Pooler pooler,
        String fingerprintKey,
        TableNames tables) {
    /** The upper bound of {@link #poolSize}. */
    public static final int MAX_POOL_SIZE = 200;

    /** The least number of characters of {@link #fingerprintKey}. */
    public static final int MIN_KEY_LENGTH = 32;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException naming the setting that is wrong, without its value
     */
    public DatabaseSettings {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        DatabaseCredentials fixed = fixed(credentials);
        refuse(!fixed.user().isEmpty() && !parsed.user().isEmpty(), "db.user is set twice: also in db.url");
        refuse(!fixed.password().isEmpty() && !parsed.password().isEmpty(), "db.password is set twice: also in db.url");
        refuse(poolSize < 1 || poolSize > MAX_POOL_SIZE, "db.pool-size must be 1 to " + MAX_POOL_SIZE);
        refuse(pooler != Pooler.NONE && parsed.isH2(), "db.pooler has no effect on H2");
        refuse(
                !fingerprintKey.isEmpty() && fingerprintKey.length() < MIN_KEY_LENGTH,
                "db.fingerprint-key must have %s characters or more".formatted(MIN_KEY_LENGTH));
    }

    /** Returns the defaults: an H2 file under {@code ./data}, 10 connections, migrated when opened, no pooler. */
    public static DatabaseSettings defaults() {
        return new DatabaseSettings(
                "jdbc:h2:file:./data/asyncjob",
                DatabaseCredentials.NONE,
                10,
                true,
                false,
                Pooler.NONE,
                "",
                TableNames.DEFAULT);
    }

    /** Returns these settings with another URL. */
    public DatabaseSettings withUrl(String other) {
        return new DatabaseSettings(
                other, credentials, poolSize, migrate, allowPlaintext, pooler, fingerprintKey, tables);
    }

    /** Returns these settings with another user, which does not change, as the password then. */
    public DatabaseSettings withUser(String other) {
        return withCredentials(new DatabaseCredentials(other, fixed(credentials).password()));
    }

    /** Returns these settings with another password, which does not change, as the user then. */
    public DatabaseSettings withPassword(String other) {
        return withCredentials(new DatabaseCredentials(fixed(credentials).user(), other));
    }

    /** Returns these settings with another source of credentials, such as one that reads a file. */
    public DatabaseSettings withCredentials(Supplier<DatabaseCredentials> other) {
        return new DatabaseSettings(url, other, poolSize, migrate, allowPlaintext, pooler, fingerprintKey, tables);
    }

    /** Returns these settings with another pool size. */
    public DatabaseSettings withPoolSize(int other) {
        return new DatabaseSettings(url, credentials, other, migrate, allowPlaintext, pooler, fingerprintKey, tables);
    }

    /** Returns these settings, migrated when opened or not. */
    public DatabaseSettings withMigrate(boolean other) {
        return new DatabaseSettings(url, credentials, poolSize, other, allowPlaintext, pooler, fingerprintKey, tables);
    }

    /** Returns these settings with another secret for fingerprints. */
    public DatabaseSettings withFingerprintKey(String other) {
        return new DatabaseSettings(url, credentials, poolSize, migrate, allowPlaintext, pooler, other, tables);
    }

    /** Returns these settings, with connections without encryption allowed or not. */
    public DatabaseSettings withAllowPlaintext(boolean other) {
        return new DatabaseSettings(url, credentials, poolSize, migrate, other, pooler, fingerprintKey, tables);
    }

    /** Returns these settings with another pooler. */
    public DatabaseSettings withPooler(Pooler other) {
        return new DatabaseSettings(url, credentials, poolSize, migrate, allowPlaintext, other, fingerprintKey, tables);
    }

    /** Returns these settings with other names of the tables. */
    public DatabaseSettings withTables(TableNames other) {
        return new DatabaseSettings(url, credentials, poolSize, migrate, allowPlaintext, pooler, fingerprintKey, other);
    }

    /** Returns the present credentials: those of the source, or of the URL where they are empty. */
    public DatabaseCredentials presentCredentials() {
        DatabaseUrl all = connectionUrl();
        return new DatabaseCredentials(all.user(), all.password());
    }

    /** Returns the parts of the URL, with the present credentials. */
    DatabaseUrl connectionUrl() {
        return DatabaseUrl.parse(url).withCredentials(credentials.get());
    }

    @Override
    public String toString() {
        return "DatabaseSettings[url=%s, user=%s, poolSize=%s, migrate=%b, allowPlaintext=%b, pooler=%s, tables=%s]"
                .formatted(
                        DatabaseUrl.parse(url),
                        fixed(credentials).user(),
                        poolSize,
                        migrate,
                        allowPlaintext,
                        pooler,
                        tables);
    }

    private static DatabaseCredentials fixed(Supplier<DatabaseCredentials> credentials) {
        return credentials instanceof DatabaseCredentials fixed ? fixed : DatabaseCredentials.NONE;
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw new IllegalArgumentException(message);
        }
    }
}
