package dev.asyncjob.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What claiming, settling and reading cost in a database that holds much, over what they cost in one that holds little;
 * one call after the other, microseconds each.
 */
final class FlatCost {
    private static final String GROUP = "flat";
    private static final int FEW_FINISHED = 10_000;
    private static final int MANY_PENDING = 100_000;
    private static final int FEW_PENDING = 1_000;

    private final Options options;
    private final Report report;
    private final Postgres postgres;

    FlatCost(Options options, Report report, Postgres postgres) {
        this.options = options.sharingWarmUp();
        this.report = report;
        this.postgres = postgres;
    }

    /** The median of as many trials as the time allows. */
    private record Calls(String name, Costs costs) implements Side {
        @Override
        public Sample measure(Duration time) throws Exception {
            long start = System.nanoTime();
            List<Double> trials = new ArrayList<>();
            while (trials.isEmpty() || System.nanoTime() - start < time.toNanos()) {
                trials.add(costs.micros());
            }
            return new Sample(Stats.of(trials).median(), 0, "us");
        }
    }

    @FunctionalInterface
    private interface Costs {
        double micros() throws Exception;
    }

    void run() throws Exception {
        if (options.wants(GROUP, "flat-finished")) {
            besideFinished();
        }
        if (options.wants(GROUP, "flat-pending")) {
            besidePending();
        }
    }

    private void besideFinished() throws Exception {
        try (FilledStore old = new FilledStore(postgres.newDatabase(), options.history(), FEW_PENDING);
                FilledStore young = new FilledStore(postgres.newDatabase(), FEW_FINISHED, FEW_PENDING)) {
            report.fact(
                    "disk",
                    "%.0f MB for a million finished jobs, indexes included",
                    old.bytesOfJobs() / (double) options.history());
            List<Figure> figures = List.of(
                    figure("flat-claim", old::claim, young::claim),
                    figure("flat-settle", old::settle, young::settle),
                    figure("flat-read", old::read, young::read));
            Rounds.run(figures, options, report);
        }
    }

    private void besidePending() throws Exception {
        try (FilledStore busy = new FilledStore(postgres.newDatabase(), FEW_FINISHED, MANY_PENDING);
                FilledStore idle = new FilledStore(postgres.newDatabase(), FEW_FINISHED, FEW_PENDING)) {
            Rounds.run(List.of(figure("flat-claim-pending", busy::claim, idle::claim)), options, report);
        }
    }

    private static Figure figure(String name, Costs much, Costs little) {
        return new Figure(name, new Calls(name + ", much", much), new Calls(name + ", little", little), "us");
    }
}
