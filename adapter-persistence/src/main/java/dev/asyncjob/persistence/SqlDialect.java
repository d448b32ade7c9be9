package dev.asyncjob.persistence;

import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.HeldLease;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;

/**
 * What the two databases do not share: the statements that differ, the parameters of connections, and the classes that
 * claim and write jobs. One instance belongs to one database URL.
 *
 * <p>In all statements {@code <now>} stands for the statement's own instant on the database's clock. Safe for use from
 * any thread.
 */
interface SqlDialect {
    /**
     * An instant before the end of every job; a lower bound by which H2 skips the nulls at the start of its indexes.
     */
    String EPOCH = "timestamp with time zone '1970-01-01 00:00:00Z'";

    /** Gives a job back. */
    String RELEASE = """
            update asyncjob.work w
            set available_at = <now>, attempts_made = attempts_made - 1, attempts_left = attempts_left + 1, leased = false,
                history = %s
            where job_id = :id and token = :token and leased
            """.formatted(HistoryColumn.ended(EndedAttempt.End.RELEASED, "<now>"));

    /** Reads the work rows without attempts left. */
    String SPENT = """
            select job_id, attempts_made from asyncjob.work where attempts_left = 0 and available_at <= <now>
            order by attempts_left, available_at fetch first :max rows only
            """;

    /** A class that the database needs, and the optional dependency with it, as {@code groupId:artifactId}. */
    record Requirement(String className, String artifact) {}

    /** Returns the database's URL as the user gave it. */
    DatabaseUrl url();

    /** Returns the name of the database in messages, and of its folder of migrations. */
    String name();

    /** Returns the expression that {@code <now>} stands for. */
    String now();

    /** Returns the names of the store's tables. */
    TableNames tables();

    /** Returns the schema in the spelling of the database's catalogue. */
    default String schema() {
        return tables().schema();
    }

    /** Returns the classes that embedders add to the class path themselves; the first is the driver. */
    List<Requirement> requirements();

    /** Prepares the driver, which is loaded, for the first connection. */
    default void prepareDriver() {}

    /** Returns the URL of the store's connections: the user's, with defaults for what it does not set. */
    DatabaseUrl storeUrl();

    /** Returns the URL of connections that migrate, which may take long, or listen. */
    default DatabaseUrl adminUrl() {
        return storeUrl();
    }

    /** Returns the statements that each of the store's connections begins with. */
    String sessionSetup();

    /** Returns the statements that each connection for migrating or listening begins with; may be empty. */
    default String adminSetup() {
        return "";
    }

    /** Returns the statements that each transaction begins with, where sessions keep no settings; otherwise empty. */
    default String transactionSetup() {
        return "";
    }

    /**
     * Prepares a connection of the application's for the store, and returns the statements that undo it; empty where
     * each transaction has its own settings.
     */
    default String borrow(Connection connection) throws SQLException {
        return "";
    }

    /** Runs the first statements of a connection; fails if it leads to a server that the store must not use. */
    default void begin(Connection connection, String setup) throws SQLException {
        if (!setup.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(setup);
            }
        }
    }

    /**
     * Connects to the database, and checks that it is fit for the store.
     *
     * @throws IllegalStateException if it is not; the message says why
     */
    default void checkServer(DataSource admin) throws SQLException {
        admin.getConnection().close();
    }

    /** Runs a task on the schema, which gets the source of its connections. */
    default <T> T onSchema(DataSource admin, Function<DataSource, T> task) throws SQLException {
        return task.apply(admin);
    }

    /** Undoes a migration that was cut, before the database is opened for another one. */
    default void undoCutMigration() {}

    /**
     * Makes sure that a migration which is cut can be begun again.
     *
     * @throws IllegalStateException if it cannot
     */
    default void beforeMigration(DataSource admin) {}

    /** Ends what {@link #beforeMigration} has begun: the schema has this code's version. */
    default void afterMigration() {}

    /** Returns whether {@link PooledTransactions} must limit the time of calls: neither the driver nor the URL does. */
    default boolean limitsCalls() {
        return false;
    }

    /** Runs a call that may wait for locks for so long, in a transaction. */
    <T> T waiting(Handle handle, Duration lockTimeout, HandleCallback<T, RuntimeException> call);

    /**
     * Runs a change, and returns once no crash of this process can take back what the connection has committed or can
     * see.
     *
     * @param alone whether, on an H2 file, it waits until no other change is in progress
     * @throws dev.asyncjob.application.spi.StoreUnavailable if that is not sure, or the database cannot be written
     */
    default <T> T durably(Connection connection, boolean alone, Supplier<T> change) {
        return change.get();
    }

    /**
     * Runs a call within a transaction of the caller's, and returns once no crash of this process can take back what
     * others had committed.
     *
     * @throws dev.asyncjob.application.spi.StoreUnavailable if that is not sure, or the database cannot be written
     */
    default <T> T withinCallers(Connection connection, Supplier<T> call) {
        return call.get();
    }

    /** Returns the statement that sends {@code :messages} to other nodes at the commit; empty if none can be sent. */
    default Optional<String> notification() {
        return Optional.empty();
    }

    /** Returns the statement that extends a lease and returns it. */
    String renew();

    /** Extends the leases that no other transaction has locked, and returns them. */
    Set<HeldLease> renew(Handle handle, List<HeldLease> leases, Duration length);

    /**
     * Returns the one statement that extends a lease to {@code :lease} from now, changes the forecast to {@code :end}
     * unless that is null, adds {@code :progress} and {@code :message} as {@link dev.asyncjob.domain.Statements}
     * defines if {@code :states}, sends {@code :messages}, and returns the lease; empty if that takes several
     * statements.
     */
    default Optional<String> renewWithChange() {
        return Optional.empty();
    }

    /** Returns the statement that gives a job back and returns its kind. */
    String release();

    /** Returns the statement that reads the work rows without attempts left. */
    String spent();

    /** Deletes jobs past their retention that no other transaction has locked, and returns how many. */
    int forget(Handle handle, int max);

    /** Returns a new object that claims jobs, for one store. */
    Claims claims();

    /** Returns the object that writes jobs. */
    JobWriter writer();

    /** Returns the statement that adds the counts of {@link EndedMinutes#COUNTED} to those of other nodes. */
    String addEnded();

    /** Returns whether connections can receive notifications. */
    default boolean listens() {
        return notification().isPresent();
    }

    /** Returns a new task that does what the database needs from time to time, for one store. */
    default Runnable maintenance(Transactions transactions) {
        return () -> {};
    }
}
