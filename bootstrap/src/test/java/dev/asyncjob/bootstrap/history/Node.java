package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.ServerProcess;
import dev.asyncjob.identity.Eventually;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A process of the jar that can be killed, frozen and started again, with faulty lines from its clients and to its
 * database. Its name is {@code n1}, {@code n2} and so on.
 */
final class Node implements AutoCloseable {
    /** How long it may take until a port that is not served is noticed, on a busy machine. */
    private static final Duration RECOVERY = Duration.ofMinutes(1);

    /** Milliseconds in which a port that is served answers. */
    private static final int PATIENCE = 2_000;

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

    /** Waits until both of its ports are served or it has ended by itself, and starts it again if it has. */
    void recover() {
        Eventually.answer(RECOVERY, () -> !process().isRunning() || isServing(), recovered -> recovered);
        if (!process().isRunning()) {
            start();
        }
    }

    private boolean isServing() {
        return answers(url + "/health/live") && answers(process().managementUrl() + "/metrics");
    }

    private static boolean answers(String url) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(PATIENCE);
            connection.setReadTimeout(PATIENCE);
            return connection.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
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
