package dev.asyncjob.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The cost of claiming, settling and reading in a large database, relative to the cost in a small one, in microseconds
 * per call with sequential calls.
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

    /** Measures the median of as many trials as the time allows. */
    private record Calls(String name, Trial trial) implements Side {
        @Override
        public Sample measure(Duration time) throws Exception {
            long start = System.nanoTime();
            List<Double> trials = new ArrayList<>();
            while (trials.isEmpty() || System.nanoTime() - start < time.toNanos()) {
                trials.add(trial.micros());
            }
            return new Sample(Stats.of(trials).median(), 0, "us");
        }
    }

    @FunctionalInterface
    private interface Trial {
        double micros() throws Exception;
    }

    void run() throws Exception {
        if (options.wants(GROUP, "flat-finished")) {
            withFinished();
        }
        if (options.wants(GROUP, "flat-pending")) {
            withPending();
        }
    }

    private void withFinished() throws Exception {
        try (FilledStore large = new FilledStore(postgres.newDatabase(), options.history(), FEW_PENDING);
                FilledStore small = new FilledStore(postgres.newDatabase(), FEW_FINISHED, FEW_PENDING)) {
            report.fact(
                    "disk",
                    "%.0f MB for a million finished jobs, indexes included",
                    large.bytesOfJobs() / (double) options.history());
            List<Figure> figures = List.of(
                    figure("flat-claim", large::claim, small::claim),
                    figure("flat-settle", large::settle, small::settle),
                    figure("flat-read", large::read, small::read));
            Rounds.run(figures, options, report);
        }
    }

    private void withPending() throws Exception {
        try (FilledStore busy = new FilledStore(postgres.newDatabase(), FEW_FINISHED, MANY_PENDING);
                FilledStore idle = new FilledStore(postgres.newDatabase(), FEW_FINISHED, FEW_PENDING)) {
            Rounds.run(List.of(figure("flat-claim-pending", busy::claim, idle::claim)), options, report);
        }
    }

    private static Figure figure(String name, Trial large, Trial small) {
        return new Figure(name, new Calls(name + ", large", large), new Calls(name + ", small", small), "us");
    }
}
