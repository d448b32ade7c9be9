package dev.asyncjob.bootstrap;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The management port: {@code GET /metrics} and nothing else, without authentication, so it belongs on an address that
 * only operators reach.
 *
 * <p>It runs on daemon threads of its own, apart from the server's. Listens from {@code start} to {@link #close()}.
 */
final class Management implements AutoCloseable {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** The JDK's server takes its limits from here only, when its first instance is made. */
    private static final Map<String, String> LIMITS =
            Map.of("sun.net.httpserver.maxReqTime", "10", "jdk.httpserver.maxConnections", "100");

    private final HttpServer server;
    private final ExecutorService threads;

    private Management(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Listens.
     *
     * @param port 0 for any
     * @throws IOException if the port cannot be had; the message names it
     */
    static Management start(String host, int port, Metrics metrics) throws IOException {
        HttpServer server = open(new InetSocketAddress(host, port));
        ExecutorService threads = Executors.newCachedThreadPool(Management::daemon);
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, metrics));
        CompletableFuture.runAsync(server::start, threads).join(); // a daemon's child is a daemon
        return new Management(server, threads);
    }

    /** Where it listens, with the real port. */
    InetSocketAddress address() {
        return server.getAddress();
    }

    /** Stops at once; answers under way are cut. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static HttpServer open(InetSocketAddress address) throws IOException {
        LIMITS.forEach(System::setProperty);
        try {
            return HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new IOException("management.port: cannot listen on %s: %s".formatted(address, e.getMessage()), e);
        }
    }

    private static void answer(HttpExchange exchange, Metrics metrics) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getRawPath().equals("/metrics")) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                exchange.sendResponseHeaders(405, -1);
            } else {
                byte[] body = metrics.scrape().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "asyncjob-management");
        thread.setDaemon(true);
        return thread;
    }
}
