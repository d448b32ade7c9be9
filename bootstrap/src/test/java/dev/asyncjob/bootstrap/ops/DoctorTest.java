package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.ops.Finding.Level;
import dev.asyncjob.persistence.DatabaseFacts;
import dev.asyncjob.persistence.DatabaseSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
    private static final DatabaseSettings SETTINGS = DatabaseSettings.defaults().withPoolSize(10);

    private Duration roundTrip = Duration.ofMillis(50);
    private Duration ahead = Duration.ofSeconds(5);
    private List<String> pending = List.of();
    private List<String> missingRights = List.of();
    private @Nullable Boolean notified = true;
    private DatabaseFacts.@Nullable OpenTransaction oldest =
            new DatabaseFacts.OpenTransaction("17", "report", Duration.ofMinutes(1));
    private List<DatabaseFacts.Rows> tables =
            List.of(new DatabaseFacts.Rows("work", 100_000, 100_000), new DatabaseFacts.Rows("job", 500_000, 200_000));
    private boolean autovacuum = true;
    private int freeSessions = 11;

    private List<Finding> judged() {
        return judged(SETTINGS);
    }

    private List<Finding> judged(DatabaseSettings settings) {
        return Doctor.judge(
                new DatabaseFacts(
                        "PostgreSQL 17.1",
                        roundTrip,
                        ahead,
                        "10",
                        pending,
                        missingRights,
                        notified,
                        oldest,
                        tables,
                        autovacuum,
                        freeSessions,
                        null),
                settings);
    }

    private static void assertOnly(List<Finding> findings, Level level, String subject, String text) {
        assertThat(findings)
                .filteredOn(finding -> finding.level() != Level.OK)
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.level()).isEqualTo(level);
                    assertThat(finding.subject()).isEqualTo(subject);
                    assertThat(finding.text()).contains(text);
                    assertThat(finding.remedy()).isNotEmpty();
                });
    }

    @Test
    void a_database_at_its_limits_is_good() {
        assertThat(judged()).hasSizeGreaterThan(6).allSatisfy(finding -> {
            assertThat(finding.level()).isEqualTo(Level.OK);
            assertThat(finding.remedy()).isEmpty();
        });
        notified = null;
        oldest = null;
        assertThat(judged()).extracting(Finding::level).containsOnly(Level.OK);
    }

    @Test
    void a_slow_database_is_a_warning() {
        roundTrip = Duration.ofMillis(51);
        assertOnly(judged(), Level.WARNING, "database", "51 ms");
    }

    @Test
    void clocks_that_differ_are_a_warning() {
        ahead = Duration.ofMillis(6_500);
        assertOnly(judged(), Level.WARNING, "clock", "6 s ahead of this one");
        ahead = Duration.ofSeconds(-90);
        assertOnly(judged(), Level.WARNING, "clock", "90 s behind this one");
    }

    @Test
    void a_schema_that_nobody_will_migrate_is_a_fault() {
        pending = List.of("11", "12");
        assertOnly(judged(), Level.WARNING, "schema", "lacks 11, 12");
        assertOnly(judged(SETTINGS.withMigrate(false)), Level.FAULT, "schema", "lacks 11, 12");
    }

    @Test
    void rights_that_the_role_lacks_are_a_fault_and_a_missing_vacuum_is_a_warning() {
        missingRights = List.of("vacuum on work");
        assertOnly(judged(), Level.WARNING, "rights", "cannot vacuum");
        missingRights = List.of("delete on job", "vacuum on work");
        assertOnly(judged(), Level.FAULT, "rights", "may not delete on job");
    }

    @Test
    void lost_notifications_are_a_fault() {
        notified = false;
        assertOnly(judged(), Level.FAULT, "notifications", "none arrived");
    }

    @Test
    void an_old_transaction_is_a_warning() {
        oldest = new DatabaseFacts.OpenTransaction("17", "report", Duration.ofSeconds(61));
        assertOnly(judged(), Level.WARNING, "transactions", "17 of 'report' is open for 61 s");
    }

    @Test
    void a_table_of_dead_rows_is_a_warning() {
        tables = List.of(new DatabaseFacts.Rows("work", 100_000, 100_001));
        assertOnly(judged(), Level.WARNING, "dead rows", "work has 100001 beside 100000 live ones");
    }

    @Test
    void a_database_that_does_not_vacuum_or_has_no_sessions_left_is_a_warning() {
        autovacuum = false;
        assertOnly(judged(), Level.WARNING, "autovacuum", "off");
        autovacuum = true;
        freeSessions = 10;
        assertOnly(judged(), Level.WARNING, "sessions", "accepts 10 more");
    }

    @ParameterizedTest
    @CsvSource({"1073741824, 0, OK", "1073741823, 0, WARNING", "1073742847, 1024, WARNING", "1073742848, 1024, OK"})
    void a_disk_must_have_room_for_another_file(long free, long bytes, Level level) {
        DatabaseFacts facts = new DatabaseFacts(
                "H2 2.5",
                Duration.ZERO,
                Duration.ZERO,
                DatabaseFacts.IN_USE,
                List.of(),
                List.of(),
                null,
                null,
                List.of(),
                true,
                null,
                new DatabaseFacts.DiskFile(Path.of("jobs.mv.db"), bytes, free));

        List<Finding> findings = Doctor.judge(facts, SETTINGS);

        assertThat(findings).extracting(Finding::subject).containsExactly("database", "schema", "disk");
        assertThat(findings.get(1).level()).isEqualTo(Level.OK);
        assertThat(findings.get(2).level()).isEqualTo(level);
    }
}
