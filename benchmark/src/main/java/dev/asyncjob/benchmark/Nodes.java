package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** The throughput of two and three nodes on one PostgreSQL, relative to one node: reads of pending jobs, and work. */
final class Nodes implements Closeable {
    private static final int MAX_NODES = 3;

    private final Options options;
    private final Report report;
    private final Postgres postgres;
    private final Deque<Closeable> opened = new ArrayDeque<>();

    Nodes(Options options, Report report, Postgres postgres) {
        this.options = options.sharingWarmUp();
        this.report = report;
        this.postgres = postgres;
    }

    void run() throws Exception {
        if (options.wants("nodes", "read-nodes")) {
            Rounds.run(figures("read", readers(), "requests/s"), options, report);
        }
        if (options.wants("nodes", "run-nodes")) {
            Rounds.run(figures("run", workers(), "jobs/s"), options, report);
        }
    }

    /** @param sides one side per number of nodes, starting with one node */
    private static List<Figure> figures(String name, List<Side> sides, String unit) {
        List<Figure> figures = new ArrayList<>();
        for (int nodes = 2; nodes <= MAX_NODES; nodes++) {
            figures.add(new Figure(name + "-nodes-" + nodes, sides.get(nodes - 1), sides.get(0), unit));
        }
        return figures;
    }

    private List<Side> readers() throws Exception {
        FilledDatabase filled = FilledDatabase.in(postgres.newDatabase(), Reads.JOBS);
        List<Side> loads = new ArrayList<>();
        List<Side> sides = new ArrayList<>();
        for (int nodes = 1; nodes <= MAX_NODES; nodes++) {
            HttpServer server =
                    opened(HttpServer.asyncjob(JavaProcess.sameJava(), options.jar(), filled.url(), Map.of()));
            loads.add(opened(Load.on("node " + nodes, server, "", filled.pending(), Reads.PENDING)));
            sides.add(new ConcurrentSides(nodes + " nodes", List.copyOf(loads)));
        }
        return sides;
    }

    private List<Side> workers() throws Exception {
        String url = postgres.newDatabase();
        List<Side> workers = new ArrayList<>();
        List<Side> sides = new ArrayList<>();
        for (int nodes = 1; nodes <= MAX_NODES; nodes++) {
            workers.add(opened(SideProcess.start("worker " + nodes, WorkProcess.class, "drain", "asyncjob", url)));
            sides.add(new Drained(url, new ConcurrentSides(nodes + " workers", List.copyOf(workers))));
        }
        return sides;
    }

    /** Workers that share the jobs that were inserted before the measurement. */
    private static final class Drained implements Side {
        private static final int FIRST_LOAD = 1000;

        /** All sides share one database; without the lock one side would claim the jobs of another. */
        private static final Object LOCK = new Object();

        private final String url;
        private final Side workers;
        private double rate;

        Drained(String url, Side workers) {
            this.url = url;
            this.workers = workers;
        }

        @Override
        public String name() {
            return workers.name();
        }

        @Override
        public Sample measure(Duration time) throws Exception {
            synchronized (LOCK) {
                Jobs.pending(url, (int) Math.max(FIRST_LOAD, rate * time.toSeconds()), 0);
                Sample sample = workers.measure(time);
                rate = sample.value();
                return sample;
            }
        }
    }

    private <T extends Closeable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }

    @Override
    public void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
