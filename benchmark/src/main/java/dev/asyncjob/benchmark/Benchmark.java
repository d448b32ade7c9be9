package dev.asyncjob.benchmark;

import java.nio.file.Path;

/** The way in: {@code benchmark/run}. */
final class Benchmark {
    /** Where everything is kept that need not be. */
    static final Path TARGET = Path.of("benchmark", "target").toAbsolutePath();

    private Benchmark() {}

    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException | java.util.NoSuchElementException e) {
            System.err.println(e.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        Report report = new Report();
        try (Postgres postgres = Postgres.start()) {
            report.machine(String.join(" ", arguments));
            report.circumstance(postgres.describe());
            try (Reads reads = new Reads(options, report, postgres, JavaProcess.sameJava(), "")) {
                reads.run();
            }
        }
    }
}
