package dev.asyncjob.persistence;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableNamesTest {
    private static final TableNames OTHERS = new TableNames("app", "jobs_");

    private static List<DatabaseSettings> databases() {
        return List.of(
                DatabaseSettings.defaults().withUrl("jdbc:h2:mem:" + UUID.randomUUID()),
                DatabaseSettings.defaults().withUrl(PostgresServer.shared().newDatabase()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Jobs",
                "1a",
                "a-b",
                "a.b",
                "a;b",
                "a\"b",
                "pg_jobs",
                "information_schema",
                "ä",
                "a234567890123456789012345678901"
            })
    void a_schema_that_is_no_plain_identifier_is_refused(String schema) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TableNames(schema, ""))
                .withMessageStartingWith("db.schema must be 30 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Jobs", "1a", "a-", "a.", "a23456789012345678901"})
    void a_prefix_that_is_no_plain_identifier_is_refused(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TableNames("app", prefix))
                .withMessageStartingWith("db.table-prefix must be 20 ");
    }

    @Test
    void the_columns_are_those_of_the_migrated_schema() {
        for (DatabaseSettings settings : databases()) {
            try (TestDatabase database = new TestDatabase(settings)) {
                assertThat(new Migrations(database.jobs().dialect(), TableNames.DEFAULT).columns())
                        .isEqualTo(database.query("select lower(table_name) || '.' || lower(column_name) as name"
                                + " from information_schema.columns where lower(table_schema) = 'asyncjob'"
                                + " and lower(table_name) <> 'schema_history' order by name"));
            }
        }
    }

    @Test
    void several_stores_in_one_database_do_not_know_of_each_other() {
        for (DatabaseSettings settings : databases()) {
            try (TestDatabase one = new TestDatabase(settings);
                    TestDatabase two = new TestDatabase(settings.withTables(OTHERS));
                    TestDatabase three = new TestDatabase(settings.withTables(new TableNames("app", "more_")))) {
                Jobs.accepted(one.jobs().store().schedule(Jobs.newJob(), Jobs.EXPECTED));
                Jobs.accepted(two.jobs().store().schedule(Jobs.newJob(), Jobs.EXPECTED));

                assertThat(three.jobs().store().claim(Jobs.claim(10, Jobs.KIND)))
                        .isEmpty();
                assertThat(two.jobs().store().claim(Jobs.claim(10, Jobs.KIND))).hasSize(1);
                assertThat(one.jobs().store().claim(Jobs.claim(10, Jobs.KIND))).hasSize(1);
            }
        }
    }

    @Test
    void nodes_of_one_store_hear_each_other_and_not_another_store_in_the_database() throws Exception {
        DatabaseSettings settings = databases().get(1);
        DatabaseSettings named = settings.withTables(OTHERS);
        try (TestDatabase one = new TestDatabase(settings);
                TestDatabase two = new TestDatabase(named);
                JobDatabase otherNode = two.openAgain()) {
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            one.jobs().signals().subscribe(listener("one", heard));
            otherNode.signals().subscribe(listener("two", heard));

            Jobs.accepted(two.jobs().store().schedule(Jobs.newJob(), Jobs.EXPECTED));
            assertThat(heard.poll(20, SECONDS)).isEqualTo("two");
            Jobs.accepted(one.jobs().store().schedule(Jobs.newJob(), Jobs.EXPECTED));
            assertThat(heard.poll(20, SECONDS)).isEqualTo("one");
            assertThat(heard).isEmpty();
        }
    }

    private static JobSignals.Listener listener(String name, BlockingQueue<String> heard) {
        return new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                heard.add(name);
            }
        };
    }

    @Test
    void the_script_makes_what_the_migration_makes_and_what_it_lacks_is_named() throws Exception {
        for (DatabaseSettings settings : databases()) {
            DatabaseSettings named = settings.withTables(OTHERS).withMigrate(false);
            try (Connection owner = TestDatabase.connect(settings);
                    Statement statement = owner.createStatement()) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> JobDatabase.open(named, JobStoreContract.POLICY))
                        .withMessageContaining("the schema app lacks version 1, 2,")
                        .withMessageEndingWith("17; migrate it first");

                statement.execute(JobDatabase.script(settings.url().contains("h2") ? "h2" : "postgresql", OTHERS, 0));
                JobDatabase.open(named, JobStoreContract.POLICY).close();

                statement.execute("alter table app.jobs_work drop column renewed_at");
                statement.execute("drop table app.jobs_ended_minute");
                assertThatIllegalStateException()
                        .isThrownBy(() -> JobDatabase.open(named, JobStoreContract.POLICY))
                        .withMessageContaining(
                                "it has not the table jobs_ended_minute, the column jobs_work.renewed_at; migrate it");
            }
        }
    }
}
