package dev.asyncjob.persistence;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStoreContract;
import dev.asyncjob.application.spi.Jobs;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
    void many_nodes_may_bring_an_empty_database_up_to_date_at_once() throws Exception {
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
            assertThat(version.get(60, SECONDS)).isEqualTo("1");
        }
        threads.shutdown();
    }

    /** Opens a database and says so. */
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
    void so_may_many_processes() throws IOException {
        String url = PostgresServer.shared().newDatabase();
        List<ChildJvm> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            nodes.add(new ChildJvm(List.of(), Node.class, url));
        }

        for (ChildJvm node : nodes) {
            assertThat(node.otherLines()).contains("open");
            node.close();
        }
    }

    @Test
    void a_missing_schema_is_refused_when_it_may_not_be_changed(@TempDir Path folder) {
        for (DatabaseSettings settings :
                List.of(postgres(), DatabaseSettings.defaults().withUrl("jdbc:h2:" + folder.resolve("jobs")))) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> open(settings.withMigrate(false)))
                    .withMessageContaining("lacks version 1");

            assertThat(JobDatabase.migrate(settings)).isEqualTo("1");
            open(settings.withMigrate(false)).close();
        }
    }

    @Test
    void the_tables_live_beside_somebody_elses() throws SQLException {
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
