package dev.asyncjob.persistence;

import java.util.Locale;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/** The schema's versions, kept by Flyway in the schema itself. */
final class Migrations {
    private final Flyway flyway;

    Migrations(DataSource database, SqlDialect dialect) {
        String schema = dialect == SqlDialect.H2 ? "asyncjob".toUpperCase(Locale.ROOT) : "asyncjob";
        flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(database)
                .locations("classpath:dev/asyncjob/persistence/" + dialect.word())
                .schemas(schema)
                .defaultSchema(schema)
                .load();
    }

    /** Brings the schema up to date and returns its version. */
    String run() {
        try {
            flyway.migrate();
            return current();
        } catch (FlywayException e) {
            throw new IllegalStateException("cannot migrate the database: " + firstLine(e), e);
        }
    }

    /** Refuses a schema that is not up to date. */
    void requireDone() {
        try {
            if (flyway.info().pending().length > 0) {
                throw new IllegalStateException(
                        "the database's schema is not up to date (it is at version %s): run migrate, or set db.migrate"
                                .formatted(current()));
            }
        } catch (FlywayException e) {
            throw new IllegalStateException("cannot read the database's schema: " + firstLine(e), e);
        }
    }

    private String current() {
        MigrationInfo current = flyway.info().current();
        return current == null ? "none" : String.valueOf(current.getVersion());
    }

    private static String firstLine(FlywayException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
