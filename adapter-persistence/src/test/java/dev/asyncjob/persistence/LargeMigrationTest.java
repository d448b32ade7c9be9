package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The newest migration of a large database of PostgreSQL, while nodes of the schema before go on reading. */
@Tag("soak")
class LargeMigrationTest {
    private static final int JOBS = 1_000_000;
    private static final String BEFORE = "7";

    /** The longest that a read may wait for the migration. */
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private static final String FILL = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, promised_at, due_at, ended_at, kept_until, fingerprint, attempts)
            select cast(lpad(to_hex(n), 32, '0') as uuid), 'o' || n %% 1000, 'k', 'DONE', array['eHealth/composition'],
                array['composition/' || gen_random_uuid()], now() - n * interval '1 second', now(), now(), now(), now(),
                now(), now() + interval '1 day', repeat('f', 66), 1
            from generate_series(1, %d) n
            """.formatted(JOBS);

    /** As a node of the schema before reads a job. */
    private static final String READ = """
            select j.id, j.owner, j.status, j.link_hrefs, statement_timestamp() from asyncjob.job j
            where j.id = ? and j.owner = ? and (j.kept_until is null or j.kept_until > statement_timestamp())
            """;

    /** As a node of the schema before writes one. */
    private static final String LATE = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, fingerprint)
            values (gen_random_uuid(), 'late', 'k', 'PENDING', array['a'], array['b'], now(), now(), now(), 'f')
            """;

    @Test
    void reads_wait_for_less_than_a_second_while_a_million_jobs_are_migrated() throws SQLException {
        DatabaseSettings settings =
                DatabaseSettings.defaults().withUrl(PostgresServer.shared().newDatabase());
        migrateTo(settings);
        try (Connection connection = TestDatabase.connect(settings);
                Statement statement = connection.createStatement()) {
            statement.execute(FILL);
            statement.execute("analyze asyncjob.job");

            long begin = System.nanoTime();
            CompletableFuture<String> migration = CompletableFuture.supplyAsync(() -> JobDatabase.migrate(settings));
            Duration longest = longestReadUntil(migration, connection);
            Duration whole = Duration.ofNanos(System.nanoTime() - begin);

            System.out.println("migration of " + JOBS + " jobs: " + whole + ", longest read: " + longest);
            assertThat(migration).isCompleted();
            assertThat(longest).isLessThan(LONGEST);
            statement.execute(LATE);
        }
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
            Jobs.accepted(database.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
        }
    }

    private static Duration longestReadUntil(CompletableFuture<?> end, Connection connection) throws SQLException {
        long longest = 0;
        try (PreparedStatement read = connection.prepareStatement(READ)) {
            for (int n = 1; !end.isDone(); n = n % JOBS + 1) {
                long begin = System.nanoTime();
                read.setObject(1, new UUID(0, n));
                read.setString(2, "o" + n % 1000);
                assertThat(read.executeQuery().next()).isTrue();
                longest = Math.max(longest, System.nanoTime() - begin);
            }
        }
        return Duration.ofNanos(longest);
    }

    private static void migrateTo(DatabaseSettings settings) throws SQLException {
        Connections connections = Connections.of(settings);
        SqlDialect dialect = connections.dialect();
        try (DriverDataSource source = connections.admin(Duration.ZERO)) {
            Flyway.configure(LargeMigrationTest.class.getClassLoader())
                    .dataSource(source)
                    .locations("classpath:dev/asyncjob/persistence/" + dialect.name())
                    .schemas(dialect.schema())
                    .defaultSchema(dialect.schema())
                    .table("schema_history")
                    .target(BEFORE)
                    .load()
                    .migrate();
        }
    }
}
