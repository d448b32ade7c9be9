package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.JdbiException;

/** Runs calls to the database, which end with a result or with {@link StoreUnavailable}. */
interface Transactions {
    /** SQLSTATEs of a lock that was not released in time, of PostgreSQL and of H2. */
    Set<String> LOCKED = Set.of("55P03", "HYT00");

    /** Runs one statement, or several that need no common transaction. */
    <T> T call(HandleCallback<T, RuntimeException> call);

    /**
     * Runs one short read, on a second connection if the first turns out to be dead.
     *
     * @param showsEnd whether a result shows the end of a job, which must survive a crash then
     */
    default <T> T read(HandleCallback<T, RuntimeException> call, Predicate<T> showsEnd) {
        return call(call);
    }

    /** Runs statements in one transaction. */
    <T> T transact(HandleCallback<T, RuntimeException> call);

    /**
     * Runs statements about one job in one transaction, with names as {@link #call(Collection, HandleCallback)} has.
     */
    default <T> T transact(Collection<?> names, HandleCallback<T, RuntimeException> call) {
        return transact(call);
    }

    /**
     * Runs statements about one job, as {@link #call(HandleCallback)} does.
     *
     * @param names its id and keys: of calls with the same names that wait for a lock, other calls do not notice
     */
    default <T> T call(Collection<?> names, HandleCallback<T, RuntimeException> call) {
        return call(call);
    }

    /**
     * Runs statements for many callers, as {@link #call(HandleCallback)} does, unless they had to wait for a lock.
     *
     * @return empty if they had to; nothing was changed then
     */
    default <T> Optional<T> callUnlessLocked(HandleCallback<T, RuntimeException> call) {
        return Optional.of(call(call));
    }

    /**
     * Runs statements about many jobs in one transaction, unless they had to wait for a lock.
     *
     * @return empty if they had to; nothing was changed then
     */
    default <T> Optional<T> transactUnlessLocked(HandleCallback<T, RuntimeException> call) {
        return Optional.of(transact(call));
    }

    /** Returns whether a call with one of these names had to wait for a lock in the last seconds. */
    default boolean mayBeLocked(Collection<?> names) {
        return false;
    }

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
        if (LOCKED.contains(state)) {
            return new JobLocked(sqlCause(e));
        }
        boolean internalError = state.length() == 5 && Set.of("22", "23", "42").contains(state.substring(0, 2));
        return internalError ? e : new StoreUnavailable(sqlCause(e));
    }

    /** Returns the SQLSTATE of a failure, or the empty string. */
    static String state(RuntimeException e) {
        String state = sqlCause(e).getSQLState();
        return state == null ? "" : state;
    }

    private static SQLException sqlCause(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException found) {
                return found;
            }
        }
        throw e;
    }
}
