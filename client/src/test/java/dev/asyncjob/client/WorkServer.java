package dev.asyncjob.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server that gives out the jobs of a test, and answers as the test says. */
final class WorkServer implements AutoCloseable {
    /** A request as it came. */
    record Asked(String line, String body) {}

    /** Instead of an answer: the connection is closed. */
    static final int HANG_UP = 0;

    /** Instead of an answer: none. */
    static final int SILENT = 1;

    /** The answer of a gateway that does not know the path. */
    static final int NO_ROUTE = 2;

    private static final Duration HOLD = Duration.ofSeconds(1);

    final BlockingQueue<Asked> claims = new LinkedBlockingQueue<>();
    final BlockingQueue<Asked> renewals = new LinkedBlockingQueue<>();
    final BlockingQueue<Asked> outcomes = new LinkedBlockingQueue<>();

    /** The statuses of the next answers, by the last part of the path. */
    private final Map<String, Queue<Integer>> failures = new ConcurrentHashMap<>();

    private final BlockingQueue<String> work = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private volatile boolean closed;

    WorkServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    ClientSettings settings() {
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return ClientSettings.of(url, "t0ken", "k3y").withHold(HOLD);
    }

    /** Has the next requests whose path ends so answered with these statuses. */
    void fails(String path, Integer... statuses) {
        failures.computeIfAbsent(path, any -> new ConcurrentLinkedQueue<>()).addAll(List.of(statuses));
    }

    /** A job of the kind "a" as the answer to a claim has it. */
    static String job(UUID id, int attempt) {
        return "{\"id\":\"%s\",\"kind\":\"a\",\"payload\":{\"secret\":1.10},\"attempt\":%d,\"new\":1,\"links\":[{\"entity\":\"a/b\"}],\"lease\":{\"token\":9007199254740993,\"expiresAt\":\"2026-01-01T00:00:00.000Z\"}}"
                .formatted(id, attempt);
    }

    /** Gives these jobs out, in the answer to one claim. */
    void gives(String... jobs) {
        work.add("{\"data\":[" + String.join(",", jobs) + "]}");
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String line = exchange.getRequestMethod() + " " + path;
        Asked asked = new Asked(line, new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        String last = path.substring(path.lastIndexOf('/') + 1);
        BlockingQueue<Asked> queue = last.equals("claims") ? claims : last.equals("lease") ? renewals : outcomes;
        queue.add(asked);
        String body = last.equals("claims") ? nextWork() : body(last, path);
        Queue<Integer> next = failures.getOrDefault(last, new ConcurrentLinkedQueue<>());
        Integer status = body.contains("\"data\":[]") ? null : next.poll();
        if (status != null && last.equals("claims")) {
            work.add(body); // the same jobs for the same claim
        }
        if (status != null && status == SILENT) {
            return;
        }
        try (exchange) {
            if (status == null) {
                exchange.getResponseHeaders().set("Preference-Applied", "wait=" + HOLD.toSeconds());
                send(exchange, 200, body);
            } else if (status == NO_ROUTE) {
                send(exchange, 404, "<h1>Not found</h1>");
            } else if (status != HANG_UP) {
                exchange.getResponseHeaders().set("Retry-After", status == 503 ? "3600" : "1");
                send(exchange, status, "{\"error\":{\"type\":\"a_type\",\"message\":\"a message\"}}");
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private String nextWork() {
        try {
            String next = closed ? null : work.poll(HOLD.toMillis(), TimeUnit.MILLISECONDS);
            return next == null ? "{\"data\":[]}" : next;
        } catch (InterruptedException e) {
            return "{\"data\":[]}";
        }
    }

    private static String body(String last, String path) {
        return last.equals("lease")
                ? "{\"data\":{}}"
                : "{\"data\":{\"id\":\"" + path.substring(6, 42) + "\",\"status\":\"DONE\"}}";
    }

    @Override
    public void close() {
        closed = true;
        server.stop(0);
        threads.shutdownNow();
    }
}
