package dev.asyncjob.persistence;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SchemaTest {
    private static DatabaseSettings postgres() {
        return DatabaseSettings.defaults()
                .withUrl(PostgresServer.shared().newDatabase())
                .withPoolSize(1);
    }

    private static JobDatabase open(DatabaseSettings settings) {
        return JobDatabase.open(settings, JobStoreContract.POLICY);
    }

    @Test
    void many_nodes_may_migrate_an_empty_database_at_once() throws Exception {
        DatabaseSettings settings = postgres();
        int nodes = 8;
        CyclicBarrier start = new CyclicBarrier(nodes);
        ExecutorService threads = Executors.newFixedThreadPool(nodes);
        List<Future<String>> versions = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            versions.add(threads.submit(() -> {
                start.await();
                return JobDatabase.migrate(settings);
            }));
        }

        for (Future<String> version : versions) {
            assertThat(version.get(60, SECONDS)).isEqualTo("17");
        }
        threads.shutdown();
        try (TestDatabase database = new TestDatabase(settings)) {
            assertThat(database.query("select secret from asyncjob.fingerprint_key"))
                    .singleElement()
                    .satisfies(key -> assertThat(key).matches("[0-9a-f]{64}"));
        }
    }

    /** Opens a database and prints that. */
    static final class Node {
        private Node() {}

        public static void main(String[] arguments) {
            try (JobDatabase database = open(DatabaseSettings.defaults().withUrl(arguments[0]))) {
                Jobs.accepted(database.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
                System.out.println("open");
            }
        }
    }

    @Test
    @Tag("soak")
    void many_processes_may_migrate_an_empty_database_at_once() throws IOException {
        String url = PostgresServer.shared().newDatabase();
        List<JavaProcess> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            nodes.add(JavaProcess.of(Node.class, url).start());
        }

        for (JavaProcess node : nodes) {
            assertThat(node.remainingLines()).contains("open");
            node.close();
        }
    }

    @Test
    void a_missing_schema_is_refused_when_it_may_not_be_changed(@TempDir Path folder) {
        for (DatabaseSettings settings :
                List.of(postgres(), DatabaseSettings.defaults().withUrl("jdbc:h2:" + folder.resolve("jobs")))) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> open(settings.withMigrate(false)))
                    .withMessageContaining("lacks version 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13");

            assertThat(JobDatabase.migrate(settings)).isEqualTo("17");
            open(settings.withMigrate(false)).close();
        }
    }

    @Test
    void a_database_of_the_first_version_keeps_its_jobs(@TempDir Path folder) throws SQLException {
        for (DatabaseSettings settings :
                List.of(postgres(), DatabaseSettings.defaults().withUrl("jdbc:h2:" + folder.resolve("old")))) {
            NewJob pending = Jobs.newJob();
            NewJob done = Jobs.newJob();
            migrateToTheFirstVersion(settings);
            try (Connection connection = TestDatabase.connect(settings);
                    Statement statement = connection.createStatement()) {
                statement.execute(oldJob(pending, "'PENDING', null, null"));
                statement.execute(oldJob(
                        done,
                        "'DONE', timestamp with time zone '2022-10-24 12:35:51+00:00', "
                                + "timestamp with time zone '2102-10-24 12:35:51+00:00'"));
                statement.execute("insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left,"
                        + " token, leased, payload) values ('" + pending.id() + "', '" + Jobs.KIND.value()
                        + "', current_timestamp, 1, 2, 1, false, 'null')");
            }

            try (JobDatabase database = open(settings)) {
                JobStore store = database.store();
                assertThat(Jobs.accepted(store.schedule(pending, Jobs.EXPECTED)).eta())
                        .isEqualTo("2022-10-24T12:35:49.956Z");
                assertThat(store.list(JobFilter.ANY).jobs())
                        .extracting(JobPage.Entry::attempts)
                        .containsExactlyInAnyOrder(1, null);
                ClaimedJob claimed = Jobs.claimed(store, pending.id());
                assertThat(claimed.lease().token().value()).isEqualTo(2);
                Jobs.accepted(Jobs.settle(store, claimed, Jobs.DONE));
                AsyncJob ended = store.find(Jobs.OWNER, done.id()).orElseThrow().job();
                assertThat(ended.status()).isEqualTo(JobStatus.DONE);
                assertThat(ended.links().all())
                        .containsExactly(ResourceLink.to("eHealth/composition"), ResourceLink.to("a"));
            }
        }
    }

    /** As nodes of schema version 15 do beside those of 16, which has a table more. */
    @Test
    void a_node_works_on_the_schema_of_a_later_version(@TempDir Path folder) {
        for (DatabaseSettings settings :
                List.of(postgres(), DatabaseSettings.defaults().withUrl("jdbc:h2:" + folder.resolve("later")))) {
            String history =
                    "insert into asyncjob.\"schema_history\" (\"installed_rank\", \"version\", \"description\","
                            + " \"type\", \"script\", \"checksum\", \"installed_by\", \"execution_time\", \"success\")"
                            + " values (99, '99', 'later', 'SQL', 'V99__later.sql', 1, 'test', 1, true)";
            try (TestDatabase database = new TestDatabase(settings)) {
                database.execute(history);
            }
            for (boolean migrate : List.of(true, false)) {
                try (JobDatabase database = open(settings.withMigrate(migrate))) {
                    ClaimedJob claimed = Jobs.scheduledAndClaimed(database.store(), Jobs.newJob());
                    Jobs.accepted(Jobs.settle(database.store(), claimed, Jobs.DONE));
                }
            }
        }
    }

    @Test
    void readers_do_not_wait_behind_a_migration_that_waits_for_a_transaction() throws Exception {
        DatabaseSettings settings = postgres();
        migrateToTheFirstVersion(settings);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (Connection busy = TestDatabase.connect(settings);
                Statement busyReader = busy.createStatement();
                Connection reader = TestDatabase.connect(settings);
                Statement read = reader.createStatement()) {
            busy.setAutoCommit(false);
            busyReader.executeQuery("select count(*) from asyncjob.job");
            read.execute("set lock_timeout = '200ms'");
            Future<String> migration = threads.submit(() -> JobDatabase.migrate(settings));
            while (!waitsForTheTable(read)) {
                Thread.onSpinWait();
            }

            read.executeQuery("select count(*) from asyncjob.job");

            assertThat(migration).isNotDone();
            busy.commit();
            assertThat(migration.get(60, SECONDS)).isEqualTo("17");
        } finally {
            threads.shutdown();
        }
    }

    private static boolean waitsForTheTable(Statement statement) throws SQLException {
        try (ResultSet rs = statement.executeQuery(
                "select 1 from pg_locks where relation = 'asyncjob.job'::regclass and not granted")) {
            return rs.next();
        }
    }

    @Test
    void a_migration_that_finds_the_tables_locked_too_long_says_so() throws SQLException {
        DatabaseSettings settings = postgres();
        migrateToTheFirstVersion(settings);
        try (Connection busy = TestDatabase.connect(settings);
                Statement busyReader = busy.createStatement()) {
            busy.setAutoCommit(false);
            busyReader.executeQuery("select count(*) from asyncjob.job");

            assertThatIllegalStateException()
                    .isThrownBy(() -> Connections.of(settings).onMigratedSchema(Schema::version, Duration.ZERO))
                    .withMessageContaining("lock timeout");
        }
    }

    private static void migrateToTheFirstVersion(DatabaseSettings settings) throws SQLException {
        Connections connections = Connections.of(settings);
        SqlDialect dialect = connections.dialect();
        try (DriverDataSource source = connections.admin(Duration.ZERO)) {
            Flyway.configure(SchemaTest.class.getClassLoader())
                    .dataSource(source)
                    .locations("classpath:dev/asyncjob/persistence/" + dialect.name())
                    .schemas(dialect.schema())
                    .defaultSchema(dialect.schema())
                    .table("schema_history")
                    .target("1")
                    .load()
                    .migrate();
        }
    }

    private static String oldJob(NewJob job, String state) {
        return """
                insert into asyncjob.job (id, owner, kind, link_entities, link_hrefs, created_at, planned_from,
                    planned_at, fingerprint, status, ended_at, kept_until)
                values ('%s', '%s', '%s', array['eHealth/composition', 'a'], array[null, '/of-an-older-rule%%'],
                    timestamp with time zone '2022-10-24 12:35:46.956+00:00',
                    timestamp with time zone '2022-10-24 12:35:46.956+00:00',
                    timestamp with time zone '2022-10-24 12:35:49.956+00:00', '%s', %s)
                """.formatted(job.id(), job.owner(), job.kind().value(), job.fingerprint(), state);
    }

    @Test
    void tables_of_the_same_names_in_other_schemas_stay_as_they_are() throws SQLException {
        DatabaseSettings settings = postgres();
        try (Connection connection = TestDatabase.connect(settings);
                Statement statement = connection.createStatement()) {
            statement.execute("create table public.job (id int)");
            statement.execute("create table public.flyway_schema_history (id int)");
        }

        try (TestDatabase database = new TestDatabase(settings)) {
            Jobs.accepted(database.jobs().store().schedule(Jobs.newJob(), Jobs.EXPECTED));

            assertThat(database.query("select table_name from information_schema.tables where table_schema = 'public'"))
                    .containsExactlyInAnyOrder("job", "flyway_schema_history");
            assertThat(database.query("select count(*) from public.job")).containsExactly("0");
        }
    }

    @Test
    void a_database_that_cannot_be_reached_is_named_without_secrets() {
        DatabaseSettings settings =
                DatabaseSettings.defaults().withUrl("jdbc:postgresql://127.0.0.1:1/jobs?user=me&password=s3cret");

        assertThatIllegalStateException()
                .isThrownBy(() -> open(settings))
                .withMessageStartingWith("cannot open jdbc:postgresql://127.0.0.1:1/jobs: ")
                .withMessageNotContaining("s3cret");
        assertThatIllegalStateException().isThrownBy(() -> JobDatabase.migrate(settings));
    }

    @Test
    void a_database_in_memory_lives_as_long_as_it_is_open() {
        DatabaseSettings settings =
                DatabaseSettings.defaults().withUrl("jdbc:h2:mem:lives").withPoolSize(1);
        try (JobDatabase first = open(settings)) {
            Jobs.accepted(first.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
            assertThat(first.dialect()).isEqualTo("h2");
        }

        try (JobDatabase second = open(settings)) {
            assertThat(Jobs.claimFrom(second.store(), 10)).isEmpty();
        }
    }

    @Test
    void databases_in_memory_without_a_name_are_apart() {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl("jdbc:h2:mem:");
        try (JobDatabase one = open(settings);
                JobDatabase two = open(settings)) {
            Jobs.accepted(one.store().schedule(Jobs.newJob(), Jobs.EXPECTED));

            assertThat(Jobs.claimFrom(two.store(), 10)).isEmpty();
            assertThat(Jobs.claimFrom(one.store(), 10)).hasSize(1);
        }
    }
}
