package dev.asyncjob.persistence;

import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Handles;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Calls within a transaction of somebody else's, who alone ends it: nothing is committed, rolled back or closed here.
 *
 * <p>For use by one thread, as the connection is.
 */
final class CallerTransaction implements Transactions {
    /** A key that another transaction took meanwhile; H2 goes on after it, and a second look finds what was taken. */
    private static final String TAKEN = "23505";

    private static final int TRIES = 10;

    private final Handle handle;

    /** @throws IllegalStateException if the connection is not in a transaction */
    CallerTransaction(Connection connection, SqlDialect dialect) {
        requireTransaction(connection);
        Jdbi jdbi = Jdbi.create(() -> connection); // never asked to give it back: the handle is not closed
        jdbi.getConfig(Handles.class).setForceEndTransactions(false);
        SqlTypes.install(jdbi, dialect);
        handle = jdbi.open();
    }

    private static void requireTransaction(Connection connection) {
        try {
            if (!connection.getAutoCommit()) {
                return;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the connection cannot be used", e);
        }
        throw new IllegalStateException("the connection is in no transaction: call setAutoCommit(false) first");
    }

    @Override
    public <T> T call(HandleCallback<T, RuntimeException> call) {
        for (int tries = 1; ; tries++) {
            try {
                return call.withHandle(handle);
            } catch (JdbiException e) {
                if (tries == TRIES || !Transactions.state(e).equals(TAKEN)) {
                    throw Transactions.translated(e);
                }
            }
        }
    }

    @Override
    public <T> T transact(HandleCallback<T, RuntimeException> call) {
        return call(call);
    }
}
