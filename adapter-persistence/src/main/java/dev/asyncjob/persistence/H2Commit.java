package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.h2.engine.Database;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * Waits until an H2 file has all commits that a connection can see.
 *
 * <p>H2 shows a commit to other connections before it writes it. When a write fails, H2 closes its store, and a commit
 * of another thread may return although it was never written.
 */
final class H2Commit {
    private static final Map<MVStore, Lock> CHANGING = Collections.synchronizedMap(new WeakHashMap<>());

    private H2Commit() {}

    /**
     * Runs a change, and writes the commits that the connection can see, its own included, or waits for the thread that
     * writes them. They then survive the end of the process; whether they survive the end of the machine is up to the
     * operating system.
     *
     * @param alone whether it waits until no other change is in progress: H2 writes a table and its indexes one after
     *     another, and would write half of what another thread does then, which it cannot roll back after a crash
     * @throws StoreUnavailable if H2 has closed the store meanwhile, or changes wait in the {@link H2WriteQueue}, so
     *     that they may be lost; if they wait before the change, it is not run
     */
    static <T> T durably(Connection connection, boolean alone, Supplier<T> change) {
        try {
            SessionLocal session = session(connection);
            MVStore store = store(session);
            Lock lock = alone ? CHANGING.computeIfAbsent(store, unused -> new ReentrantLock()) : new ReentrantLock();
            lock.lock();
            try {
                requireWritten(store);
                T result = change.get();
                awaitWritten(session, store);
                return result;
            } finally {
                lock.unlock();
            }
        } catch (SQLException | MVStoreException e) {
            throw new StoreUnavailable(e);
        }
    }

    private static void awaitWritten(SessionLocal session, MVStore store) throws SQLException {
        if (store.getFileStore() == null) {
            return; // in memory
        }
        store.commit();
        if (store.getAutoCommitDelay() > 0) {
            store.executeFilestoreOperation(() -> {}); // the URL lets other threads of H2 write: waits for them
        }
        if (session.isClosed() || store.isClosed()) {
            throw new SQLException("the database was closed");
        }
        requireWritten(store);
    }

    private static void requireWritten(MVStore store) throws SQLException {
        if (store.getFileStore() != null && !H2File.written(store.getFileStore().getFileName())) {
            throw new SQLException("the database file cannot be written");
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
