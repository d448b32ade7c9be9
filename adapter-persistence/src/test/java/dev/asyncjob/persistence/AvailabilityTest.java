package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.JobStoreContract;
import dev.asyncjob.application.spi.Jobs;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the store does when the database, a thread or the calendar does not behave. */
class AvailabilityTest {
    private static final Duration LIMIT = Duration.ofSeconds(3);

    @TempDir
    private static Path folder;

    static List<DatabaseSettings> bothDatabases() {
        return List.of(DatabaseSettings.of("jdbc:h2:file:" + folder.resolve("jobs")), Postgres.emptyDatabase());
    }

    private static JobDatabase open(DatabaseSettings settings) {
        return JobDatabase.open(settings, JobStoreContract.POLICY);
    }

    private static void assertUnavailableInTime(JobStore store, NewJob job) {
        long begun = System.nanoTime();
        assertThatThrownBy(() -> store.find(job.owner(), job.id())).isInstanceOf(StoreUnavailable.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LIMIT);
    }

    private static Duration untilFound(JobStore store, NewJob job) {
        long begun = System.nanoTime();
        while (true) {
            try {
                assertThat(store.find(job.owner(), job.id())).isPresent();
                return Duration.ofNanos(System.nanoTime() - begun);
            } catch (StoreUnavailable notYet) {
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LIMIT);
            }
        }
    }

    @Test
    void a_stopped_postgresql_is_told_in_time_and_used_again_within_two_seconds() throws IOException {
        Path data = Files.createTempDirectory("asyncjob-postgres").resolve("db");
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
        NewJob job = Jobs.newJob();
        try (JobDatabase database = open(DatabaseSettings.of(server.getJdbcUrl("postgres", "postgres")))) {
            database.store().schedule(job, Jobs.EXPECTED);
            server.close();

            for (int i = 0; i < 6; i++) { // long enough for a pool that backs off to have backed off
                assertUnavailableInTime(database.store(), job);
            }

            EmbeddedPostgres again = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setPort(server.getPort())
                    .start();
            try (again) {
                assertThat(untilFound(database.store(), job)).isLessThan(Duration.ofSeconds(2));
            }
        }
    }

    @Test
    void a_frozen_postgresql_is_told_in_time_and_used_again() throws IOException {
        Path data = Files.createTempDirectory("asyncjob-postgres").resolve("db");
        NewJob job = Jobs.newJob();
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                        .setDataDirectory(data)
                        .setCleanDataDirectory(false)
                        .start();
                JobDatabase database = open(DatabaseSettings.of(server.getJdbcUrl("postgres", "postgres")))) {
            database.store().schedule(job, Jobs.EXPECTED);
            ProcessHandle postmaster = postmaster(data);
            signalAll(postmaster, "STOP");
            try {
                for (int i = 0; i < 3; i++) {
                    assertUnavailableInTime(database.store(), job);
                }
            } finally {
                signalAll(postmaster, "CONT");
            }
            assertThat(untilFound(database.store(), job)).isLessThan(Duration.ofSeconds(2));
        }
    }

    private static ProcessHandle postmaster(Path data) throws IOException {
        String pid = Files.readAllLines(data.resolve("postmaster.pid")).get(0);
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    private static void signalAll(ProcessHandle postmaster, String signal) throws IOException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal, Long.toString(postmaster.pid())));
        postmaster.descendants().forEach(child -> command.add(Long.toString(child.pid())));
        assertThat(new ProcessBuilder(command).start().onExit().join().exitValue())
                .isZero();
    }

    @Test
    void a_used_up_pool_is_told_in_time() throws Exception {
        DatabaseSettings settings = Postgres.emptyDatabase().withPoolSize(1);
        NewJob job = Jobs.newJob();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (JobDatabase database = open(settings);
                Handle other = Jdbi.create(settings.url()).open()) {
            database.store().schedule(job, Jobs.EXPECTED);
            other.begin().execute("select 1 from asyncjob.work for update");
            Future<?> holder = thread.submit(
                    () -> database.store().settle(job.id(), LeaseToken.FIRST, Outcome.failed(Failure.CANCELLED)));
            while (waitingForLocks(other) == 0) {
                LockSupport.parkNanos(1_000_000);
            }
            assertUnavailableInTime(database.store(), job);
            other.rollback();
            assertThat(holder).succeedsWithin(LIMIT);
            assertThat(untilFound(database.store(), job)).isLessThan(Duration.ofSeconds(2));
        } finally {
            thread.shutdown();
        }
    }

    private static int waitingForLocks(Handle handle) {
        return handle.createQuery("select count(*) from pg_locks where not granted")
                .mapTo(Integer.class)
                .one();
    }

    @ParameterizedTest
    @MethodSource("bothDatabases")
    void an_interrupted_thread_harms_nobody_else(DatabaseSettings settings) throws Exception {
        NewJob job = Jobs.newJob();
        AtomicBoolean enough = new AtomicBoolean();
        try (JobDatabase database = open(settings)) {
            database.store().schedule(job, Jobs.EXPECTED);
            for (int i = 0; i < 20; i++) {
                Thread busy = new Thread(() -> scheduleUntil(enough, database.store()));
                busy.start();
                LockSupport.parkNanos(Duration.ofMillis(5 + i).toNanos());
                busy.interrupt();
                assertThat(untilFound(database.store(), job)).isLessThan(Duration.ofSeconds(2));
                enough.set(true);
                busy.join();
                enough.set(false);
            }
        }
    }

    private static void scheduleUntil(AtomicBoolean enough, JobStore store) {
        while (!enough.get()) {
            try {
                store.schedule(Jobs.newJob(), Jobs.EXPECTED);
            } catch (StoreUnavailable interrupted) {
                return;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bothDatabases")
    void the_hour_that_comes_twice_is_kept_apart(DatabaseSettings settings) {
        TimeZone zone = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
        try (JobDatabase database = open(settings)) {
            for (String instant : List.of("2030-11-03T05:30:00.123456Z", "2030-11-03T06:30:00.123456Z")) {
                NewJob job = Jobs.newJob().notBefore(Instant.parse(instant));
                database.store().schedule(job, Duration.ZERO);
                assertThat(database.store()
                                .find(job.owner(), job.id())
                                .orElseThrow()
                                .eta())
                        .isEqualTo(Instant.parse(instant.replace("123456", "124")));
            }
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    @Test
    void many_nodes_migrate_an_empty_database_at_once() throws Exception {
        DatabaseSettings settings = Postgres.emptyDatabase();
        ExecutorService nodes = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> versions = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                versions.add(nodes.submit(() -> JobDatabase.migrate(settings)));
            }
            for (Future<String> version : versions) {
                assertThat(version.get()).isEqualTo("1");
            }
        } finally {
            nodes.shutdown();
        }
    }

    @Test
    void a_schema_that_is_not_up_to_date_is_refused_when_it_must_not_be_changed() {
        DatabaseSettings settings = Postgres.emptyDatabase().withMigrate(false);
        assertThatThrownBy(() -> open(settings))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not up to date");
        JobDatabase.migrate(settings);
        open(settings).close();
    }

    @Test
    void a_database_beside_other_tables_is_migrated() throws SQLException {
        DatabaseSettings settings = Postgres.emptyDatabase();
        Jdbi.create(settings.url()).useHandle(handle -> handle.execute("create table job (id int)"));
        open(settings).close();
    }

    @Test
    void a_database_that_is_not_there_is_told_at_once() {
        assertThatThrownBy(() -> open(DatabaseSettings.of("jdbc:postgresql://127.0.0.1:1/none")
                        .withCredentials("user", "hunter2")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot open the database")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void an_h2_database_in_memory_is_gone_when_it_is_closed() {
        DatabaseSettings settings = DatabaseSettings.of("jdbc:h2:mem:gone");
        NewJob job = Jobs.newJob();
        try (JobDatabase database = open(settings)) {
            database.store().schedule(job, Jobs.EXPECTED);
        }
        try (JobDatabase database = open(settings)) {
            assertThat(database.store().find(job.owner(), job.id())).isEmpty();
        }
    }
}
