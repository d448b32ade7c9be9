package dev.asyncjob.persistence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * How long the numbers of a million pending jobs take. Not a test: its name keeps it out of the build; run it with
 * {@code -Dtest=WorkloadMeasurement}.
 */
class WorkloadMeasurement {
    private static final int JOBS = Integer.getInteger("workload.jobs", 1_000_000);
    private static final int ROUNDS = 7;

    /** As {@link WorkloadPlanTest#WORK}, but all due within the hour, where the rows themselves are read. */
    private static final String SOON = WorkloadPlanTest.WORK.replace("7200 + n", "mod(n, 3500)");

    /** Ids in order of time, as the service makes them. */
    private static final String ID = "cast('00000000-0000-7000-8000-' || lpad(cast(n as varchar), 12, '0') as uuid)";

    @Test
    void on_h2_in_memory() {
        for (int kinds : List.of(1, 100)) {
            measure("h2", kinds, "jdbc:h2:mem:", WorkloadPlanTest.WORK);
        }
        measure("h2-soon", 10, "jdbc:h2:mem:", SOON);
    }

    @Test
    void on_postgresql() {
        for (int kinds : List.of(1, 100)) {
            measure("postgresql", kinds, PostgresServer.shared().newDatabase(), WorkloadPlanTest.WORK);
        }
        measure("postgresql-soon", 10, PostgresServer.shared().newDatabase(), SOON);
    }

    private static void measure(String name, int kinds, String url, String fill) {
        try (TestDatabase database = TestDatabase.at(url)) {
            boolean h2 = url.startsWith("jdbc:h2");
            int step = JOBS / 20;
            for (int from = 1; from <= JOBS; from += step) {
                String numbers = h2
                        ? "(select x as n from system_range(%d, %d))".formatted(from, from + step - 1)
                        : "generate_series(%d, %d) n".formatted(from, from + step - 1);
                database.execute(fill.formatted(ID, numbers, kinds));
            }
            print(name + " not vacuumed", kinds, 1_000_000, database);
            print(name + " not vacuumed", kinds, 200_000, database);
            if (!h2) {
                database.execute("vacuum analyze asyncjob.work");
                print(name, kinds, 1_000_000, database);
                print(name, kinds, 200_000, database);
            }
        }
    }

    private static void print(String name, int kinds, int max, TestDatabase database) {
        List<Double> millis = new ArrayList<>();
        String failure = "";
        for (int round = 0; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            try {
                var unused = database.jobs().store().workloads(max);
            } catch (RuntimeException e) {
                failure = " " + e;
            }
            millis.add((System.nanoTime() - begin) / 1e6);
        }
        Collections.sort(millis);
        System.out.printf(
                Locale.ROOT,
                "workloads %s, %d jobs of %d kinds, limit %d: median %.0f ms, %.0f to %.0f%s%n",
                name,
                JOBS,
                kinds,
                max,
                millis.get(ROUNDS / 2),
                millis.get(0),
                millis.get(ROUNDS - 1),
                failure);
    }
}
