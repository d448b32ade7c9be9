package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A process of the jar that can be killed, frozen and started again, with faulty lines from its clients and to its
 * database. Its name is {@code n1}, {@code n2} and so on.
 */
final class Node implements AutoCloseable {
    private final String name;
    private final Path folder;
    private final Map<String, String> environment;
    private final FaultyLine clients = new FaultyLine(this::port);
    private final @Nullable FaultyLine database;
    private volatile @Nullable ServerProcess process;
    private volatile URI url = URI.create("http://127.0.0.1:9");

    Node(String name, Path folder, Map<String, String> environment, @Nullable FaultyLine database) {
        this.name = name;
        this.folder = folder;
        this.environment = environment;
        this.database = database;
    }

    void start() {
        ServerProcess started = ServerProcess.start(folder, "serve", environment);
        url = URI.create(started.url());
        process = started;
    }

    String name() {
        return name;
    }

    ServerProcess process() {
        return Objects.requireNonNull(process, name + " was not started");
    }

    private int port() {
        return url.getPort();
    }

    /** Returns where its clients reach it, directly or through their line. */
    String url(boolean throughLine) {
        return throughLine ? "http://127.0.0.1:" + clients.port() : url.toString();
    }

    FaultyLine clients() {
        return clients;
    }

    FaultyLine database() {
        return Objects.requireNonNull(database, name + " has no line to its database");
    }

    @Override
    public void close() {
        if (process != null) {
            process.resume();
            process.close();
        }
        clients.close();
        if (database != null) {
            database.close();
        }
    }
}
