package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.ServerProcess;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.JavaProcess;
import dev.asyncjob.persistence.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Nodes over one database, each a process of its own, with a client that may do everything. */
final class Cluster implements AutoCloseable {
    /** The name of H2's file, without its suffix. */
    static final String H2_FILE = "jobs";

    /** What the client of the tests may do. */
    static final String SCOPES = "composition:read job:schedule job:work job:admin";

    /** Small enough to be occupied within a second. */
    private static final String HEAP = "-Xmx160m";

    private static final String DATABASE = "postgres";

    private static final int DISK_MEBIBYTES = 320;

    private final List<Node> nodes;
    private final AtomicInteger databasePort;
    private @Nullable PostgresServer postgres;
    private @Nullable SmallDisk disk;
    private ServerProcess.Credentials client;
    private @Nullable JavaProcess embedding;

    private Cluster(List<Node> nodes, Path folder, Map<String, String> settings, AtomicInteger databasePort) {
        this.nodes = nodes;
        this.databasePort = databasePort;
        this.client = ServerProcess.addClient(
                folder, environment(folder, "", settings), "clinic-a", SCOPES.replace(' ', ','));
    }

    /**
     * Starts nodes over a PostgreSQL of their own; the clock of the last one can be set if a library for that exists.
     */
    static Cluster postgres(Path folder, int count, Map<String, String> settings) {
        return postgres(folder, count, settings, null);
    }

    /** Does the same with a database on a small disk, where the user of this process may mount one. */
    static Cluster postgresOnSmallDisk(Path folder, int count, Map<String, String> settings) {
        return postgres(folder, count, settings, SmallDisk.mount(DISK_MEBIBYTES).orElse(null));
    }

    private static Cluster postgres(Path folder, int count, Map<String, String> settings, @Nullable SmallDisk disk) {
        Map<String, String> wrongClock = WrongClock.environment(folder);
        PostgresServer postgres =
                disk == null ? PostgresServer.startDurable() : PostgresServer.startDurable(disk.folder());
        AtomicInteger port = new AtomicInteger(postgres.port());
        List<Node> nodes = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            FaultyLine line = new FaultyLine(port::get);
            Map<String, String> environment = environment(
                    folder,
                    "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(line.port(), DATABASE),
                    settings);
            environment.putAll(i == count ? wrongClock : Map.of());
            nodes.add(new Node("n" + i, folder, environment, line));
        }
        Cluster cluster = new Cluster(nodes, folder, settings, port);
        cluster.postgres = postgres;
        cluster.disk = disk;
        return cluster.start();
    }

    /** Starts a node over a file of H2. */
    static Cluster h2(Path folder, Map<String, String> settings) {
        String url = "jdbc:h2:file:" + folder.resolve(H2_FILE);
        List<Node> nodes = List.of(new Node("n1", folder, environment(folder, url, settings), null));
        return new Cluster(nodes, folder, settings, new AtomicInteger()).start();
    }

    private Cluster start() {
        try {
            CompletableFuture.allOf(nodes.stream()
                            .map(node -> CompletableFuture.runAsync(node::start))
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
            return this;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Map<String, String> environment(Path folder, String url, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_HTTP_REQUESTS_PER_SECOND",
                "0",
                "ASYNCJOB_HTTP_REQUEST_LOG",
                "false",
                "JDK_JAVA_OPTIONS",
                HEAP));
        if (!url.isEmpty()) {
            environment.put("ASYNCJOB_DB_URL", url);
        }
        environment.putAll(settings);
        return environment;
    }

    /** Starts, or starts again, an {@link Embedding} on the same database, which may be slow to accept it. */
    void embed() {
        embedding = Eventually.answer(
                Duration.ofMinutes(2),
                () -> JavaProcess.of(Embedding.class, postgres().url(DATABASE)).start(),
                process -> "ready".equals(process.nextLine()));
    }

    boolean hasEmbedding() {
        return embedding != null;
    }

    JavaProcess embedding() {
        return Objects.requireNonNull(embedding, "nothing was embedded");
    }

    List<Node> nodes() {
        return nodes;
    }

    ServerProcess.Credentials client() {
        return client;
    }

    boolean hasPostgres() {
        return postgres != null;
    }

    PostgresServer postgres() {
        return Objects.requireNonNull(postgres, "not on PostgreSQL");
    }

    boolean hasSmallDisk() {
        return disk != null;
    }

    SmallDisk disk() {
        return Objects.requireNonNull(disk, "the disk is large");
    }

    /** Lets the nodes present another token than the one of the clients file. */
    void useToken(String token) {
        client = new ServerProcess.Credentials(token, client.apiKey());
    }

    /** Leads the lines of the nodes, and everything else, to another database, and forgets the one before. */
    void moveTo(PostgresServer other) {
        postgres().close();
        postgres = other;
        databasePort.set(other.port());
    }

    /** Opens a session of its own, which does not pass a line. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(postgres().url(DATABASE));
    }

    /** Executes statements in one session, each in a transaction of its own. */
    void execute(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Returns the first column of the rows of a query. */
    List<String> query(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> result = new ArrayList<>();
            while (rows.next()) {
                result.add(rows.getString(1));
            }
            return result;
        }
    }

    @Override
    public void close() {
        if (embedding != null) {
            embedding.close();
        }
        nodes.forEach(Node::close);
        if (postgres != null) {
            postgres.close();
        }
        if (disk != null) {
            disk.close();
        }
    }
}
