package dev.asyncjob.bootstrap.history;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** The faults of a PostgreSQL: its processes, its sessions, its locks and its limits. */
final class DatabaseFaults {
    private static final String OURS = " from pg_stat_activity where application_name = 'asyncjob'";
    private static final String RELOAD = "select pg_reload_conf()";

    private final Cluster cluster;
    private final SplittableRandom dice;

    DatabaseFaults(Cluster cluster, SplittableRandom dice) {
        this.cluster = cluster;
        this.dice = dice;
    }

    void addTo(Map<String, Supplier<Fault>> kinds) {
        processes(kinds);
        sessions(kinds);
        locks(kinds);
        limits(kinds);
    }

    private double oneOf(double... seconds) {
        return seconds[dice.nextInt(seconds.length)];
    }

    private void processes(Map<String, Supplier<Fault>> kinds) {
        kinds.put(
                "database killed",
                () -> Fault.of(
                        "database killed",
                        oneOf(0, 1, 4),
                        () -> cluster.postgres().killFirst(false),
                        () -> cluster.postgres().restart()));
        kinds.put(
                "database ended at once",
                () -> Fault.of(
                        "database ended at once",
                        dice.nextDouble(2),
                        () -> cluster.postgres().killFirst(true),
                        () -> cluster.postgres().restart()));
        kinds.put(
                "database frozen",
                () -> Fault.of(
                        "database frozen",
                        oneOf(2, 5),
                        () -> cluster.postgres().suspend(),
                        () -> cluster.postgres().resume()));
        kinds.put("session killed", () -> Fault.of("session killed", 0.3, this::killSession, this::awaitDatabase));
        kinds.put("sessions frozen", () -> frozen("sessions frozen", 1));
        kinds.put("some sessions frozen", () -> frozen("some sessions frozen", 3));
    }

    private List<String> sessionPids() throws SQLException {
        return cluster.query("select pid" + OURS);
    }

    /** Kills one backend, after which PostgreSQL ends all others and recovers. */
    private void killSession() throws Exception {
        List<String> pids = sessionPids();
        if (!pids.isEmpty()) {
            signal("-KILL", List.of(pids.get(dice.nextInt(pids.size()))));
        }
    }

    private void awaitDatabase() {
        for (int i = 0; i < 400; i++) {
            try {
                cluster.query("select 1");
                return;
            } catch (SQLException recovering) {
                Faults.pause(0.05);
            }
        }
        throw new AssertionError("the database does not recover");
    }

    private static void signal(String signal, List<String> pids) throws Exception {
        List<String> command = new ArrayList<>(List.of("kill", signal));
        command.addAll(pids);
        new ProcessBuilder(command).start().waitFor();
    }

    private Fault frozen(String name, int share) {
        List<String> pids = new ArrayList<>();
        return Fault.of(
                name,
                oneOf(1, 3, 6),
                () -> {
                    List<String> all = new ArrayList<>(sessionPids());
                    Collections.shuffle(all, new Random(dice.nextLong()));
                    pids.addAll(all.subList(0, (all.size() + share - 1) / share));
                    signal("-STOP", pids);
                },
                () -> signal("-CONT", pids));
    }

    private void sessions(Map<String, Supplier<Fault>> kinds) {
        kinds.put(
                "sessions terminated",
                () -> Fault.of("sessions terminated", () -> {
                    for (int i = 0; i < 6; i++) {
                        cluster.execute("select pg_terminate_backend(pid)" + OURS + " and random() < 0.5");
                        Faults.pause(dice.nextDouble(0.8));
                    }
                }));
        kinds.put(
                "statements cancelled",
                () -> Fault.of("statements cancelled", () -> {
                    for (int i = 0; i < 25; i++) {
                        cluster.execute("select pg_cancel_backend(pid)" + OURS + " and state = 'active'");
                        Faults.pause(0.1);
                    }
                }));
        kinds.put(
                "idle sessions ended",
                () -> Fault.of(
                        "idle sessions ended",
                        3,
                        () -> cluster.execute("alter system set idle_session_timeout = '200ms'", RELOAD),
                        () -> cluster.execute(
                                "set idle_session_timeout = 0", "alter system reset idle_session_timeout", RELOAD)));
        kinds.put(
                "read-only",
                () -> Fault.of(
                        "read-only",
                        3,
                        () -> cluster.execute("alter system set default_transaction_read_only = on", RELOAD),
                        () -> cluster.execute(
                                "set session characteristics as transaction read write",
                                "alter system reset default_transaction_read_only",
                                RELOAD)));
    }

    private void locks(Map<String, Supplier<Fault>> kinds) {
        kinds.put(
                "rows locked",
                () -> holding(
                        "rows locked",
                        6,
                        "select job_id from asyncjob.work where job_id in"
                                + " (select job_id from asyncjob.work order by available_at limit 30) for update",
                        "select id from asyncjob.job where id in"
                                + " (select id from asyncjob.job order by created_at desc limit 30) for update"));
        kinds.put(
                "table locked", () -> holding("table locked", 4, "lock table asyncjob.work in access exclusive mode"));
        kinds.put(
                "vacuum full",
                () -> Fault.of("vacuum full", () -> attempt("vacuum full asyncjob.work", "vacuum full asyncjob.job")));
        kinds.put(
                "reindex",
                () -> Fault.of(
                        "reindex",
                        () -> attempt(
                                "reindex table asyncjob.work",
                                "reindex table asyncjob.job",
                                "reindex table concurrently asyncjob.work",
                                "reindex table concurrently asyncjob.job")));
    }

    /** Executes statements that may lose a deadlock. */
    private void attempt(String... statements) {
        for (String statement : statements) {
            try {
                cluster.execute(statement);
            } catch (SQLException e) {
                System.out.println(statement + ": " + e.getMessage());
            }
        }
    }

    /** Holds the locks of statements in a transaction of a session of its own. */
    private Fault holding(String name, double seconds, String... statements) {
        List<Connection> held = new ArrayList<>();
        return Fault.of(
                name,
                seconds,
                () -> {
                    Connection connection = cluster.connect();
                    held.add(connection);
                    connection.setAutoCommit(false);
                    try (Statement statement = connection.createStatement()) {
                        for (String sql : statements) {
                            statement.execute(sql);
                        }
                    } catch (SQLException deadlock) {
                        System.out.println(name + ": " + deadlock.getMessage());
                    }
                },
                () -> {
                    for (Connection connection : held) {
                        connection.close();
                    }
                });
    }

    private void limits(Map<String, Supplier<Fault>> kinds) {
        kinds.put("queue of notifications full", this::fullQueue);
        if (cluster.hasSmallDisk()) {
            kinds.put(
                    "database disk full",
                    () -> Fault.of(
                            "database disk full",
                            oneOf(2, 5),
                            () -> cluster.disk().fill(),
                            this::makeRoom));
        }
        kinds.put("too many clients", () -> {
            List<Connection> crowd = new ArrayList<>();
            return Fault.of("too many clients", 4, () -> crowd(crowd), () -> {
                for (Connection connection : crowd) {
                    connection.close();
                }
            });
        });
    }

    /** Lets no more notifications into the queue: a listening session that is in a transaction keeps all of them. */
    private Fault fullQueue() {
        List<Connection> listeners = new ArrayList<>();
        return Fault.of(
                "queue of notifications full",
                4,
                () -> {
                    Connection listener = cluster.connect();
                    listeners.add(listener);
                    try (Statement statement = listener.createStatement()) {
                        statement.execute("listen nothing");
                        listener.setAutoCommit(false);
                        statement.execute("select 1");
                    }
                    try {
                        while (true) {
                            cluster.execute("select pg_notify('filler', repeat('x', 7000) || g || random())"
                                    + " from generate_series(1, 10) g");
                        }
                    } catch (SQLException full) {
                        System.out.println("queue of notifications: " + full.getMessage());
                    }
                },
                () -> {
                    for (Connection listener : listeners) {
                        listener.close();
                    }
                    cluster.execute("select pg_notification_queue_usage()"); // it notices that the queue can be cut
                });
    }

    private void makeRoom() throws Exception {
        cluster.disk().makeRoom();
        if (!cluster.postgres().isRunning()) {
            cluster.postgres().stop();
            cluster.postgres().restart();
        }
        awaitDatabase();
    }

    /** Takes all connections of the database, also those of the nodes. */
    private void crowd(List<Connection> crowd) throws SQLException {
        Connection first = cluster.connect();
        crowd.add(first);
        try (Statement statement = first.createStatement()) {
            for (int i = 0; i < 3; i++) {
                statement.execute("select pg_terminate_backend(pid)" + OURS);
                fill(crowd);
            }
        }
    }

    private void fill(List<Connection> crowd) {
        try {
            while (true) {
                crowd.add(cluster.connect());
            }
        } catch (SQLException full) { // as wanted
        }
    }
}
