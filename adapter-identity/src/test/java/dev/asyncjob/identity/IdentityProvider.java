package dev.asyncjob.identity;

import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** An identity provider on loopback that counts requests, and misbehaves on demand. */
public final class IdentityProvider implements AutoCloseable {
    public static final String ISSUER = "https://id.example";
    public static final String AUDIENCE = "asyncjob";

    private static final long GIB = 1L << 30;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);

    final AtomicInteger keyFetches = new AtomicInteger();
    public final AtomicInteger questions = new AtomicInteger();
    final AtomicInteger elsewhere = new AtomicInteger();
    final AtomicLong bytesSent = new AtomicLong();
    final CountDownLatch hungUpOn = new CountDownLatch(1);
    final List<String> asked = new CopyOnWriteArrayList<>();
    volatile Answer keys = json(200, "{\"keys\":[]}");
    public volatile Answer verdict = json(200, "{\"active\":false}");

    public IdentityProvider() throws IOException {
        this(0);
    }

    public IdentityProvider(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        server.setExecutor(threads);
        server.createContext("/keys", exchange -> {
            keyFetches.incrementAndGet();
            answer(exchange, keys);
        });
        server.createContext("/ask", exchange -> {
            asked.add(exchange.getRequestHeaders().getFirst("Authorization")
                    + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            questions.incrementAndGet();
            answer(exchange, verdict);
        });
        server.createContext("/", exchange -> {
            elsewhere.incrementAndGet();
            answer(exchange, json(200, "{\"active\":true,\"client_id\":\"clinic-a\",\"keys\":[]}"));
        });
        server.start();
    }

    /** How it handles a request. */
    @FunctionalInterface
    public interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    public URI url(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    public void publish(JWKSet set) {
        keys = json(200, set.toString(true));
    }

    public static Answer json(int status, String body) {
        return answer(status, "application/json", body);
    }

    public static Answer html(int status) {
        return answer(status, "text/html", "<!DOCTYPE html><html><body>{\"active\":true}</body></html>");
    }

    private static Answer answer(int status, String type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    /** Sends the client to another place of this server. */
    Answer redirect(int status) {
        return exchange -> {
            exchange.getResponseHeaders().set("Location", url("/elsewhere").toString());
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /** Never answers. */
    Answer hang() {
        return exchange -> closedWithin(60_000);
    }

    /** Answers a byte now and then, for ever. */
    Answer drip() {
        return exchange -> {
            exchange.sendResponseHeaders(200, 0);
            write(exchange, new byte[] {' '}, 50, Long.MAX_VALUE);
        };
    }

    /** Answers 1 GiB of blanks. */
    Answer flood() {
        return exchange -> {
            exchange.sendResponseHeaders(200, GIB);
            write(exchange, " ".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII), 0, GIB);
        };
    }

    /** Waits with its answer until it may. */
    static Answer when(CountDownLatch latch, Answer answer) {
        return exchange -> {
            try {
                latch.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            answer.to(exchange);
        };
    }

    private void write(HttpExchange exchange, byte[] bytes, long pauseMillis, long limit) {
        try (OutputStream body = exchange.getResponseBody()) {
            while (bytesSent.addAndGet(bytes.length) <= limit && !closedWithin(pauseMillis)) {
                body.write(bytes);
                body.flush();
            }
        } catch (IOException e) {
            hungUpOn.countDown();
        }
    }

    private boolean closedWithin(long millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static void answer(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            answer.to(exchange);
        }
    }

    /** Refuses connections from now on. */
    public void goDown() {
        closed.countDown();
        server.stop(0);
    }

    @Override
    public void close() {
        goDown();
        threads.shutdownNow();
    }
}
