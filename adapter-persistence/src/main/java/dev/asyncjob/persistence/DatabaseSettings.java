package dev.asyncjob.persistence;

/**
 * The database of the jobs, its credentials and the size of its connection pool.
 *
 * <p>{@link #toString()} shows neither the password nor anything that follows the database's name in the URL.
 *
 * @param url {@code jdbc:h2:…} or {@code jdbc:postgresql:…}, in the driver's own notation
 * @param user the database's user; empty when the URL names it or the driver's default is right
 * @param password its password; empty when the URL holds it or none is needed
 * @param poolSize the maximum number of connections, 1 to {@value #MAX_POOL_SIZE}
 * @param migrate whether opening migrates the schema; otherwise it must be up to date already
 */
public record DatabaseSettings(String url, String user, String password, int poolSize, boolean migrate) {
    /** The upper bound of {@link #poolSize}. */
    public static final int MAX_POOL_SIZE = 200;

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
    }

    /** Returns the defaults: an H2 file under {@code ./data}, 10 connections, migrated when opened. */
    public static DatabaseSettings defaults() {
        return new DatabaseSettings("jdbc:h2:file:./data/asyncjob", "", "", 10, true);
    }

    /** Returns these settings with another URL. */
    public DatabaseSettings withUrl(String other) {
        return new DatabaseSettings(other, user, password, poolSize, migrate);
    }

    /** Returns these settings with another user. */
    public DatabaseSettings withUser(String other) {
        return new DatabaseSettings(url, other, password, poolSize, migrate);
    }

    /** Returns these settings with another password. */
    public DatabaseSettings withPassword(String other) {
        return new DatabaseSettings(url, user, other, poolSize, migrate);
    }

    /** Returns these settings with another pool size. */
    public DatabaseSettings withPoolSize(int other) {
        return new DatabaseSettings(url, user, password, other, migrate);
    }

    /** Returns these settings, migrated when opened or not. */
    public DatabaseSettings withMigrate(boolean other) {
        return new DatabaseSettings(url, user, password, poolSize, other);
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
