package dev.asyncjob.benchmark;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * The start time and the idle memory of a server, relative to Spring Boot with similar endpoints and to JobRunr with
 * its dashboard; all on H2 in memory.
 */
final class StartAndSize {
    private static final Path SPRING = Path.of("benchmark", "spring-peer", "target", "spring-peer.jar");

    /** The time for work that follows the start. */
    private static final Duration SETTLED = Duration.ofSeconds(3);

    private final Options options;
    private final Report report;

    StartAndSize(Options options, Report report) {
        this.options = options;
        this.report = report;
    }

    void run() throws Exception {
        if (!options.wants("start", "start-vs-spring")) {
            return;
        }
        if (!Files.exists(SPRING)) {
            report.fact("start-vs-spring", "n/a: %s does not exist", SPRING);
            return;
        }
        Start ours = new Start("asyncjob sandbox", "asyncjob ready", this::asyncjob);
        Start spring = new Start("Spring Boot", "ready", StartAndSize::spring);
        Start jobRunr = new Start("JobRunr dashboard", "ready", StartAndSize::jobRunr);
        Rounds.run(
                List.of(
                        new Figure("start-vs-spring", ours, spring, "ms"),
                        new Figure("start-vs-jobrunr", ours, jobRunr, "ms"),
                        new Figure("memory-vs-spring", new Memory(ours), new Memory(spring), "MB"),
                        new Figure("memory-vs-jobrunr", new Memory(ours), new Memory(jobRunr), "MB")),
                options.withoutWarmUp(),
                report);
        report.fact("jar", "asyncjob %.1f MB, Spring Boot %.1f MB", megabytes(options.jar()), megabytes(SPRING));
    }

    private JavaProcess asyncjob() throws IOException {
        Map<String, String> anyPort = Map.of("ASYNCJOB_HTTP_PORT", "0", "ASYNCJOB_MANAGEMENT_PORT", "0");
        return JavaProcess.jar(JavaProcess.sameJava(), options.jar(), anyPort, "sandbox");
    }

    private static JavaProcess spring() throws IOException {
        Map<String, String> settings = Map.of("SERVER_PORT", "0", "SPRING_DATASOURCE_URL", "jdbc:h2:mem:peer");
        return JavaProcess.jar(JavaProcess.sameJava(), SPRING, settings);
    }

    private static JavaProcess jobRunr() throws IOException {
        return JavaProcess.main(JavaProcess.sameJava(), JobRunrDashboard.class, List.of(), freePort());
    }

    private static String freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return Integer.toString(free.getLocalPort());
        }
    }

    /** Measures the milliseconds from the command to the ready line. */
    private record Start(String name, String ready, Callable<JavaProcess> command) implements Side {
        @Override
        public Sample measure(Duration time) throws Exception {
            long start = System.nanoTime();
            try (JavaProcess process = command.call()) {
                process.await(ready);
                double millis = (System.nanoTime() - start) / 1e6;
                return new Sample(millis, 0, "ms");
            }
        }
    }

    /** Measures the resident memory after the start, in MB. */
    private record Memory(Start server) implements Side {
        @Override
        public String name() {
            return server.name() + ", idle";
        }

        @Override
        public Sample measure(Duration time) throws Exception {
            try (JavaProcess process = server.command().call()) {
                process.await(server.ready());
                LockSupport.parkNanos(SETTLED.toNanos());
                return new Sample(process.residentMb(), 0, "MB");
            }
        }
    }

    private static double megabytes(Path file) throws IOException {
        return Files.size(file) / 1e6;
    }
}
