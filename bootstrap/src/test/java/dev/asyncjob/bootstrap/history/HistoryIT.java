package dev.asyncjob.bootstrap.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients are told while faults come and go keeps every {@link Promise}, on real processes of the jar.
 *
 * <p>{@code -Dhistory.faults=200 -Dhistory.operations=200000} lengthens the runs with all kinds; {@code -Dhistory.seed}
 * repeats the choices of a run, not its races. Histories are written to {@code target/history}, from where
 * {@link HistoryVerdictTest} judges them again.
 */
@EnabledOnOs(OS.LINUX) // signals, and limits of a process
class HistoryIT {
    private static final long SEED = Long.getLong("history.seed", System.nanoTime() % 1_000_000);
    private static final int OPERATIONS = Integer.getInteger("history.operations", 0);
    private static final long MONTH = Duration.ofDays(30).toMillis();

    @TempDir
    private Path folder;

    @Test
    void five_faults_on_postgresql_break_no_promise() {
        try (Cluster cluster = Cluster.postgres(folder, 2, Map.of())) {
            HistoryRun run = new HistoryRun(cluster, folder, "five", SEED, MONTH);

            assertValid(run.with(
                    List.of("node killed", "commits cut", "database killed", "lines reset", "node frozen")));
        }
    }

    @Test
    @Tag("soak")
    void faults_of_all_kinds_on_postgresql_break_no_promise() {
        try (Cluster cluster = Cluster.postgres(folder, 3, Map.of())) {
            cluster.embed();
            HistoryRun run = new HistoryRun(cluster, folder, "postgresql", SEED, MONTH);

            assertValid(run.until(faults(run.faults().names().size()), OPERATIONS));
        }
    }

    @Test
    @Tag("soak")
    void faults_of_all_kinds_on_h2_break_no_promise() {
        try (Cluster cluster = Cluster.h2(folder, Map.of())) {
            HistoryRun run = new HistoryRun(cluster, folder, "h2", SEED, MONTH);

            assertValid(run.until(faults(2 * run.faults().names().size()), OPERATIONS));
        }
    }

    private static int faults(int otherwise) {
        return Integer.getInteger("history.faults", otherwise);
    }

    private static void assertValid(Verdict verdict) {
        assertThat(verdict.violations()).as(verdict.toString()).isEmpty();
    }
}
