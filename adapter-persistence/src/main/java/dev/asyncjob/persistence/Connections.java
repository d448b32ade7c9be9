package dev.asyncjob.persistence;

import java.sql.Driver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.JdbiException;

/**
 * The ways to connect to one database: its driver, credentials and encryption. Safe for use from any thread.
 *
 * @param storeUrl the URL of the store's connections
 * @param adminUrl the URL of connections that migrate or listen
 */
record Connections(
        SqlDialect dialect, Driver driver, DatabaseSettings settings, DatabaseUrl storeUrl, DatabaseUrl adminUrl) {
    /** How long a migration is repeated while other transactions have locked the tables. */
    static final Duration LOCK_PATIENCE = Duration.ofMinutes(5);

    /** How long readers are let through between two tries. */
    private static final Duration LOCK_PAUSE = Duration.ofMillis(250);

    /**
     * Loads the driver, and makes the file of an H2 database if it is missing; connects to nothing yet.
     *
     * @throws IllegalStateException if the driver is missing, or the URL allows plaintext and the settings do not
     */
    static Connections of(DatabaseSettings settings) {
        SqlDialect dialect = dialectOf(settings.connectionUrl().named(), settings.pooler(), settings.tables());
        Driver driver = driver(dialect);
        dialect.prepareDriver();
        try {
            return dialect.url().isH2() || settings.allowPlaintext()
                    ? new Connections(dialect, driver, settings, dialect.storeUrl(), dialect.adminUrl())
                    : new Connections(
                            dialect,
                            driver,
                            settings,
                            Encryption.required(dialect.storeUrl(), driver),
                            Encryption.required(dialect.adminUrl(), driver));
        } catch (SQLException e) {
            throw failure(dialect, e, "");
        }
    }

    /** Returns the dialect of the URL's database. */
    static SqlDialect dialectOf(DatabaseUrl url, Pooler pooler, TableNames tables) {
        return url.isH2() ? new H2Dialect(url, tables, url.isH2File()) : new PostgresDialect(url, pooler, tables);
    }

    /**
     * Instantiates the driver. DriverManager would not find one that is loaded by another class loader, or that another
     * part of the process has deregistered.
     */
    private static Driver driver(SqlDialect dialect) {
        for (SqlDialect.Requirement required : dialect.requirements()) {
            try {
                load(required.className());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(
                        "cannot open %s: %s is not on the class path: add the dependency %s"
                                .formatted(dialect.url(), required.className(), required.artifact()),
                        e);
            }
        }
        String name = dialect.requirements().get(0).className();
        try {
            return (Driver) load(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot open %s: %s".formatted(dialect.url(), e), e);
        }
    }

    /** Loads a class from where this library is, or from where the application is, as in a servlet container. */
    private static Class<?> load(String name) throws ClassNotFoundException {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            return Class.forName(name, true, Thread.currentThread().getContextClassLoader());
        }
    }

    /** Returns the source of the store's connections; see {@link DriverDataSource} for the time. */
    DriverDataSource store(Duration retryTime) {
        return new DriverDataSource(dialect, driver, settings, storeUrl, dialect.sessionSetup(), retryTime);
    }

    /** Returns the source of connections that migrate or listen. */
    DriverDataSource admin(Duration retryTime) {
        return new DriverDataSource(dialect, driver, settings, adminUrl, dialect.adminSetup(), retryTime);
    }

    /**
     * Checks the server, and runs a task on the schema.
     *
     * @throws IllegalStateException if the database cannot be reached, or is not fit for the store
     */
    <T> T withSchema(Function<Schema, T> task) {
        try (DriverDataSource source = admin(Duration.ZERO)) {
            return withSchema(dialect, source, e -> Encryption.hint(adminUrl, e), task);
        }
    }

    /** @param hint what a failure to connect may come from */
    static <T> T withSchema(
            SqlDialect dialect, DataSource source, Function<SQLException, String> hint, Function<Schema, T> task) {
        try {
            return Schema.on(dialect, source, task);
        } catch (SQLException e) {
            throw failure(dialect, e, hint.apply(e));
        } catch (FlywayException | JdbiException e) {
            throw failure(dialect, e, "");
        }
    }

    /**
     * Migrates the schema to this code's version and runs a task on it.
     *
     * @throws IllegalStateException if the database cannot be reached or migrated, or is not fit for the store
     */
    <T> T onMigratedSchema(Function<Schema, T> task) {
        return onMigratedSchema(task, LOCK_PATIENCE);
    }

    /** @param patience how long the migration is repeated while other transactions have locked the tables */
    <T> T onMigratedSchema(Function<Schema, T> task, Duration patience) {
        return migrated(this::withSchema, task, patience);
    }

    /** @param onSchema runs one step on the schema */
    static <T> T migrated(
            Function<Function<Schema, Optional<T>>, Optional<T>> onSchema,
            Function<Schema, T> task,
            Duration patience) {
        long begin = System.nanoTime();
        Optional<T> result = Optional.empty();
        while (result.isEmpty()) {
            try {
                result =
                        onSchema.apply(schema -> schema.advance() ? Optional.empty() : Optional.of(task.apply(schema)));
            } catch (IllegalStateException e) {
                if (!Transactions.LOCKED.contains(Transactions.state(e))
                        || System.nanoTime() - begin > patience.toNanos()) {
                    throw e;
                }
                LockSupport.parkNanos(LOCK_PAUSE.toNanos());
            }
        }
        return result.get();
    }

    private static IllegalStateException failure(SqlDialect dialect, Exception e, String hint) {
        return new IllegalStateException("cannot open " + dialect.url() + ": " + e.getMessage() + hint, e);
    }
}
