package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.testkit.JobStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients of a store in an H2 file were told is there after failed writes, closes and crashes, and no end is shown
 * that a crash takes back. Each seed is a {@link CrashRun}.
 */
final class H2CrashTest {
    private static final long FIRST = Long.getLong("crash.first", System.nanoTime() >>> 20);
    private static final List<Logger> QUIET = Stream.of(
                    "dev.asyncjob", "com.zaxxer.hikari", "h2database", "org.flywaydb")
            .map(Logger::getLogger)
            .toList();

    @TempDir
    private static Path folder;

    @BeforeAll
    static void makeTemplate() {
        FaultyFiles.register();
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl("jdbc:h2:file:" + folder.resolve("template"));
        JobDatabase.open(settings, JobStoreContract.POLICY).close();
        QUIET.forEach(logger -> logger.setLevel(Level.OFF));
    }

    @AfterAll
    static void logAgain() {
        QUIET.forEach(logger -> logger.setLevel(null));
    }

    private static void run(long first, int seeds) throws Exception {
        long begin = System.nanoTime();
        int lives = 0;
        int crashes = 0;
        int jobs = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            Path place = Files.createDirectories(folder.resolve("seed" + seed));
            CrashRun.Report report =
                    new CrashRun(place, folder.resolve("template.mv.db"), FaultyDisk.Crash.OF_PROCESS, seed).run();
            assertThat(report.violations())
                    .as(
                            "after life %d of seed %d; some rounds of it: mvn test -pl adapter-persistence -am"
                                    + " -Dtest=H2CrashTest -Dsurefire.failIfNoSpecifiedTests=false -Dcrash.first=%2$d"
                                    + " -Dcrash.seeds=1",
                            report.lives(), seed)
                    .isEmpty();
            lives += report.lives();
            crashes += report.crashes();
            jobs += report.jobs();
            delete(place);
        }
        System.out.printf(
                "H2CrashTest -Dcrash.first=%d -Dcrash.seeds=%d: %d lives, %d crashes, %d jobs, %d ms%n",
                first, seeds, lives, crashes, jobs, (System.nanoTime() - begin) / 1_000_000);
    }

    private static void delete(Path place) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void nothing_that_clients_were_told_is_taken_back() throws Exception {
        run(FIRST, Integer.getInteger("crash.seeds", 6));
    }

    @Test
    @Tag("soak")
    void nothing_that_clients_were_told_is_taken_back_in_many_runs() throws Exception {
        run(FIRST + 1_000, Integer.getInteger("crash.seeds", 60)); // others than those of the test before
    }
}
