package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.accepted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cost of claiming, settling and reading with a million finished jobs, relative to the cost with none. Not a test:
 * its name keeps it out of the build; run it with {@code -Dtest=FlatCostMeasurement}.
 */
class FlatCostMeasurement {
    private static final int HISTORY = Integer.getInteger("flat.history", 1_000_000);
    private static final int ROUNDS = 7;
    private static final int WARM_UP = 2;
    private static final int JOBS = 2_000;
    private static final int BATCH = 100;

    private static final AtomicLong IDS = new AtomicLong(1);

    private static final String FINISHED = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, promised_at, ended_at, kept_until, fingerprint, settled_token, settled_outcome, attempts)
            select cast('00000000-0000-7000-8000-' || lpad(cast(n as varchar), 12, '0') as uuid), 'clinic-7', 'composition.create', 'DONE', array['eHealth/composition'],
                cast(array['composition/0daaad78-6cfb-11ea-9cd6-afab698838bc'] as varchar array), current_timestamp,
                current_timestamp, current_timestamp, current_timestamp, current_timestamp,
                current_timestamp + interval '30' day, repeat('0', 64), 1, repeat('1', 64), 1
            from %s as numbers (n)
            """;

    @Test
    void on_an_h2_file(@TempDir Path folder) {
        compare(
                "h2",
                "jdbc:h2:file:" + folder.resolve("none"),
                "jdbc:h2:file:" + folder.resolve("million"),
                FINISHED.formatted("system_range(1, " + HISTORY + ")"));
    }

    @Test
    void on_postgresql() {
        compare(
                "postgresql",
                PostgresServer.shared().newDatabase(),
                PostgresServer.shared().newDatabase(),
                FINISHED.formatted("generate_series(1, " + HISTORY + ")"));
    }

    private static void compare(String name, String emptyUrl, String fullUrl, String fill) {
        try (TestDatabase empty = TestDatabase.at(emptyUrl);
                TestDatabase full = TestDatabase.at(fullUrl)) {
            assertThat(full.execute(fill)).isEqualTo(HISTORY);
            full.execute("analyze");
            List<double[]> beside = new ArrayList<>();
            List<double[]> alone = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                double[] a = microsPerJob(full.jobs().store());
                double[] b = microsPerJob(empty.jobs().store());
                if (round >= WARM_UP) {
                    beside.add(a);
                    alone.add(b);
                }
            }
            print("flat-claim-" + name, 0, beside, alone);
            print("flat-settle-" + name, 1, beside, alone);
            print("flat-read-" + name, 2, beside, alone);
        }
    }

    /** Measures a job, claimed in batches, settled and read one by one. */
    private static double[] microsPerJob(JobStore store) {
        for (int i = 0; i < JOBS; i++) {
            accepted(store.schedule(NewJob.of(nextId(), Jobs.OWNER, Jobs.KIND, Jobs.LINKS), EXPECTED));
        }
        long start = System.nanoTime();
        List<ClaimedJob> claimed = new ArrayList<>();
        for (int i = 0; i < JOBS / BATCH; i++) {
            claimed.addAll(Jobs.claimFrom(store, BATCH));
        }
        long claims = System.nanoTime();
        claimed.forEach(job -> accepted(Jobs.settle(store, job, Jobs.DONE)));
        long settlements = System.nanoTime();
        claimed.forEach(
                job -> assertThat(store.find(Jobs.OWNER, job.job().id())).isPresent());
        long reads = System.nanoTime();
        assertThat(claimed).hasSize(JOBS);
        double nanos = 1000.0 * JOBS;
        return new double[] {(claims - start) / nanos, (settlements - claims) / nanos, (reads - settlements) / nanos};
    }

    /** Ids in order of time, as the service makes them (UUIDv7). */
    private static JobId nextId() {
        return new JobId(new UUID(IDS.incrementAndGet() << 16 | 0x7000, Long.MIN_VALUE));
    }

    private static void print(String name, int what, List<double[]> beside, List<double[]> alone) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < beside.size(); i++) {
            ratios.add(beside.get(i)[what] / alone.get(i)[what]);
        }
        System.out.printf(
                Locale.ROOT,
                "ratio %s %.2f (A=%.0f B=%.0f us/job, %.2f..%.2f over %d rounds)%n",
                name,
                median(ratios),
                median(beside.stream().map(round -> round[what]).toList()),
                median(alone.stream().map(round -> round[what]).toList()),
                Collections.min(ratios),
                Collections.max(ratios),
                ratios.size());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }
}
