package dev.asyncjob.persistence;

/**
 * Where the jobs are kept.
 *
 * <p>{@link #toString()} shows neither the password nor anything that follows the database's name in the URL.
 *
 * @param url {@code jdbc:h2:…} or {@code jdbc:postgresql:…}, in the driver's own notation
 * @param user the database's user; empty when the URL names it or the driver's default will do
 * @param password its password; empty when the URL holds it or none is needed
 * @param poolSize connections held at most, 1 to {@value #MAX_POOL_SIZE}
 * @param migrate whether opening brings the schema up to date; otherwise it must be so already
 */
public record DatabaseSettings(String url, String user, String password, int poolSize, boolean migrate) {
    /** Connections at most. */
    public static final int MAX_POOL_SIZE = 200;

    /** @throws IllegalArgumentException naming the setting that is wrong, without its value */
    public DatabaseSettings {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        refuse(!user.isEmpty() && !parsed.user().isEmpty(), "db.user is set twice: also in db.url");
        refuse(!password.isEmpty() && !parsed.password().isEmpty(), "db.password is set twice: also in db.url");
        refuse(poolSize < 1 || poolSize > MAX_POOL_SIZE, "db.pool-size must be 1 to " + MAX_POOL_SIZE);
    }

    /** An H2 file under {@code ./data}, 10 connections, migrated when opened. */
    public static DatabaseSettings defaults() {
        return new DatabaseSettings("jdbc:h2:file:./data/asyncjob", "", "", 10, true);
    }

    /** The same at another place. */
    public DatabaseSettings withUrl(String other) {
        return new DatabaseSettings(other, user, password, poolSize, migrate);
    }

    /** The same as another user. */
    public DatabaseSettings withUser(String other) {
        return new DatabaseSettings(url, other, password, poolSize, migrate);
    }

    /** The same with another password. */
    public DatabaseSettings withPassword(String other) {
        return new DatabaseSettings(url, user, other, poolSize, migrate);
    }

    /** The same with another number of connections. */
    public DatabaseSettings withPoolSize(int other) {
        return new DatabaseSettings(url, user, password, other, migrate);
    }

    /** The same, migrated when opened or not. */
    public DatabaseSettings withMigrate(boolean other) {
        return new DatabaseSettings(url, user, password, poolSize, other);
    }

    /** The URL taken apart, with these credentials. */
    DatabaseUrl connectionUrl() {
        return DatabaseUrl.parse(url).as(user, password);
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
