package dev.asyncjob.persistence;

import java.util.function.Supplier;

/**
 * A user of the database and its password. Immutable; {@link #toString()} does not show the password.
 *
 * @param user the user; empty when the URL names it or the driver's default is right
 * @param password the password; empty when the URL holds it or none is needed
 */
public record DatabaseCredentials(String user, String password) implements Supplier<DatabaseCredentials> {
    /** No user and no password. */
    public static final DatabaseCredentials NONE = new DatabaseCredentials("", "");

    /** Returns itself: credentials that never change are their own source. */
    @Override
    public DatabaseCredentials get() {
        return this;
    }

    @Override
    public String toString() {
        return "DatabaseCredentials[user=" + user + "]";
    }
}
