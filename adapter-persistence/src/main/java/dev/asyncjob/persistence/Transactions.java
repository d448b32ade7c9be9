package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Set;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Runs work in one transaction each, again when the database asks for it, and says plainly when there is none. */
final class Transactions {
    private static final int TRIES = 5;

    /** Deadlock, serialization failure and lock time-out, of both databases. */
    private static final Set<String> AGAIN = Set.of("40001", "40P01", "HYT00", "55P03");

    /** SQLState classes that tell of a fault in our own statements or data: syntax, data, integrity. */
    private static final Set<String> OUR_FAULT = Set.of("42", "22", "23");

    private static final String DUPLICATE = "23505";

    private final Jdbi jdbi;

    Transactions(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Carries out the work whole or not at all. */
    <T> T in(HandleCallback<T, RuntimeException> work) {
        for (int tries = 1; ; tries++) {
            try {
                return jdbi.inTransaction(work);
            } catch (JdbiException e) {
                if (tries == TRIES || !AGAIN.contains(state(e))) {
                    throw translated(e);
                }
            }
        }
    }

    /** Asks one question, without a transaction of its own. */
    <T> T ask(HandleCallback<T, RuntimeException> question) {
        try {
            return jdbi.withHandle(question);
        } catch (JdbiException e) {
            throw translated(e);
        }
    }

    /** Whether the statement failed on a key that is taken. */
    static boolean isDuplicate(JdbiException e) {
        return state(e).equals(DUPLICATE);
    }

    private static RuntimeException translated(JdbiException e) {
        String state = state(e);
        boolean ours = state.length() == 5 && OUR_FAULT.contains(state.substring(0, 2));
        return ours ? e : new StoreUnavailable(e);
    }

    private static String state(JdbiException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return Objects.requireNonNullElse(sql.getSQLState(), "");
            }
        }
        return "";
    }
}
