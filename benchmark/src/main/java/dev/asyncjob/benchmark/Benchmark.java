package dev.asyncjob.benchmark;

import java.nio.file.Path;
import java.util.Map;
import java.util.NoSuchElementException;

/** The entry point of {@code benchmark/run}. */
final class Benchmark {
    /** The directory for results, logs and temporary files. */
    static final Path TARGET = Path.of("benchmark", "target").toAbsolutePath();

    private static final Map<String, String> VIRTUAL_THREADS = Map.of("ASYNCJOB_HTTP_VIRTUAL_THREADS", "true");

    private Benchmark() {}

    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException | NoSuchElementException e) {
            System.err.println(e.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        Report report = new Report();
        try (Postgres postgres = Postgres.start()) {
            report.machine(String.join(" ", arguments));
            report.property(postgres.describe());
            try (Reads reads = new Reads(options, report, postgres, JavaProcess.sameJava(), "", Map.of())) {
                reads.run();
            }
            if (options.otherJdk() != null) {
                Path otherJava = options.otherJdk().resolve("bin/java");
                try (Reads reads = new Reads(options, report, postgres, otherJava, "-other-jdk", Map.of())) {
                    reads.run();
                }
                try (Reads reads =
                        new Reads(options, report, postgres, otherJava, "-virtual-threads", VIRTUAL_THREADS)) {
                    reads.run();
                }
            }
            try (Work work = new Work(options, report, postgres)) {
                work.run();
            }
            try (Nodes nodes = new Nodes(options, report, postgres)) {
                nodes.run();
            }
            new StartAndSize(options, report).run();
            new FlatCost(options, report, postgres).run();
            new Churn(options, report, postgres).run();
            new Micros(options, report).run();
        }
    }
}
