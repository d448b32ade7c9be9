package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls on connections of a pool, within a limited time.
 *
 * <p>A call that collides with a concurrent one (deadlock, serialisation failure, duplicate key) is repeated, and so is
 * a transaction that the server ended because this node paused in it. A call that must wait for a lock of another
 * transaction waits in a {@link LockQueue}. Safe for use from any thread.
 */
final class PooledTransactions implements Transactions {
    /** How long a call is repeated; the rest of the {@link Deadline} is for the last try. */
    private static final Duration RETRY_TIME = Duration.ofSeconds(1);

    /** The longest pause before such a repetition, drawn by lot: calls that collided must not collide again. */
    private static final Duration RETRY_PAUSE = Duration.ofMillis(10);

    /** The time that a call waits for a connection, its check included. */
    static final Duration CONNECTION_WAIT = Duration.ofSeconds(1);

    /** The time that must be left for the database when a connection is asked for. */
    private static final Duration MIN_CALL_TIME = Duration.ofMillis(250);

    /** SQLSTATEs of a serialisation failure (also H2's deadlock), PostgreSQL's deadlock, and a duplicate key. */
    private static final Set<String> COLLISIONS = Set.of("40001", "40P01", "23505");

    /** SQLSTATE of a transaction that the server has ended since this node paused in its middle. */
    private static final String PAUSED = "25P03";

    /** The class of SQLSTATEs of a broken connection. */
    private static final String BROKEN = "08";

    /** The time after which a short read is tried again: by then a connection that is not dead has answered. */
    private static final Duration FIRST_READ = Duration.ofMillis(1200);

    /** SQLSTATEs of a full disk, or of a file that the operating system does not let grow. */
    private static final Set<String> NO_ROOM = Set.of("53100", "58030", "XX000", "HY000");

    /** How long writes are refused after such a failure; then the next one may try. */
    private static final Duration REFUSAL_TIME = Duration.ofSeconds(5);

    private final Connecting connecting;
    private final Jdbi jdbi;
    private final String setup;
    private final SqlDialect dialect;
    private final LockQueue locks;
    private volatile long writableFrom = System.nanoTime();

    /** @param poolSize the number of connections in the pool */
    PooledTransactions(Pool pool, int poolSize, SqlDialect dialect) {
        this.dialect = dialect;
        this.locks = new LockQueue(poolSize);
        connecting = new Connecting(pool, dialect.limitsCalls());
        jdbi = Jdbi.create(connecting);
        SqlTypes.install(jdbi, dialect.now(), dialect.tables());
        setup = dialect.transactionSetup();
    }

    @Override
    public <T> T call(HandleCallback<T, RuntimeException> call) {
        return patiently(() -> withHandle(call), call);
    }

    /** Calls JDBI, which loses a connection if it has no memory for the handle. */
    private <T> T onHandle(HandleCallback<T, RuntimeException> call) {
        try {
            return jdbi.withHandle(call);
        } catch (Throwable e) {
            connecting.closeLast();
            throw e;
        }
    }

    private <T> T withHandle(HandleCallback<T, RuntimeException> call) {
        return setup.isEmpty()
                ? onHandle(handle -> dialect.durably(handle.getConnection(), true, () -> call.withHandle(handle)))
                : inTransaction(true, call);
    }

    private <T> T query(HandleCallback<T, RuntimeException> call, Predicate<T> showsEnd) {
        return !setup.isEmpty()
                ? inTransaction(true, call)
                : onHandle(handle -> {
                    T result = call.withHandle(handle);
                    return showsEnd.test(result) ? dialect.durably(handle.getConnection(), true, () -> result) : result;
                });
    }

    private <T> T inTransaction(boolean alone, HandleCallback<T, RuntimeException> call) {
        HandleCallback<T, RuntimeException> whole = transaction -> {
            if (!setup.isEmpty()) {
                transaction.execute(setup);
            }
            return call.withHandle(transaction);
        };
        return onHandle(handle -> dialect.durably(handle.getConnection(), alone, () -> handle.inTransaction(whole)));
    }

    @Override
    public <T> T read(HandleCallback<T, RuntimeException> call, Predicate<T> showsEnd) {
        return Deadline.within(Deadline.LIMIT, () -> {
            try {
                return Deadline.within(FIRST_READ, () -> unlocked(() -> query(call, showsEnd)));
            } catch (StoreUnavailable e) {
                if (e.getCause() instanceof SQLException failure
                        && String.valueOf(failure.getSQLState()).startsWith(BROKEN)
                        && !(failure instanceof SQLTransientConnectionException)) {
                    return unlocked(() -> query(call, showsEnd));
                }
                throw e;
            }
        });
    }

    /**
     * Repeats a read that had to wait for a lock: only a change of the table, such as a migration, locks readers out.
     */
    private <T> T unlocked(Supplier<T> call) {
        long start = System.nanoTime();
        while (true) {
            try {
                return repeated(call);
            } catch (JobLocked e) {
                if (System.nanoTime() - start >= RETRY_TIME.toNanos()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public <T> T transact(HandleCallback<T, RuntimeException> call) {
        return patiently(() -> inTransaction(true, call), call);
    }

    private <T> T patiently(Supplier<T> first, HandleCallback<T, RuntimeException> queued) {
        return Deadline.within(Deadline.LIMIT, () -> {
            try {
                return repeated(first);
            } catch (JobLocked e) {
                return locks.await(List.of(), () -> turn(queued));
            }
        });
    }

    @Override
    public <T> T call(Collection<?> names, HandleCallback<T, RuntimeException> call) {
        return Deadline.within(
                Deadline.LIMIT, () -> locks.call(names, () -> repeated(() -> withHandle(call)), () -> turn(call)));
    }

    @Override
    public <T> T transact(Collection<?> names, HandleCallback<T, RuntimeException> call) {
        return Deadline.within(
                Deadline.LIMIT,
                () -> locks.call(names, () -> repeated(() -> inTransaction(true, call)), () -> turn(call)));
    }

    private <T> T turn(HandleCallback<T, RuntimeException> call) {
        return repeated(() -> inTransaction(false, handle -> dialect.waiting(handle, LockQueue.TURN, call)));
    }

    @Override
    public <T> Optional<T> callUnlessLocked(HandleCallback<T, RuntimeException> call) {
        return Deadline.within(Deadline.LIMIT, () -> locks.callUnlessLocked(() -> repeated(() -> withHandle(call))));
    }

    @Override
    public <T> Optional<T> transactUnlessLocked(HandleCallback<T, RuntimeException> call) {
        return Deadline.within(
                Deadline.LIMIT, () -> locks.callUnlessLocked(() -> repeated(() -> inTransaction(true, call))));
    }

    @Override
    public boolean mayBeLocked(Collection<?> names) {
        return locks.mayBeLocked(names);
    }

    @Override
    public void requireRoom() {
        if (System.nanoTime() - writableFrom < 0) {
            throw new StoreUnavailable(new SQLException("a recent write found no room"));
        }
    }

    /** A pool of connections. */
    interface Pool {
        Connection get(Duration atMost) throws SQLException;

        /** Takes a connection back, as its close does. */
        default void giveBack(Connection connection) throws SQLException {
            connection.close();
        }
    }

    /**
     * Limits the wait for a connection, each answer of the database, and the call as a whole to what is left of its
     * time.
     */
    private record Connecting(Pool pool, boolean limited, CallWatch watch) implements ConnectionFactory {
        /** The last connection of the current thread, so that nothing is allocated once it is there. */
        private static final ThreadLocal<@Nullable Connection[]> LAST =
                ThreadLocal.withInitial(() -> new Connection[1]);

        Connecting(Pool pool, boolean limited) {
            this(pool, limited, new CallWatch());
        }

        @Override
        public Connection openConnection() throws SQLException {
            Duration wait = Deadline.left().minus(MIN_CALL_TIME);
            if (wait.isNegative()) {
                throw new SQLTransientConnectionException("no time is left for a connection");
            }
            @Nullable Connection[] last = LAST.get();
            Connection connection = pool.get(wait.compareTo(CONNECTION_WAIT) < 0 ? wait : CONNECTION_WAIT);
            last[0] = connection; // a failure returns it to the pool, which notices that it is broken
            if (limited) {
                long left = Math.max(Deadline.left().toMillis(), MIN_CALL_TIME.toMillis());
                connection.setNetworkTimeout(Runnable::run, (int) left);
                watch.begin(connection);
            }
            return connection;
        }

        /** Closes the last connection of the current thread if JDBI has not. */
        void closeLast() {
            @Nullable Connection[] last = LAST.get();
            try {
                if (last[0] != null) {
                    pool.giveBack(last[0]);
                }
            } catch (Throwable e) { // the failure before it is thrown
            } finally {
                last[0] = null;
            }
        }

        @Override
        public void closeConnection(Connection connection) throws SQLException {
            try {
                pool.giveBack(connection);
                LAST.get()[0] = null;
            } finally {
                watch.end(connection);
            }
        }
    }

    private <T> T repeated(Supplier<T> call) {
        long start = System.nanoTime();
        for (int tries = 1; true; tries++) {
            try {
                return call.get();
            } catch (JdbiException e) {
                if (NO_ROOM.contains(Transactions.state(e))) {
                    writableFrom = System.nanoTime() + REFUSAL_TIME.toNanos();
                }
                if (PAUSED.equals(Transactions.state(e)) && Deadline.left().compareTo(CONNECTION_WAIT) > 0) {
                    continue;
                }
                if (!COLLISIONS.contains(Transactions.state(e))) {
                    throw Transactions.translated(e);
                }
                if (System.nanoTime() - start >= RETRY_TIME.toNanos()) {
                    throw new StoreUnavailable(e); // too many concurrent calls: a later one may succeed
                }
                if (tries > 1) { // usually the first repetition finds what it collided with
                    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(RETRY_PAUSE.toNanos()));
                }
            }
        }
    }
}
