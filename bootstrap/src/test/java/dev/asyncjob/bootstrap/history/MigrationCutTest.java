package dev.asyncjob.bootstrap.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.persistence.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A migration of PostgreSQL that is cut before any of its requests is finished by the next one. With
 * {@code -Dmigration.step=1}, each request is tried.
 */
@Tag("soak")
class MigrationCutTest {
    private static final int STEP = Integer.getInteger("migration.step", 9);

    /** Requests at the end that are all tried, the commit among them. */
    private static final int LAST = 10;

    private static final String SCHEMA = """
            select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as part
            from information_schema.columns where table_schema = 'asyncjob' and table_name not like 'flyway%'
            union select indexdef from pg_indexes where schemaname = 'asyncjob' and tablename not like 'flyway%'
            order by 1
            """;

    @Test
    void a_migration_cut_at_any_request_is_finished_by_the_next() throws Exception {
        PostgresServer postgres = PostgresServer.shared();
        try (FaultyLine line = new FaultyLine(postgres::port)) {
            String whole = postgres.newDatabase();
            migrate(through(line, whole));
            int requests = line.requests();
            List<String> schema = schema(whole);
            assertThat(schema).isNotEmpty();
            for (int passing = 0; passing < requests; passing += passing < requests - LAST ? STEP : 1) {
                String url = postgres.newDatabase();
                line.passOnly(passing);
                boolean done = migrate(through(line, url)); // only if nothing but the farewell was cut
                assertThat(done && passing < requests - LAST)
                        .as("cut after %d", passing)
                        .isFalse();
                line.passOnly(Integer.MAX_VALUE / 2);

                assertThat(migrate(url)).as("again after %d", passing).isTrue();
                assertThat(schema(url)).as("after %d", passing).isEqualTo(schema);
            }
        }
    }

    private static String through(FaultyLine line, String url) {
        return url.replaceFirst(":[0-9]+/", ":" + line.port() + "/");
    }

    private static boolean migrate(String url) {
        try {
            JobDatabase.migrate(DatabaseSettings.defaults().withUrl(url));
            return true;
        } catch (RuntimeException cut) {
            return false;
        }
    }

    private static List<String> schema(String url) throws SQLException {
        List<String> parts = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet rows = connection.createStatement().executeQuery(SCHEMA)) {
            while (rows.next()) {
                parts.add(rows.getString(1));
            }
        }
        return parts;
    }
}
