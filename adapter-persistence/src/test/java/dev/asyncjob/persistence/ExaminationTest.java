package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.testkit.JobStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExaminationTest {
    private static final InstantSource CLOCK = Clock.systemUTC();

    /** Opens an H2 file, prints that, and waits. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(arguments[0]), JobStoreContract.POLICY)) {
                System.out.println("open " + database.dialect());
                var unused = System.in.read();
            }
        }
    }

    private static DatabaseSettings postgres() {
        return DatabaseSettings.defaults().withUrl(PostgresServer.shared().newDatabase());
    }

    @Test
    void a_good_database_lacks_nothing() {
        DatabaseSettings settings = postgres();
        String version = JobDatabase.migrate(settings);

        DatabaseFacts facts = JobDatabase.examine(settings, CLOCK);

        assertThat(facts.server()).startsWith("PostgreSQL 1");
        assertThat(facts.schema()).isEqualTo(version);
        assertThat(facts.pending()).isEmpty();
        assertThat(facts.missingRights()).isEmpty();
        assertThat(facts.notified()).isTrue();
        assertThat(facts.ahead().abs()).isLessThan(Duration.ofSeconds(2));
        assertThat(facts.roundTrip()).isPositive();
        assertThat(facts.tables()).extracting(DatabaseFacts.Rows::table).contains("job", "work");
        assertThat(facts.autovacuum()).isTrue();
        assertThat(facts.freeSessions()).isPositive();
        assertThat(facts.file()).isNull();
    }

    @Test
    void the_clock_of_this_process_is_compared_with_that_of_the_database() {
        DatabaseFacts facts =
                JobDatabase.examine(postgres(), () -> CLOCK.instant().plus(Duration.ofHours(1)));

        assertThat(facts.ahead()).isBetween(Duration.ofMinutes(-61), Duration.ofMinutes(-59));
    }

    @Test
    void an_empty_database_stays_empty() {
        DatabaseSettings settings = postgres();

        DatabaseFacts facts = JobDatabase.examine(settings, CLOCK);

        assertThat(facts.schema()).isEqualTo(DatabaseFacts.NONE);
        assertThat(facts.pending()).startsWith("1", "2");
        assertThat(JobDatabase.examine(settings, CLOCK).schema()).isEqualTo(DatabaseFacts.NONE);
        assertThat(facts.tables()).isEmpty();
    }

    @Test
    void rights_that_a_role_lacks_are_named() {
        DatabaseSettings settings = postgres();
        String unused = JobDatabase.migrate(settings);
        try (TestDatabase database = new TestDatabase(settings)) {
            database.execute("create role examined_reader login");
            database.execute("grant usage on schema asyncjob to examined_reader");
            database.execute("grant select on all tables in schema asyncjob to examined_reader");
            database.execute("grant insert, update on asyncjob.job, asyncjob.work to examined_reader");

            DatabaseSettings reader = DatabaseSettings.defaults()
                    .withUrl(settings.url().replaceFirst("user=\\w+", "user=examined_reader"));
            assertThat(JobDatabase.examine(reader, CLOCK).missingRights())
                    .contains("delete on job", "delete on work", "vacuum on work")
                    .doesNotContain("insert on job", "insert on schema_history", "update on fingerprint_key");

            database.execute("drop owned by examined_reader");
            database.execute("drop role examined_reader");
        }
    }

    @Test
    void the_transaction_that_is_open_for_longest_is_found() throws Exception {
        DatabaseSettings settings = postgres();
        try (Connection first = TestDatabase.connect(settings);
                Statement statement = first.createStatement();
                Connection second = TestDatabase.connect(settings);
                Statement later = second.createStatement()) {
            first.setAutoCommit(false);
            statement.execute("set application_name = 'report'; select 1");
            second.setAutoCommit(false);
            later.execute("select 1");

            DatabaseFacts.OpenTransaction oldest =
                    Objects.requireNonNull(JobDatabase.examine(settings, CLOCK).oldest());

            assertThat(oldest.application()).isEqualTo("report");
            assertThat(oldest.age()).isPositive();
        }
    }

    @Test
    void a_database_that_cannot_be_reached_is_an_error_without_its_password() {
        DatabaseSettings settings = DatabaseSettings.defaults()
                .withUrl("jdbc:postgresql://127.0.0.1:1/jobs")
                .withPassword("t0p-secret");

        assertThatIllegalStateException()
                .isThrownBy(() -> JobDatabase.examine(settings, CLOCK))
                .withMessageContaining("127.0.0.1:1")
                .withMessageNotContaining("t0p-secret");
    }

    @Test
    void an_h2_file_is_not_made(@TempDir Path folder) {
        Path jobs = folder.resolve("new").resolve("jobs");

        DatabaseFacts facts = JobDatabase.examine(DatabaseSettings.defaults().withUrl("jdbc:h2:" + jobs), CLOCK);

        assertThat(facts.schema()).isEqualTo(DatabaseFacts.NONE);
        DatabaseFacts.DiskFile file = Objects.requireNonNull(facts.file());
        assertThat(file.bytes()).isZero();
        assertThat(file.free()).isPositive();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void an_h2_file_is_examined_and_one_that_another_process_has_open_is_said_to_be(@TempDir Path folder)
            throws Exception {
        String url = "jdbc:h2:" + folder.resolve("jobs");
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
        String version = JobDatabase.migrate(settings);

        long before = Files.size(folder.resolve("jobs.mv.db"));
        DatabaseFacts closed = JobDatabase.examine(settings, CLOCK);
        assertThat(closed.server()).startsWith("H2 2.");
        assertThat(closed.schema()).isEqualTo(version);
        assertThat(closed.pending()).isEmpty();
        assertThat(Objects.requireNonNull(closed.file()).bytes())
                .isBetween(before, Files.size(folder.resolve("jobs.mv.db")));

        try (JavaProcess holder = JavaProcess.of(Holder.class, url).start()) {
            holder.awaitLine("open h2"::equals, Duration.ofMinutes(1));
            DatabaseFacts open = JobDatabase.examine(settings, CLOCK);
            assertThat(open.schema()).isEqualTo(DatabaseFacts.IN_USE);
            assertThat(Objects.requireNonNull(open.file()).bytes()).isPositive();
        }
    }
}
