package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.testkit.JobStoreContract;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class H2MigrationCopyTest {
    private static final Logger QUIET = Logger.getLogger("");
    private static final Level BEFORE = QUIET.getLevel();

    @TempDir
    private Path folder;

    @BeforeAll
    static void register() {
        FaultyFiles.register();
        QUIET.setLevel(Level.OFF);
    }

    @AfterAll
    static void logAgain() {
        QUIET.setLevel(BEFORE);
    }

    private static DatabaseSettings settings(String scheme, Path name) {
        return DatabaseSettings.defaults().withUrl("jdbc:h2:" + scheme + ":" + name);
    }

    private static JobDatabase open(String scheme, Path place) {
        return JobDatabase.open(settings(scheme, place.resolve("jobs")), JobStoreContract.POLICY);
    }

    private static Path copy(Path place) {
        return place.resolve("jobs.mv.db" + H2MigrationCopy.SUFFIX);
    }

    /** What a crash has left; it came during the migration if that has so many changes, or else after it. */
    private record Crash(Path left, boolean during) {}

    /** Migrates, and crashes at a change. */
    private Crash crashed(Path before, int at) throws IOException {
        Path place = Files.createDirectories(folder.resolve("life" + at));
        if (Files.exists(before)) {
            Files.copy(before, place.resolve("jobs.mv.db"));
        }
        Path survivors = folder.resolve("survivors" + at);
        FaultyDisk disk = new FaultyDisk(
                place,
                survivors,
                new FaultyDisk.Plan(FaultyDisk.Crash.OF_PROCESS, at, 0, 0, false, 0, 0),
                new SplittableRandom(at));
        JobDatabase database = open("faulty", place);
        boolean crashed = disk.crashed();
        disk.crash();
        database.close();
        disk.remove();
        return new Crash(survivors, crashed);
    }

    private static int jobs(Path place) throws SQLException {
        try (Connection connection = TestDatabase.connect(settings("file", place.resolve("jobs")));
                Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery("select count(*) from asyncjob.job")) {
            rs.next();
            return rs.getInt(1);
        }
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = TestDatabase.connect(settings("file", folder.resolve("earlier")));
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                statement.execute(one);
            }
        }
    }

    /** Makes a file of an earlier version of the schema that has a job. */
    private Path earlier(String... others) throws SQLException {
        try (DriverDataSource source =
                Connections.of(settings("file", folder.resolve("earlier"))).admin(Duration.ZERO)) {
            Flyway.configure()
                    .dataSource(source)
                    .locations("classpath:dev/asyncjob/persistence/h2")
                    .schemas("ASYNCJOB")
                    .defaultSchema("ASYNCJOB")
                    .table("schema_history")
                    .target("5")
                    .load()
                    .migrate();
        }
        execute("""
                insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                    planned_at, fingerprint)
                values (random_uuid(), 'o', 'k', 'PENDING', array[], array[], current_timestamp, current_timestamp,
                    current_timestamp, 'f')
                """);
        execute(others);
        return folder.resolve("earlier.mv.db");
    }

    @Test
    void the_first_migration_begins_again_when_it_was_cut() throws Exception {
        int cut = 0;
        for (int at = 2; at < 400; at += 19) {
            Crash crash = crashed(folder.resolve("none"), at);
            if (!crash.during()) {
                break;
            }
            cut++;
            open("file", crash.left()).close();
            assertThat(copy(crash.left())).as("after a crash at change %d", at).doesNotExist();
        }
        assertThat(cut).isGreaterThan(4);
    }

    @Test
    void a_migration_that_was_cut_begins_again_with_all_jobs() throws Exception {
        Path before = earlier();
        int cut = 0;
        for (int at = 2; at < 400; at += 13) {
            Crash crash = crashed(before, at);
            if (!crash.during()) {
                break;
            }
            cut++;
            open("file", crash.left()).close();
            assertThat(jobs(crash.left())).as("after a crash at change %d", at).isEqualTo(1);
        }
        assertThat(cut).isGreaterThan(4);
    }

    @Test
    void a_file_with_tables_of_an_application_is_not_copied() throws Exception {
        Path before = earlier("create table public.mine (id integer)");

        assertThat(copy(crashed(before, 20).left())).doesNotExist();
        execute("drop table public.mine");
        assertThat(copy(crashed(before, 21).left())).exists();
    }

    /**
     * The operating system ends a lock of a process when that closes the file, even if it was opened elsewhere in it.
     */
    private static void assertLocked(Path file) throws IOException {
        Path locks = Path.of("/proc/locks");
        if (Files.exists(locks)) {
            assertThat(locks).content().contains(":" + Files.getAttribute(file, "unix:ino") + " ");
        }
    }

    @Test
    void a_copy_is_not_put_back_while_the_file_is_in_use() throws Exception {
        Path place = Files.createDirectories(folder.resolve("used"));
        Path file = place.resolve("jobs.mv.db");
        JobDatabase database = open("file", place);
        Files.writeString(copy(place), "copy");
        new H2MigrationCopy(file.toString()).putBack();
        assertThat(copy(place)).exists();
        assertLocked(file);
        database.close();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            new H2MigrationCopy(file.toString()).putBack();

            assertThat(lock.isValid()).isTrue();
            assertThat(copy(place)).exists();
        }
        new H2MigrationCopy(file.toString()).putBack();
        assertThat(file).hasContent("copy");
        assertThat(copy(place)).doesNotExist();
    }
}
