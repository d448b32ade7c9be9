package dev.asyncjob.persistence;

/**
 * The database of the jobs, its credentials and the size of its connection pool.
 *
 * <p>{@link #toString()} shows neither secrets nor anything that follows the database's name in the URL.
 *
 * @param url {@code jdbc:h2:…} or {@code jdbc:postgresql:…}, in the driver's own notation
 * @param user the database's user; empty when the URL names it or the driver's default is right
 * @param password its password; empty when the URL holds it or none is needed
 * @param poolSize the maximum number of connections, 1 to {@value #MAX_POOL_SIZE}
 * @param migrate whether opening migrates the schema; otherwise it must be up to date already
 * @param fingerprintKey the secret that keys stored fingerprints, the same on all nodes, of {@value #MIN_KEY_LENGTH}
 *     characters or more; empty to use the random key in the database. Earlier rows with the key in the database are
 *     still recognised, rows with another secret are not
 */
public record DatabaseSettings(
        String url, String user, String password, int poolSize, boolean migrate, String fingerprintKey) {
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
        refuse(!user.isEmpty() && !parsed.user().isEmpty(), "db.user is set twice: also in db.url");
        refuse(!password.isEmpty() && !parsed.password().isEmpty(), "db.password is set twice: also in db.url");
        refuse(poolSize < 1 || poolSize > MAX_POOL_SIZE, "db.pool-size must be 1 to " + MAX_POOL_SIZE);
        refuse(
                !fingerprintKey.isEmpty() && fingerprintKey.length() < MIN_KEY_LENGTH,
                "db.fingerprint-key must have %d characters or more".formatted(MIN_KEY_LENGTH));
    }

    /** Returns the defaults: an H2 file under {@code ./data}, 10 connections, migrated when opened. */
    public static DatabaseSettings defaults() {
        return new DatabaseSettings("jdbc:h2:file:./data/asyncjob", "", "", 10, true, "");
    }

    /** Returns these settings with another URL. */
    public DatabaseSettings withUrl(String other) {
        return new DatabaseSettings(other, user, password, poolSize, migrate, fingerprintKey);
    }

    /** Returns these settings with another user. */
    public DatabaseSettings withUser(String other) {
        return new DatabaseSettings(url, other, password, poolSize, migrate, fingerprintKey);
    }

    /** Returns these settings with another password. */
    public DatabaseSettings withPassword(String other) {
        return new DatabaseSettings(url, user, other, poolSize, migrate, fingerprintKey);
    }

    /** Returns these settings with another pool size. */
    public DatabaseSettings withPoolSize(int other) {
        return new DatabaseSettings(url, user, password, other, migrate, fingerprintKey);
    }

    /** Returns these settings, migrated when opened or not. */
    public DatabaseSettings withMigrate(boolean other) {
        return new DatabaseSettings(url, user, password, poolSize, other, fingerprintKey);
    }

    /** Returns these settings with another secret for fingerprints. */
    public DatabaseSettings withFingerprintKey(String other) {
        return new DatabaseSettings(url, user, password, poolSize, migrate, other);
    }

    /** Returns the parts of the URL, with these credentials. */
    DatabaseUrl connectionUrl() {
        return DatabaseUrl.parse(url).withCredentials(user, password);
    }

    @Override
    public String toString() {
        return "DatabaseSettings[url=%s, user=%s, poolSize=%d, migrate=%b]"
                .formatted(DatabaseUrl.parse(url), user, poolSize, migrate);
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw new IllegalArgumentException(message);
        }
    }
}
