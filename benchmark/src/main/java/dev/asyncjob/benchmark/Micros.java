package dev.asyncjob.benchmark;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benchmarks: nanoseconds per call, in one thread. */
final class Micros {
    private final Options options;
    private final Report report;

    Micros(Options options, Report report) {
        this.options = options;
        this.report = report;
    }

    void run() throws Exception {
        if (!options.wants("micros", "micros")) {
            return;
        }
        TimeValue round = TimeValue.milliseconds(options.round().toMillis());
        for (RunResult result : new Runner(new OptionsBuilder()
                        .include("dev\\.asyncjob\\..*Micro\\.")
                        .mode(Mode.AverageTime)
                        .timeUnit(TimeUnit.NANOSECONDS)
                        .forks(1)
                        .warmupIterations(2)
                        .warmupTime(round)
                        .measurementIterations(options.rounds())
                        .measurementTime(round)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run()) {
            report.fact(
                    result.getPrimaryResult().getLabel(),
                    "%,.0f ns (± %,.0f)",
                    result.getPrimaryResult().getScore(),
                    result.getPrimaryResult().getScoreError());
        }
    }
}
