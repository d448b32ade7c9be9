package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkPolicy;
import java.sql.Connection;
import java.time.InstantSource;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;

/**
 * An open database of jobs: its store and its signals.
 *
 * <p>It stays open through an outage of the database: meanwhile every call ends within three seconds with
 * {@link dev.asyncjob.application.spi.StoreUnavailable}, and calls succeed again within two seconds of the database's
 * return. Close it after the last call. Safe for use from any thread.
 *
 * <p>The drivers are optional dependencies: H2 needs {@code com.h2database:h2}; PostgreSQL needs
 * {@code org.postgresql:postgresql} and {@code org.flywaydb:flyway-database-postgresql}.
 */
public final class JobDatabase implements AutoCloseable {
    private final DatabaseAccess access;
    private final SqlDialect dialect;
    private final WorkPolicy policy;
    private final FingerprintKeys keys;
    private final JdbiJobStore store;
    private final LocalJobSignals signals = new LocalJobSignals();
    private final JobObservers observers = new JobObservers();
    private final EndedMinutes minutes = new EndedMinutes();
    private final Notifications notifications;
    private final Runnable stopNotifications;

    private JobDatabase(DatabaseAccess access, WorkPolicy policy, FingerprintKeys keys) {
        this.access = access;
        this.dialect = access.dialect();
        this.notifications = Notifications.ofNewNode(dialect);
        this.policy = policy;
        this.keys = keys;
        observers.add(minutes);
        Transactions transactions = access.transactions();
        if (dialect.notification().isPresent()) {
            NotificationSender sender = new NotificationSender(transactions, notifications, signals);
            this.store =
                    new JdbiJobStore(transactions, keys, notifications.silent(), policy, sender, observers, minutes);
            Runnable stopListening = access.listen(notifications, signals);
            this.stopNotifications = () -> {
                stopListening.run();
                sender.close();
            };
        } else {
            this.store = new JdbiJobStore(transactions, keys, notifications, policy, signals, observers, minutes);
            this.stopNotifications = () -> {};
        }
    }

    private static JobDatabase over(DatabaseAccess access, WorkPolicy policy, FingerprintKeys keys) {
        try {
            return new JobDatabase(access, policy, keys);
        } catch (Throwable e) { // also an Error, such as no thread: the caller has nothing to close
            access.close();
            throw e;
        }
    }

    /**
     * Opens the database and, if the settings say so, migrates its schema.
     *
     * @param policy attempts, pauses and retention of its jobs
     * @throws IllegalStateException if its driver is missing, it cannot be reached, it is not fit for the store, or its
     *     schema is missing or older and may not be migrated; the message says which database and why, and holds no
     *     secret
     */
    public static JobDatabase open(DatabaseSettings settings, WorkPolicy policy) {
        Connections connections = Connections.of(settings);
        if (settings.migrate()) {
            connections.dialect().undoCutMigration();
        }
        H2KeepOpen keepOpen = H2KeepOpen.connect(connections);
        try {
            String key = settings.migrate()
                    ? connections.onMigratedSchema(Schema::fingerprintKey)
                    : connections.withSchema(Schema::checkedKey);
            FingerprintKeys keys = new FingerprintKeys(settings.fingerprintKey(), key);
            return over(new OwnPool(connections, keepOpen), policy, keys);
        } catch (Throwable e) { // also an Error: the connection would keep an H2 file locked
            keepOpen.close();
            throw e;
        }
    }

    /** Opens a store over the application's own source of connections, with the defaults of its settings. */
    public static JobDatabase over(DataSource source, WorkPolicy policy) {
        return over(DataSourceSettings.of(source), policy);
    }

    /**
     * Opens a store over the application's own source of connections, which stays open when the store is closed.
     *
     * <p>On PostgreSQL, every call is a transaction with its own settings, so that it works behind a pooler in
     * transaction mode, and costs a round trip more than with {@link #open}. An H2 file is kept as the application's
     * URL says: only {@link #open}, and connections to its {@link #url}, keep what was acknowledged on a full disk.
     *
     * @throws IllegalStateException if the database is neither H2 nor PostgreSQL, cannot be reached, is not fit for the
     *     store, or its schema is missing or older and may not be migrated; the message says what is missing
     */
    public static JobDatabase over(DataSourceSettings settings, WorkPolicy policy) {
        BorrowedPool pool = new BorrowedPool(settings);
        String key = settings.migrate()
                ? pool.onMigratedSchema(Schema::fingerprintKey)
                : pool.withSchema(Schema::checkedKey);
        return over(pool, policy, new FingerprintKeys(settings.fingerprintKey(), key));
    }

    /**
     * Returns the migrations as one script, for tools other than this library.
     *
     * @param dialect {@code h2} or {@code postgresql}
     * @param after the version that the schema has; 0 for none
     * @throws IllegalArgumentException if there is no such dialect
     */
    public static String script(String dialect, TableNames tables, int after) {
        if (!Set.of("h2", "postgresql").contains(dialect)) {
            throw new IllegalArgumentException("the dialect must be h2 or postgresql");
        }
        return new Migrations(dialect, tables).script(after);
    }

    /**
     * Migrates the schema, whatever {@link DatabaseSettings#migrate} says, and closes its connections.
     *
     * @return the schema's version
     * @throws IllegalStateException if the driver is missing, or the database cannot be reached or migrated
     */
    public static String migrate(DatabaseSettings settings) {
        Connections connections = Connections.of(settings);
        connections.dialect().undoCutMigration();
        return connections.onMigratedSchema(Schema::version);
    }

    /**
     * Examines the database for an operator; it makes, migrates and repairs nothing.
     *
     * @param clock this process's, to compare the database's with
     * @throws IllegalStateException if the driver is missing, or the database cannot be reached, is not fit for the
     *     store, or is a file that another process has open; the message holds no secret
     */
    public static DatabaseFacts examine(DatabaseSettings settings, InstantSource clock) {
        return Examination.of(settings, clock);
    }

    /** Returns the store, which is closed with this object. */
    public JobStore store() {
        return store;
    }

    /**
     * Returns the store within a transaction of the caller's: its changes are committed or rolled back together with
     * the caller's own on the same connection.
     *
     * <p>It never commits, rolls back or closes; the connection's own timeouts and isolation apply. On an H2 file, a
     * commit waits for the disk, but cannot fail: call {@link #awaitWritten} after it. After a
     * {@link dev.asyncjob.application.spi.StoreUnavailable} the caller rolls back and may try the whole transaction
     * again. PostgreSQL signals at the commit; with H2 no signal is sent, and workers find the job by polling. For use
     * by one thread, as long as the transaction lasts.
     *
     * @param connection a connection to this database (see {@link #url}), not in auto-commit mode
     * @throws IllegalStateException if the connection is in auto-commit mode
     */
    public JobStore within(Connection connection) {
        return within(connection, new JobSignals.Listener() {}, observers);
    }

    /**
     * Returns the store within a transaction of the caller's JDBI handle, as {@link #within(Connection)}; signals are
     * sent once the handle has committed. The commit of the handle calls {@link #awaitWritten}, and throws what it
     * does.
     *
     * @throws IllegalStateException if the handle is in no transaction
     */
    public JobStore within(Handle handle) {
        JobObservers afterCommit = observers.toldBy(handle::afterCommit);
        if (dialect.notification().isPresent()) {
            return within(handle.getConnection(), new JobSignals.Listener() {}, afterCommit);
        }
        JobSignals.Listener listener = new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                handle.afterCommit(() -> signals.workAvailable(kind));
            }

            @Override
            public void jobChanged(JobId id) {
                handle.afterCommit(() -> signals.jobChanged(id));
            }
        };
        JobStore result = within(handle.getConnection(), listener, afterCommit);
        handle.afterCommit(() -> awaitWritten(handle.getConnection()));
        return result;
    }

    private JobStore within(Connection connection, JobSignals.Listener listener, JobObservers told) {
        return new JdbiJobStore(
                new CallerTransaction(connection, dialect),
                keys,
                notifications.inCallersTransaction(),
                policy,
                listener,
                told,
                minutes);
    }

    /**
     * Returns once no end of this process can take back what the connection has committed, with business data and jobs.
     *
     * <p>With PostgreSQL and with H2 in memory it does nothing. To an H2 file, the commit of a connection writes and
     * waits; but while the disk is full, or does not answer within a second, it returns all the same, and the change is
     * in memory only. If the process ends before the disk can be written again, it is lost as a whole.
     *
     * @param connection a connection to this database on which the caller has committed
     * @throws dev.asyncjob.application.spi.StoreUnavailable if the file does not have the commit in time; it may have
     *     it later, so a repetition must find out
     */
    public void awaitWritten(Connection connection) {
        var unused = Deadline.within(Deadline.LIMIT, () -> dialect.withinCallers(connection, () -> true));
    }

    /**
     * Returns the JDBC URL for connections of the caller's own to this database, from the same process if it is H2. It
     * holds no credentials; an H2 database that was opened without a user has the user {@code sa}.
     */
    public String url() {
        return dialect.url().forDriver();
    }

    /** Returns the signals of the store, on this node and, with PostgreSQL, of all nodes on the same database. */
    public JobSignals signals() {
        return signals;
    }

    /**
     * Has the pool of connections measured by a registry that HikariCP knows, such as a {@code MeterRegistry} of
     * Micrometer; to be called once. The pool of an application is not measured.
     *
     * @throws IllegalArgumentException if HikariCP does not know it
     */
    public void measurePool(Object registry) {
        access.measure(registry);
    }

    /** Returns the name of the database system: {@code h2} or {@code postgresql}. */
    public String dialect() {
        return dialect.name();
    }

    /** Closes all connections; an H2 database in memory is lost, an H2 file of 128 MiB or less is compacted. */
    @Override
    public void close() {
        stopNotifications.run();
        access.close();
    }
}
