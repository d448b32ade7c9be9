package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.SQLException;
import java.util.Set;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.JdbiException;

/** Runs calls to the database, which end with a result or with {@link StoreUnavailable}. */
interface Transactions {
    /** Runs one statement, or several that need no common transaction. */
    <T> T call(HandleCallback<T, RuntimeException> call);

    /** Runs statements in one transaction. */
    <T> T transact(HandleCallback<T, RuntimeException> call);

    /** Returns whether these calls run in a transaction of the caller's, which only the caller ends. */
    default boolean isCallerOwned() {
        return false;
    }

    /**
     * Fails if a write in the last seconds found no room, as on a full disk.
     *
     * @throws StoreUnavailable if so
     */
    default void requireRoom() {}

    /**
     * Translates a failure for the caller of the store: it stays as it is if data or statements are wrong, which is an
     * internal error that no later call will mend, and becomes {@link StoreUnavailable} otherwise.
     */
    static RuntimeException translated(JdbiException e) {
        String state = state(e);
        boolean internalError = state.length() == 5 && Set.of("22", "23", "42").contains(state.substring(0, 2));
        return internalError ? e : new StoreUnavailable(sqlCause(e));
    }

    /** Returns the SQLSTATE of a failure, or the empty string. */
    static String state(JdbiException e) {
        String state = sqlCause(e).getSQLState();
        return state == null ? "" : state;
    }

    private static SQLException sqlCause(JdbiException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException found) {
                return found;
            }
        }
        throw e;
    }
}
