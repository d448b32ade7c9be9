package dev.asyncjob.persistence;

import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;

/**
 * The versions of the tables, which are all in one schema, so that the database may hold others.
 *
 * <p>The migrations are not in Flyway's default folder, where an embedder's own Flyway would find and run them.
 */
final class Schema {
    private final SqlDialect dialect;
    private final Flyway flyway;
    private final DataSource source;

    Schema(SqlDialect dialect, DataSource source) {
        this.dialect = dialect;
        this.source = source;
        flyway = Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:dev/asyncjob/persistence/" + dialect.name())
                .schemas(dialect.schema())
                .defaultSchema(dialect.schema())
                .table("schema_history")
                .load();
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
        List<String> missing = pending();
        if (!missing.isEmpty()) {
            throw new IllegalStateException(
                    "the schema lacks version " + String.join(", ", missing) + "; migrate it first");
        }
        return version();
    }

    /** Returns the versions that the schema lacks, the lowest first. */
    List<String> pending() {
        return Arrays.stream(flyway.info().pending())
                .map(migration -> String.valueOf(migration.getVersion()))
                .toList();
    }

    /** Runs queries on a connection to the database. */
    <T> T query(HandleCallback<T, RuntimeException> queries) {
        return Jdbi.create(source).withHandle(queries);
    }

    /** Returns the key of fingerprints that the migration made; empty if an operator deleted it. */
    String fingerprintKey() {
        return query(handle -> handle.createQuery("select secret from asyncjob.fingerprint_key")
                .mapTo(String.class)
                .findFirst()
                .orElse(""));
    }

    String version() {
        MigrationInfo current = flyway.info().current();
        return current == null ? DatabaseFacts.NONE : String.valueOf(current.getVersion());
    }
}
