package dev.asyncjob.benchmark;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** A PostgreSQL server with durable commits: {@code fsync} is on, which is the default. */
final class Postgres implements Closeable {
    private static final List<String> DURABLE = List.of("fsync", "synchronous_commit", "full_page_writes");

    private final Path data;
    private final EmbeddedPostgres server;
    private int databases;

    private Postgres(Path data, EmbeddedPostgres server) {
        this.data = data;
        this.server = server;
    }

    static Postgres start() throws IOException {
        Path data = Scratch.newFolder("pg");
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setPGStartupWait(Duration.ofMinutes(1))
                .setServerConfig("max_connections", "200");
        DURABLE.forEach(setting -> builder.setServerConfig(setting, "on"));
        return new Postgres(data, builder.start());
    }

    /** Creates an empty database and returns its URL. */
    String newDatabase() throws SQLException {
        String name = "b" + ++databases;
        try (Connection connection = DriverManager.getConnection(url("postgres"))) {
            connection.createStatement().execute("create database " + name);
        }
        return url(name);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database + "?user=postgres";
    }

    /** Returns the version and the durability settings of the server; throws if a setting can lose commits. */
    String describe() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url("postgres"))) {
            StringBuilder text = new StringBuilder("PostgreSQL " + Sql.text(connection, "show server_version"));
            for (String setting : DURABLE) {
                String value = Sql.text(connection, "show " + setting);
                text.append(", ").append(setting).append(' ').append(value);
                if (!value.equals("on")) {
                    throw new IllegalStateException(setting + " is " + value);
                }
            }
            return text.toString();
        }
    }

    /** Returns the CPU time that the running processes of the server have used so far. */
    Duration cpu() throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0));
        return ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::descendants)
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    /** Stops the server and deletes its data. */
    @Override
    public void close() throws IOException {
        server.close();
    }
}
