package dev.asyncjob.bootstrap;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.DataSourceSettings;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.persistence.PostgresServer;
import dev.asyncjob.persistence.TableNames;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** The server behind a real PgBouncer, the program {@code pgbouncer}. */
@Tag("soak")
class PgBouncerIT {
    private static final String SCOPES = "composition:read,job:schedule,job:work";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A name that PostgreSQL does not know, unlike Java. */
    private static final String UNKNOWN_ZONE = "-Duser.timezone=IST";

    private static final int SESSIONS = 3;

    private static final String STATE = """
            select string_agg(name || '=' || current_setting(name), ', ') from (values ('search_path'), ('role'),
                ('statement_timeout'), ('lock_timeout'), ('idle_in_transaction_session_timeout'), ('enable_seqscan'),
                ('plan_cache_mode'), ('default_transaction_isolation')) as settings (name)
            """;

    @TempDir
    private Path folder;

    /** A PgBouncer with a few sessions. */
    private record Bouncer(Process process, int port) implements AutoCloseable {
        static Bouncer start(Path folder, String mode, int sessions) throws IOException {
            int port;
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            Path config = Files.createTempFile(folder, "pgbouncer", ".ini");
            Files.writeString(config, """
                    [databases]
                    * = host=127.0.0.1 port=%d user=postgres
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = %s
                    default_pool_size = %d
                    """.formatted(PostgresServer.shared().port(), port, mode, sessions));
            // It does not run as root, and the user that it runs as must be able to read its file.
            Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            List<String> command = new ArrayList<>(List.of("pgbouncer", "-q", config.toString()));
            if (System.getProperty("user.name").equals("root")) {
                command.addAll(0, List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
            }
            Process process = new ProcessBuilder(command).inheritIO().start();
            Eventually.answer(PATIENCE, () -> accepts(port), accepts -> accepts);
            return new Bouncer(process, port);
        }

        private static boolean accepts(int port) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        }

        /** Returns the URL of a database behind it. */
        String url(String direct) {
            return direct.replaceFirst(":\\d+/", ":" + port + "/");
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().orTimeout(30, SECONDS).join();
        }
    }

    private Map<String, String> environment(String url, String pooler) {
        return Map.of(
                "ASYNCJOB_DB_URL",
                url,
                "ASYNCJOB_DB_POOLER",
                pooler,
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString());
    }

    @Test
    void in_transaction_mode_the_server_works_and_leaves_nothing_to_the_next_client() throws Exception {
        String direct = PostgresServer.shared().newDatabase();
        try (Bouncer bouncer = Bouncer.start(folder, "transaction", SESSIONS)) {
            Map<String, String> environment = environment(bouncer.url(direct), "transaction");
            ServerProcess.Credentials client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
            try (ServerProcess server = ServerProcess.start(folder, List.of(UNKNOWN_ZONE), "serve", environment)) {
                for (int i = 0; i < 20; i++) {
                    HttpResponse<String> answer =
                            server.as(client, "POST", "/jobs", "{\"kind\":\"a.b\",\"links\":[{\"entity\":\"a\"}]}");
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
                }
                HttpResponse<String> claim =
                        server.as(client, "POST", "/jobs/claims", "{\"kinds\":[\"a.b\"],\"max\":20,\"worker\":\"w\"}");
                assertThat(claim.body().split("\"token\"", -1)).hasSize(21);
            }
            assertThat(states(bouncer.url(direct), SESSIONS))
                    .containsOnly(states(direct, 1).get(0));
            assertThat(doctor(environment)).contains("ok       schema").doesNotContain("notifications", "fault ");
            assertThat(doctor(environment(bouncer.url(direct), "none")))
                    .contains("fault    database")
                    .contains("set db.pooler=transaction");
        }
    }

    @Test
    void stores_over_pools_of_applications_work_in_transaction_mode_and_listen_beside_it() throws Exception {
        String direct = PostgresServer.shared().newDatabase();
        try (Bouncer bouncer = Bouncer.start(folder, "transaction", SESSIONS)) {
            DataSourceSettings settings = DataSourceSettings.of(source(bouncer.url(direct) + "&prepareThreshold=0"))
                    .withListening(source(direct))
                    .withTables(new TableNames("app", "jobs_"));
            String before = states(direct, 1).get(0);
            BlockingQueue<JobKind> heard = new LinkedBlockingQueue<>();
            try (JobDatabase one = JobDatabase.over(settings, WorkPolicy.defaults());
                    JobDatabase other = JobDatabase.over(settings.withMigrate(false), WorkPolicy.defaults())) {
                other.signals().subscribe(new JobSignals.Listener() {
                    @Override
                    public void workAvailable(JobKind kind) {
                        heard.add(kind);
                    }
                });
                one.store().schedule(Jobs.newJob(), Jobs.EXPECTED);

                assertThat(heard.poll(20, SECONDS)).isEqualTo(Jobs.KIND);
                assertThat(other.store().claim(Jobs.claim(1, Jobs.KIND))).hasSize(1);
            }
            assertThat(states(bouncer.url(direct), SESSIONS)).containsOnly(before);
        }
    }

    private static DataSource source(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        return source;
    }

    private String doctor(Map<String, String> environment) {
        return ServerProcess.run(folder, environment, "doctor").output();
    }

    @Test
    void in_session_mode_an_unknown_time_zone_does_not_stop_the_start() throws Exception {
        String direct = PostgresServer.shared().newDatabase();
        try (Bouncer bouncer = Bouncer.start(folder, "session", 30)) {
            Map<String, String> environment = environment(bouncer.url(direct), "none");
            ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
            try (ServerProcess server = ServerProcess.start(folder, List.of(UNKNOWN_ZONE), "serve", environment)) {
                assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void statement_mode_is_refused_and_named() throws Exception {
        String direct = PostgresServer.shared().newDatabase();
        try (Bouncer bouncer = Bouncer.start(folder, "statement", SESSIONS)) {
            for (String pooler : List.of("none", "transaction")) {
                ServerProcess.Ended ended =
                        ServerProcess.run(folder, environment(bouncer.url(direct), pooler), "migrate");
                assertThat(ended.exitCode()).isEqualTo(1);
                assertThat(ended.errors()).contains("pool_mode = statement", "is not supported");
            }
        }
    }

    /** Returns the state of as many sessions, which are all that a pooler has. */
    private static List<String> states(String url, int sessions) throws SQLException {
        List<Connection> open = new ArrayList<>();
        List<String> states = new ArrayList<>();
        try {
            for (int i = 0; i < sessions; i++) {
                Connection connection = DriverManager.getConnection(url + "&prepareThreshold=0");
                open.add(connection);
                connection.setAutoCommit(false); // the pooler gives each a session of its own
                try (Statement statement = connection.createStatement();
                        ResultSet rs = statement.executeQuery(STATE)) {
                    rs.next();
                    states.add(rs.getString(1));
                }
            }
        } finally {
            for (Connection connection : open) {
                connection.close();
            }
        }
        return states;
    }
}
