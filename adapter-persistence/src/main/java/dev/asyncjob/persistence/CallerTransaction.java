package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Handles;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Runs calls within a transaction of the caller's: commit, rollback and close are left to the caller. What a call has
 * seen of other transactions is on disk when it returns.
 *
 * <p>For use by one thread, as the connection is.
 */
final class CallerTransaction implements Transactions {
    /** SQLSTATE of a key that another transaction inserted; H2 can go on, and a second call finds that row. */
    private static final String DUPLICATE_KEY = "23505";

    private static final int TRIES = 10;

    private final Handle handle;
    private final SqlDialect dialect;

    /** @throws IllegalStateException if the connection is not in a transaction */
    CallerTransaction(Connection connection, SqlDialect dialect) {
        requireTransaction(connection);
        this.dialect = dialect;
        Jdbi jdbi = Jdbi.create(() -> connection); // never closed by JDBI, since the handle is not
        jdbi.getConfig(Handles.class).setForceEndTransactions(false);
        SqlTypes.install(jdbi, dialect.now(), dialect.tables());
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
                return Deadline.within(
                        Deadline.LIMIT,
                        () -> dialect.withinCallers(handle.getConnection(), () -> call.withHandle(handle)));
            } catch (JdbiException e) {
                if (tries == TRIES || !Transactions.state(e).equals(DUPLICATE_KEY)) {
                    throw Transactions.translated(e);
                }
            }
        }
    }

    @Override
    public boolean isCallerOwned() {
        return true;
    }

    @Override
    public <T> T transact(HandleCallback<T, RuntimeException> call) {
        return call(call);
    }
}
