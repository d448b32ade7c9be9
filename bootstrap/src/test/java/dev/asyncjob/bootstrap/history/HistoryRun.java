package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Makes one history: load on a cluster, faults one after the other, a quiet phase in which all jobs end, and a last
 * read of each job on each node. The history is in a file when it is judged.
 */
final class HistoryRun {
    private static final int QUIET_SECONDS = 90;

    private final Cluster cluster;
    private final History history;
    private final Load load;
    private final Faults faults;
    private final SplittableRandom dice;
    private final String name;
    private final long seed;

    HistoryRun(Cluster cluster, Path folder, String name, long seed, long retentionMillis) {
        this.cluster = cluster;
        this.name = name;
        this.seed = seed;
        history = History.begin(retentionMillis);
        dice = new SplittableRandom(seed);
        load = new Load(cluster, history, seed);
        faults = new Faults(cluster, folder, dice);
    }

    Faults faults() {
        return faults;
    }

    /** Runs load with faults of these kinds, in this order, each for half its time, and judges. */
    Verdict with(List<String> kinds) {
        load.start();
        Faults.pause(1.5);
        kinds.forEach(kind -> strike(kind, 0.5, 0.5));
        return finish();
    }

    /** Runs load with faults of these kinds, in random orders, until there were so many of both, and judges. */
    Verdict until(int wantedFaults, int wantedOperations, List<String> kinds) {
        load.start();
        Faults.pause(2);
        List<String> bag = new ArrayList<>();
        for (int struck = 0; struck < wantedFaults || history.size() < wantedOperations; struck++) {
            if (bag.isEmpty()) {
                bag.addAll(kinds);
                Collections.shuffle(bag, new Random(dice.nextLong()));
            }
            strike(bag.remove(bag.size() - 1), 1, 1 + dice.nextDouble(2));
        }
        return finish();
    }

    /** Runs load with these faults, and judges. */
    Verdict with(Fault... some) {
        load.start();
        for (Fault fault : some) {
            Faults.pause(3);
            strike(fault, 1, 2);
        }
        return finish();
    }

    private void strike(String kind, double share, double calm) {
        strike(faults.make(kind), share, calm);
    }

    private void strike(Fault fault, double share, double calm) {
        String kind = fault.name();
        long began = history.now();
        System.out.println(name + " " + began / 1_000_000 + " s: " + kind + " " + fault.node());
        step(kind + " begins", fault.begin());
        Faults.pause(share * fault.lasting().toMillis() / 1e3);
        step(kind + " ends", fault.end());
        long ended = history.now();
        Map<String, String> away = fault.away() ? Map.of(Event.AWAY, "true") : Map.of();
        history.add(new Event(Kind.FAULT, fault.node(), fault.name(), null, 0, began, ended, null, away));
        Faults.pause(calm);
        for (Node node : cluster.nodes()) {
            if (!node.process().isRunning()) {
                load.broken(node.name(), new AssertionError("ended by itself after " + kind));
                node.start();
            }
        }
    }

    private void step(String what, Fault.Step step) {
        try {
            step.take();
        } catch (Exception | AssertionError e) {
            load.broken(what, e);
        }
    }

    private Verdict finish() {
        if (cluster.hasEmbedding()) {
            step("embedding ends", () -> cluster.embedding().writeLine(""));
        }
        if (!load.drain(QUIET_SECONDS)) {
            System.out.println(name + ": jobs are pending after " + QUIET_SECONDS + " s");
        }
        load.stop();
        load.readAll();
        if (cluster.hasPostgres() && history.head().retention() > 1_000_000) { // else its rows may be there no more
            check("select link_entities[1] from asyncjob.job where kind = '" + Load.KIND
                    + "' group by 1 having count(*) > 1");
            if (cluster.hasEmbedding()) {
                check(Embedding.ODD_ONES);
                check("select id::text from asyncjob.job where kind = '" + Embedding.KIND + "' and status = 'PENDING'");
            }
            check("select coalesce(w.job_id, j.id)::text from asyncjob.work w full join asyncjob.job j"
                    + " on j.id = w.job_id where (j.status = 'PENDING') is distinct from (w.job_id is not null)");
        }
        Path file = history.write(Path.of("target", "history", name + ".jsonl"));
        Verdict verdict = Verdict.of(history);
        System.out.println("%s -Dhistory.seed=%d, in %s%n%s".formatted(name, seed, file, verdict));
        return verdict;
    }

    /** Notes the rows of a query that must have none soon: jobs under one key, and jobs whose tables disagree. */
    private void check(String query) {
        try {
            List<String> rows = cluster.query(query);
            for (int i = 0; i < QUIET_SECONDS && !rows.isEmpty(); i++) {
                Faults.pause(0.5);
                rows = cluster.query(query);
            }
            if (!rows.isEmpty()) {
                load.broken(query, new AssertionError(rows.toString()));
            }
        } catch (SQLException e) {
            load.broken(query, e);
        }
    }
}
