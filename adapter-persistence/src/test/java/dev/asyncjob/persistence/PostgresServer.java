package dev.asyncjob.persistence;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A PostgreSQL server for tests, in processes of its own. All tests of a JVM share one; a test that stops or kills its
 * server starts another.
 */
public final class PostgresServer implements AutoCloseable {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path data;
    private final boolean durable;
    private final int port;
    private EmbeddedPostgres server;

    private PostgresServer(Path data, boolean durable) {
        this.data = data;
        this.durable = durable;
        this.server = start(data, 0, durable);
        this.port = server.getPort();
    }

    /** Starts the shared server at its first use and stops it at the end of the JVM. */
    private static final class Shared {
        static final PostgresServer SERVER = start();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close));
        }
    }

    /** Returns the shared server; do not close it. */
    public static PostgresServer shared() {
        return Shared.SERVER;
    }

    /** Starts another server. */
    public static PostgresServer start() {
        return start(false);
    }

    private static PostgresServer start(boolean durable) {
        try {
            return new PostgresServer(Files.createTempDirectory("asyncjob-pg"), durable);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts another server that keeps what it has committed when it is killed, as PostgreSQL does by default. */
    public static PostgresServer startDurable() {
        return start(true);
    }

    /** Does the same in a folder, which must be empty and only its owner's. */
    public static PostgresServer startDurable(Path folder) {
        return new PostgresServer(folder, true);
    }

    /**
     * Starts a standby of it: a copy that follows its changes and lets its sessions read only, until it is promoted.
     *
     * @param primaryPort where the standby reaches this server
     */
    public PostgresServer startStandby(int primaryPort) {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            Path copy = Files.createTempDirectory("asyncjob-pg");
            statement.execute("select pg_backup_start('standby', true)");
            copy(data, copy);
            try (ResultSet backup = statement.executeQuery("select labelfile from pg_backup_stop()")) {
                backup.next();
                Files.writeString(copy.resolve("backup_label"), backup.getString(1));
            }
            Files.writeString(
                    copy.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'\n".formatted(primaryPort),
                    StandardOpenOption.APPEND);
            Files.createFile(copy.resolve("standby.signal"));
            return new PostgresServer(copy, true);
        } catch (SQLException | IOException e) {
            throw new AssertionError("no standby", e);
        }
    }

    /** Copies files that change meanwhile, except those of a running server. */
    private static void copy(Path from, Path to) throws IOException {
        List<Path> paths;
        try (Stream<Path> all = Files.walk(from)) {
            paths = all.toList();
        }
        for (Path path : paths) {
            Path copy = to.resolve(from.relativize(path).toString());
            if (Files.isDirectory(path)) {
                if (!path.equals(from)) {
                    Files.createDirectory(copy, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
                }
            } else if (!path.endsWith("postmaster.pid") && !path.endsWith("epg-lock")) {
                try {
                    Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException gone) { // the log says why
                }
            }
        }
    }

    /** Lets a standby accept changes, and waits until it does. */
    public void promote() {
        execute("select pg_promote()");
    }

    private static EmbeddedPostgres start(Path data, int port, boolean durable) {
        String safety = durable ? "on" : "off";
        try {
            return EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setPort(port)
                    .setServerConfig("synchronous_commit", safety)
                    .setServerConfig("full_page_writes", safety)
                    .setServerConfig("max_connections", "150")
                    .setServerConfig("max_notify_queue_pages", durable ? "64" : "1048576")
                    .setServerConfig("max_wal_size", durable ? "96MB" : "1GB")
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates an empty database and returns its JDBC URL. */
    public String newDatabase() {
        String name = "t" + DATABASES.incrementAndGet();
        execute("create database " + name);
        return url(name);
    }

    /** Returns the JDBC URL of a database; each server has one that is called {@code postgres}. */
    public String url(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(port, database);
    }

    /** Returns the folder of its data. */
    public Path data() {
        return data;
    }

    /** Returns its TCP port, on the loopback address. */
    public int port() {
        return port;
    }

    /** Lets a role log in only with its password. */
    public void requirePassword(String role) {
        Path rules = data.resolve("pg_hba.conf");
        try {
            Files.writeString(rules, "host all " + role + " all scram-sha-256\n" + Files.readString(rules));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        execute("select pg_reload_conf()");
    }

    /**
     * Makes it accept encrypted connections, with a new certificate that it has signed itself.
     *
     * @param host the name in the certificate
     * @return the certificate's file, in a folder of the test
     */
    public Path encrypt(String host, Path folder) throws Exception {
        Path store = folder.resolve("server.p12");
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        String[] command = {
            keytool.toString(),
            "-genkeypair",
            "-alias",
            "db",
            "-keyalg",
            "EC",
            "-dname",
            "CN=" + host,
            "-ext",
            "SAN=dns:" + host,
            "-keystore",
            store.toString(),
            "-storepass",
            "changeit"
        };
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new AssertionError("no key");
        }
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        Path key = data.resolve("server.key");
        Files.writeString(
                key,
                pem("PRIVATE KEY", keys.getKey("db", "changeit".toCharArray()).getEncoded()));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        String certificate = pem("CERTIFICATE", keys.getCertificate("db").getEncoded());
        Files.writeString(data.resolve("server.crt"), certificate);
        execute("alter system set ssl = on");
        execute("select pg_reload_conf()");
        return Files.writeString(folder.resolve("root.crt"), certificate);
    }

    private static String pem(String what, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, lines);
    }

    /** Executes statements as its superuser, in the database {@code postgres}. */
    public void execute(String sql) {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** Suspends all its processes: it answers nothing and closes nothing. */
    public void suspend() {
        signal("-STOP");
        signal("-STOP"); // again, for children born before their parent stopped
    }

    /** Resumes its processes after {@link #suspend()}. */
    public void resume() {
        signal("-CONT");
    }

    /**
     * Kills its processes, as an out-of-memory killer would. Committed changes are kept: a checkpoint precedes, where
     * commits do not wait for the disk.
     */
    public void kill() {
        if (!durable) {
            execute("checkpoint");
        }
        List<ProcessHandle> processes = processes();
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(
                process -> process.onExit().orTimeout(30, TimeUnit.SECONDS).join());
        stop(); // releases the lock on its folder, which this process holds
    }

    /** Kills its first process, or asks it to end at once (SIGQUIT); the others notice and end. */
    public void killFirst(boolean ask) {
        List<ProcessHandle> processes = processes();
        signal(ask ? "-QUIT" : "-KILL", processes.subList(0, 1));
        processes.forEach(
                process -> process.onExit().orTimeout(30, TimeUnit.SECONDS).join());
        stop(); // releases the lock on its folder, which this process holds
    }

    /** Starts it again after {@link #kill} or {@link #stop}, at the same port. */
    public void restart() {
        server = start(data, port, durable);
    }

    private void signal(String signal) {
        signal(signal, processes());
    }

    private static void signal(String signal, List<ProcessHandle> processes) {
        List<String> command = Stream.concat(
                        Stream.of("kill", signal), processes.stream().map(process -> Long.toString(process.pid())))
                .toList();
        try {
            new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("cannot " + command, e);
        }
    }

    /** Returns the server's first process, which would replace the others, and then the others. */
    public List<ProcessHandle> processes() {
        try {
            long pid = Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0));
            ProcessHandle first = ProcessHandle.of(pid).orElseThrow();
            return Stream.concat(Stream.of(first), first.descendants()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether its first process runs. */
    public boolean isRunning() {
        try {
            long pid = Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0));
            return ProcessHandle.of(pid).isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** Stops it as an administrator does, and keeps its folder. */
    public void stop() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops it and removes its folder. */
    @Override
    public void close() {
        stop();
        try (Stream<Path> files = Files.walk(data)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
