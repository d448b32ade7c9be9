package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.FaultyLine.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The faults of a cluster, by name; each call makes one at random places and times.
 *
 * <p>Of nodes: killed, stopped, frozen, stuttering, without memory, a wrong clock; of the lines to clients and to the
 * database: silent, stale, slow, refused, reset, half closed, cut at a commit. {@link DatabaseFaults} has those of
 * PostgreSQL.
 */
final class Faults {
    private final Cluster cluster;
    private final Path folder;
    private final SplittableRandom dice;
    private final Map<String, Supplier<Fault>> kinds = new LinkedHashMap<>();

    Faults(Cluster cluster, Path folder, SplittableRandom dice) {
        this.cluster = cluster;
        this.folder = folder;
        this.dice = dice;
        ofNodes();
        ofClients();
        if (cluster.hasPostgres()) {
            ofLines();
            new DatabaseFaults(cluster, dice).addTo(kinds);
            if (cluster.hasEmbedding()) {
                ofEmbedding();
            }
            if (WrongClock.isIn(folder)) {
                add("wrong clock", this::wrongClock);
            }
            add("several at once", this::several);
        } else {
            add("disk full", this::diskFull);
            add("node killed while the disk is full", this::killedWhileFull);
        }
    }

    /** Returns the names of all kinds. */
    List<String> names() {
        return List.copyOf(kinds.keySet());
    }

    /** Makes one of a kind. */
    Fault make(String name) {
        Supplier<Fault> maker = kinds.get(name);
        if (maker == null) {
            throw new IllegalArgumentException(name + " is none of " + names());
        }
        return maker.get();
    }

    private void add(String name, Supplier<Fault> maker) {
        kinds.put(name, maker);
    }

    static void pause(double seconds) {
        LockSupport.parkNanos((long) (seconds * 1e9));
    }

    private Node anyNode() {
        return cluster.nodes().get(dice.nextInt(cluster.nodes().size()));
    }

    private double oneOf(double... seconds) {
        return seconds[dice.nextInt(seconds.length)];
    }

    private void ofNodes() {
        add("node killed", () -> {
            Node node = anyNode();
            return Fault.of(
                            "node killed",
                            dice.nextDouble(2),
                            () -> node.process().kill(),
                            node::start)
                    .at(node, true);
        });
        add("node stopped", () -> {
            Node node = anyNode();
            return Fault.of(
                            "node stopped",
                            dice.nextDouble(1),
                            () -> node.process().stop(),
                            node::start)
                    .at(node, true);
        });
        add("node frozen", () -> {
            Node node = anyNode();
            return Fault.of(
                            "node frozen",
                            oneOf(3, 5),
                            () -> node.process().suspend(),
                            () -> node.process().resume())
                    .at(node, true);
        });
        add("node stutters", () -> {
            Node node = anyNode();
            return Fault.of("node stutters", () -> stutter(node)).at(node, true);
        });
    }

    private void stutter(Node node) {
        for (int i = 0; i < 10; i++) {
            node.process().suspend();
            pause(dice.nextDouble(0.4));
            node.process().resume();
            pause(dice.nextDouble(0.2));
        }
    }

    /**
     * The memory of a node is exhausted for some seconds, after which it is killed and started again, as those who
     * watch it do. No kind of its own: what a JVM answers meanwhile is up to chance.
     */
    Fault heapExhausted() {
        Node node = anyNode();
        int seconds = dice.nextInt(2, 5);
        return Fault.of(
                        "heap exhausted",
                        seconds,
                        () -> HeapFiller.occupy(node.process().pid(), seconds, folder),
                        node::recover)
                .at(node, true);
    }

    private void ofEmbedding() {
        add(
                "embedded worker frozen",
                () -> Fault.of(
                        "embedded worker frozen",
                        4,
                        () -> cluster.embedding().suspend(),
                        () -> cluster.embedding().resume()));
        add(
                "embedded worker killed",
                () -> Fault.of(
                        "embedded worker killed", 0, () -> cluster.embedding().close(), cluster::embed));
    }

    private void ofClients() {
        add("answers to clients cut", () -> onClients("answers to clients cut", Mode.CUT_ANSWER));
        add("answers to clients halved", () -> onClients("answers to clients halved", Mode.HALVE_ANSWER));
        add("clients silent", () -> {
            Node node = anyNode();
            return Fault.of("clients silent", 3, () -> node.clients().set(Mode.SILENT, 1, Duration.ZERO), () -> {
                        node.clients().resetOpen();
                        node.clients().pass();
                    })
                    .at(node, false);
        });
    }

    private Fault onClients(String name, Mode mode) {
        return Fault.of(
                name,
                5,
                () -> cluster.nodes().forEach(node -> node.clients().set(mode, 0.3, Duration.ZERO)),
                () -> cluster.nodes().forEach(node -> node.clients().pass()));
    }

    private void ofLines() {
        add("database silent", () -> onLines("database silent", dice.nextInt(5) < 3, oneOf(2, 6), Mode.SILENT, 1, 0));
        add("database slow", () -> onLines("database slow", true, 5, Mode.DELAY, 1, oneOf(0.05, 0.4, 1.2)));
        add("database refuses", () -> onLines("database refuses", true, 4, Mode.REFUSE, 1, 0));
        add("commits cut", () -> onLines("commits cut", false, 5, Mode.CUT_COMMIT, 0.15, 0));
        add("commits held", () -> onLines("commits held", false, 6, Mode.HOLD_COMMIT, 0.1, oneOf(1, 2.3, 3.5)));
        add("answers cut", () -> onLines("answers cut", false, 5, Mode.CUT_ANSWER, 0.03, 0));
        add("lines reset", () -> onOpen("lines reset", true, FaultyLine::resetOpen));
        add("lines stale", () -> onOpen("lines stale", false, FaultyLine::silenceOpen));
        add(
                "lines half closed by the database",
                () -> onOpen("lines half closed by the database", false, line -> line.halfClose(false)));
        add(
                "lines half closed by the node",
                () -> onOpen("lines half closed by the node", false, line -> line.halfClose(true)));
    }

    private Fault onLines(String name, boolean one, double seconds, Mode mode, double share, double delay) {
        List<Node> nodes = one ? List.of(anyNode()) : cluster.nodes();
        Duration time = Duration.ofMillis((long) (delay * 1000));
        Fault fault = Fault.of(
                name,
                seconds,
                () -> nodes.forEach(node -> node.database().set(mode, share, time)),
                () -> nodes.forEach(node -> node.database().pass()));
        return one ? fault.at(nodes.get(0), false) : fault;
    }

    private Fault onOpen(String name, boolean all, Consumer<FaultyLine> stroke) {
        List<Node> nodes = all ? cluster.nodes() : List.of(anyNode());
        return Fault.of(name, all ? 0.5 : 3, () -> nodes.forEach(node -> stroke.accept(node.database())), () -> {});
    }

    /** Sets the clock of the last node, also behind the end of the clients' secrets. */
    private Fault wrongClock() {
        Node node = cluster.nodes().get(cluster.nodes().size() - 1);
        return Fault.of("wrong clock", () -> {
                    for (double days : new double[] {1 / 24.0, -400, 3650, -1 / 24.0, 0}) {
                        WrongClock.set(folder, days * 86_400);
                        pause(days == 0 ? 0 : 1.5);
                    }
                })
                .at(node, false);
    }

    private Fault several() {
        Node frozen = anyNode();
        return Fault.of(
                        "several at once",
                        1,
                        () -> {
                            cluster.nodes().forEach(node -> node.database().set(Mode.DELAY, 1, Duration.ofMillis(200)));
                            frozen.database().set(Mode.CUT_COMMIT, 0.3, Duration.ZERO);
                            frozen.process().suspend();
                            pause(1);
                            cluster.postgres().killFirst(false);
                        },
                        () -> {
                            frozen.process().resume();
                            cluster.postgres().restart();
                            pause(1);
                            cluster.nodes().forEach(node -> node.database().pass());
                        })
                .at(frozen, true);
    }

    /** Lets no file of the only node get larger than its database is, as if the disk were full. */
    private Fault diskFull() {
        return Fault.of("disk full", oneOf(2, 5), this::limitFiles, () -> limitFiles("unlimited"));
    }

    private Fault killedWhileFull() {
        Node node = anyNode();
        return Fault.of(
                        "node killed while the disk is full",
                        0.5,
                        () -> {
                            limitFiles();
                            pause(1 + dice.nextDouble(2));
                            node.process().kill();
                        },
                        node::start)
                .at(node, true);
    }

    private void limitFiles() throws Exception {
        limitFiles(Long.toString(Files.size(folder.resolve(Cluster.H2_FILE + ".mv.db"))));
    }

    private void limitFiles(String bytes) throws Exception {
        long pid = cluster.nodes().get(0).process().pid();
        Process limit = new ProcessBuilder("prlimit", "--pid", Long.toString(pid), "--fsize=" + bytes + ":unlimited")
                .inheritIO()
                .start();
        if (limit.waitFor() != 0) {
            throw new AssertionError("prlimit failed");
        }
    }
}
