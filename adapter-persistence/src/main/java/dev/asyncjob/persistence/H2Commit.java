package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.h2.engine.Database;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * Waits until an H2 file has all commits that a connection can see, within the {@link Deadline} of the call.
 *
 * <p>H2 shows a commit to other connections before it writes it. When a write fails, H2 closes its store, and a commit
 * of another thread may return although it was never written.
 */
final class H2Commit {
    private static final Map<MVStore, Lock> CHANGING = Collections.synchronizedMap(new WeakHashMap<>());

    private H2Commit() {}

    /**
     * Runs a change, and returns when the file has the commits that the connection can see, its own included. They then
     * survive the end of the process; whether they survive the end of the machine is up to the operating system.
     *
     * @param alone whether no other such change is in progress while this one is, its commit included, but not the wait
     *     for the file: H2 writes a table and its indexes one after another, and would write half of what another
     *     thread does then, which it cannot roll back after a crash
     * @throws StoreUnavailable if H2 has closed the store meanwhile, or the file does not have the changes in time, so
     *     that they may be lost; if it cannot be written before the change, that is not run
     */
    static <T> T durably(Connection connection, boolean alone, Supplier<T> change) {
        try {
            SessionLocal session = session(connection);
            MVStore store = store(session);
            if (store.getFileStore() == null) {
                return change.get(); // in memory
            }
            requireWritable(store);
            T result = H2WriteQueue.deferring(() -> committed(session, store, alone, change));
            require(H2File.awaitWritten(store.getFileStore().getFileName(), Deadline.left()));
            return result;
        } catch (SQLException | MVStoreException e) {
            throw new StoreUnavailable(e);
        }
    }

    /**
     * Runs a call within a transaction of the caller's, and then waits as {@link #durably} does. The call itself takes
     * no lock that another change waits for, since the transaction holds locks of rows.
     */
    static <T> T withinCallers(Connection connection, Supplier<T> call) {
        try {
            requireWritable(store(connection));
            T result = H2WriteQueue.deferring(call);
            return durably(connection, true, () -> result);
        } catch (SQLException e) {
            throw new StoreUnavailable(e);
        }
    }

    private static void requireWritable(MVStore store) throws SQLException {
        require(store.getFileStore() == null
                || H2File.awaitWritable(store.getFileStore().getFileName(), Deadline.left()));
    }

    private static void require(boolean written) throws SQLException {
        if (!written) {
            throw new SQLException("the database file cannot be written");
        }
    }

    private static <T> T committed(SessionLocal session, MVStore store, boolean alone, Supplier<T> change) {
        Lock lock = alone ? CHANGING.computeIfAbsent(store, unused -> new ReentrantLock(true)) : new ReentrantLock();
        acquire(lock);
        try {
            T result = change.get();
            store.commit();
            if (store.getAutoCommitDelay() > 0) {
                store.executeFilestoreOperation(() -> {}); // the URL lets other threads of H2 write: waits for them
            }
            if (session.isClosed() || store.isClosed()) {
                throw new StoreUnavailable(new SQLException("the database was closed"));
            }
            return result;
        } finally {
            lock.unlock();
        }
    }

    private static void acquire(Lock lock) {
        try {
            if (!lock.tryLock(Deadline.left().toNanos(), TimeUnit.NANOSECONDS)) { // in turn: readers wait here too
                throw new StoreUnavailable(new TimeoutException("earlier changes take too long"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable(e);
        }
    }

    private static SessionLocal session(Connection connection) throws SQLException {
        return (SessionLocal) connection.unwrap(JdbcConnection.class).getSession(); // this process has opened the file
    }

    /** Returns the store of the session's database. */
    static MVStore store(Connection connection) throws SQLException {
        return store(session(connection));
    }

    private static MVStore store(SessionLocal session) throws SQLException {
        Database database = session.getDatabase();
        if (database == null) {
            throw new SQLException("the database was closed");
        }
        return database.getStore().getMvStore();
    }
}
