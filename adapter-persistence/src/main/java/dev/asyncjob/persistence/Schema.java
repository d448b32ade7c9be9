package dev.asyncjob.persistence;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;

/**
 * The versions of the tables, which are all in one schema, so that the database may hold others.
 *
 * <p>The migrations are not in Flyway's default folder, where an embedder's own Flyway would find and run them. Where
 * others than Flyway have run them, the schema is compared column by column.
 */
final class Schema {
    private static final String COLUMNS = """
            select lower(table_name) || '.' || lower(column_name) from information_schema.columns
            where lower(table_schema) = <schema>
            """;

    private static final String COLUMN = "the column ";

    private final SqlDialect dialect;
    private final Migrations migrations;
    private final Flyway flyway;
    private final DataSource source;

    Schema(SqlDialect dialect, DataSource source) {
        this.dialect = dialect;
        this.source = source;
        this.migrations = new Migrations(dialect.name(), dialect.tables());
        FluentConfiguration configuration = Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:" + migrations.folder())
                .schemas(dialect.schema())
                .defaultSchema(dialect.schema())
                .table(dialect.tables().prefix() + "schema_history");
        if (!dialect.tables().isDefault()) {
            configuration
                    .resourceProvider(migrations)
                    .baselineOnMigrate(true) // the schema may have other tables
                    .baselineVersion("0");
        }
        flyway = configuration.load();
    }

    /**
     * Checks the server, and runs a task on the schema.
     *
     * @throws IllegalStateException if the database is not fit for the store
     */
    static <T> T on(SqlDialect dialect, DataSource source, Function<Schema, T> task) throws SQLException {
        dialect.checkServer(source);
        return dialect.onSchema(source, same -> task.apply(new Schema(dialect, same)));
    }

    /**
     * Migrates an empty database to this code's version, and any other by one version, so that the locks of a version
     * end with its transaction; several nodes may do so at once.
     *
     * @return whether versions are left
     */
    boolean advance() {
        MigrationInfo[] pending = flyway.info().pending();
        if (pending.length > 0) {
            dialect.beforeMigration(source);
        }
        if (pending.length < 2 || flyway.info().current() == null) {
            flyway.migrate();
            dialect.afterMigration();
            return false;
        }
        Flyway.configure(Schema.class.getClassLoader())
                .configuration(flyway.getConfiguration())
                .target(pending[0].getVersion())
                .load()
                .migrate();
        return true;
    }

    /** @throws IllegalStateException if the schema is missing or older than this code */
    String check() {
        List<String> missing = flyway.info().current() == null ? missing() : List.of();
        List<String> pending = pending();
        if (!missing.isEmpty() || !pending.isEmpty()) {
            boolean begun = missing.stream().anyMatch(one -> one.startsWith(COLUMN)) || missing.size() < tables();
            throw new IllegalStateException("the schema %s lacks version %s%s; migrate it first"
                    .formatted(
                            dialect.tables().schema(),
                            String.join(", ", pending),
                            missing.isEmpty() || !begun ? "" : ": it has not " + String.join(", ", missing)));
        }
        return version();
    }

    /** Returns the key of fingerprints of a schema that was checked. */
    String checkedKey() {
        String unused = check();
        return fingerprintKey();
    }

    /** Returns the versions that the schema lacks, the lowest first. */
    List<String> pending() {
        return flyway.info().current() == null && missing().isEmpty()
                ? List.of()
                : Arrays.stream(flyway.info().pending())
                        .map(migration -> String.valueOf(migration.getVersion()))
                        .toList();
    }

    /** Runs queries on a connection to the database. */
    <T> T query(HandleCallback<T, RuntimeException> queries) {
        Jdbi jdbi = Jdbi.create(source);
        SqlTypes.install(jdbi, dialect.now(), dialect.tables());
        return jdbi.withHandle(queries);
    }

    /** Returns the key of fingerprints that the migration made; empty if an operator deleted it. */
    String fingerprintKey() {
        return query(handle -> handle.createQuery("select secret from asyncjob.fingerprint_key")
                .mapTo(String.class)
                .findFirst()
                .orElse(""));
    }

    /** Returns the version; where others than Flyway have made the tables, this code's if nothing is missing. */
    String version() {
        MigrationInfo current = flyway.info().current();
        if (current == null) {
            return missing().isEmpty() ? migrations.last() : DatabaseFacts.NONE;
        }
        return String.valueOf(current.getVersion());
    }

    /** Returns the tables, and the columns of the tables that are there, which this code needs and the schema lacks. */
    private List<String> missing() {
        Set<String> present = query(handle ->
                handle.createQuery(COLUMNS).mapTo(String.class).collect(Collectors.toCollection(TreeSet::new)));
        Set<String> tables = present.stream().map(Schema::table).collect(Collectors.toSet());
        return migrations.columns().stream()
                .filter(column -> !present.contains(column))
                .map(column -> tables.contains(table(column)) ? COLUMN + column : "the table " + table(column))
                .distinct()
                .toList();
    }

    private long tables() {
        return migrations.columns().stream().map(Schema::table).distinct().count();
    }

    private static String table(String column) {
        return column.substring(0, column.indexOf('.'));
    }
}
