package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.SQLException;
import java.util.Set;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.JdbiException;

/** Calls to the database that end with an answer, or with {@link StoreUnavailable}. */
interface Transactions {
    /** One statement, or several that need not hold together. */
    <T> T call(HandleCallback<T, RuntimeException> call);

    /** Statements that hold together. */
    <T> T transact(HandleCallback<T, RuntimeException> call);

    /**
     * Refuses if a change found no room a moment ago, as on a full disk, whatever can be read.
     *
     * @throws StoreUnavailable if so
     */
    default void requireRoom() {}

    /** What a failure means to who asked: data or statements that cannot be are ours to mend, not to wait for. */
    static RuntimeException translated(JdbiException e) {
        boolean ours = state(e).length() == 5 && Set.of("22", "23", "42").contains(state(e).substring(0, 2));
        return ours ? e : new StoreUnavailable(sqlCause(e));
    }

    /** The SQLSTATE of a failure, or nothing. */
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
