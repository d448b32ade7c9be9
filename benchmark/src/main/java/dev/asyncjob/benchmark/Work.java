package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;

/** The throughput of scheduling and running jobs, relative to other libraries on the same database and to plain SQL. */
final class Work implements Closeable {
    private final Options options;
    private final Report report;
    private final Postgres postgres;
    private final Deque<Closeable> opened = new ArrayDeque<>();

    Work(Options options, Report report, Postgres postgres) {
        this.options = options;
        this.report = report;
        this.postgres = postgres;
    }

    void run() throws Exception {
        pickUps(); // first, while the machine is idle
        Systems onPostgres = new Systems("");
        Systems onH2 = new Systems("-h2");
        Lazy<Side> schedule = side("schedule", "asyncjob");
        List<Figure> figures = new ArrayList<>();
        add(figures, "run-vs-db-scheduler", onPostgres.ours, onPostgres.dbScheduler);
        add(figures, "run-vs-jobrunr", onPostgres.ours, onPostgres.jobRunr);
        add(figures, "run-vs-sql-limit", onPostgres.ours, lazy(this::sqlLimit));
        add(figures, "run-vs-db-scheduler-h2", onH2.ours, onH2.dbScheduler);
        add(figures, "run-vs-jobrunr-h2", onH2.ours, onH2.jobRunr);
        add(figures, "schedule-vs-db-scheduler", schedule, side("schedule", "db-scheduler"));
        add(figures, "schedule-vs-jobrunr", schedule, side("schedule", "jobrunr"));
        add(figures, "schedule-batch-vs-db-scheduler", side("batch", "asyncjob"), side("batch", "db-scheduler"));
        Rounds.run(figures, options, report);
    }

    private void pickUps() throws Exception {
        if (!options.wants("work", "pick-up")) {
            return;
        }
        List<Lazy<Side>> systems = List.of(
                side("pick-up", "asyncjob"),
                side("pick-up", "db-scheduler"),
                side("pick-up", "db-scheduler-default"),
                side("pick-up", "jobrunr"),
                side("pick-up", "jobrunr-default"));
        List<Side> sides = new ArrayList<>();
        for (Lazy<Side> system : systems) {
            sides.add(system.get());
        }
        Rounds.warmUp(sides, options, report); // concurrently, since these sides mostly wait
        for (Side side : sides) {
            Sample sample =
                    side.measure(Duration.ofMillis(100L * options.pickUps())).orThrow();
            report.fact("pick-up " + side.name().replace(", pick-up", ""), "%s", sample.detail());
        }
        for (Lazy<Side> system : systems) {
            system.close();
        }
    }

    /** The systems that run jobs on one type of database; each has a database of its own. */
    private final class Systems {
        final Lazy<Side> ours;
        final Lazy<Side> dbScheduler;
        final Lazy<Side> jobRunr;

        Systems(String suffix) {
            ours = side("run" + suffix, "asyncjob");
            dbScheduler = side("run" + suffix, "db-scheduler");
            jobRunr = side("run" + suffix, "jobrunr");
        }
    }

    private void add(List<Figure> figures, String name, Lazy<Side> a, Lazy<Side> b) throws Exception {
        if (options.wants("work", name)) {
            figures.add(new Figure(name, a.get(), b.get(), "jobs/s"));
        }
    }

    /** Returns one measurement of one system, in a separate process with a database of its own. */
    private Lazy<Side> side(String measurement, String system) {
        return lazy(() -> start(measurement, system));
    }

    private SideProcess start(String measurement, String system) throws Exception {
        String url = measurement.endsWith("-h2") ? Jobs.newH2File() : postgres.newDatabase();
        return SideProcess.start(
                system + ", " + measurement, WorkProcess.class, measurement.replace("-h2", ""), system, url);
    }

    private Side sqlLimit() throws Exception {
        return SideProcess.start("SQL in batches of 200", SqlLimit.class, postgres.newDatabase());
    }

    private Lazy<Side> lazy(Callable<Side> factory) {
        Lazy<Side> lazy = new Lazy<>(factory);
        opened.push(lazy);
        return lazy;
    }

    @Override
    public void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
