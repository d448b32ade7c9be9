package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of slow clients at once: with half a request, a body byte by byte, or a response that they do not read. The
 * server closes their connections within about ten seconds of each request, and other clients keep short response
 * times.
 */
@Tag("soak")
class SlownessIT {
    private static final int HALF_HEADS = 2_000;
    private static final int SLOW_BODIES = 400;

    /** More than the server has threads, each with responses longer than the socket buffers of the system. */
    private static final int NON_READERS = 300;

    private static final int DOCUMENTS = 50;
    private static final String DOCUMENT =
            "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.%d.%d\r\n\r\n";
    /** A small heap, since the server must keep little for slow clients. */
    private static final String HEAP = "-Xmx256m";

    private static final String SCOPES = "composition:read,job:schedule";
    private static final String MISSING = "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    @TempDir
    private Path folder;

    @AutoClose
    private ServerProcess server;

    private ServerProcess.Credentials client;
    private ServerProcess.Credentials other;

    @BeforeEach
    void start() {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:slow",
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_HTTP_TRUSTED_PROXIES",
                "127.0.0.1");
        client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
        other = ServerProcess.addClient(folder, environment, "clinic-b", SCOPES);
        server = ServerProcess.start(folder, List.of(HEAP), "serve", environment);
        for (int i = 0; i < DOCUMENTS; i++) { // warm-up, as for the requests of other clients
            server.get("/docs/swagger-ui-bundle.js");
        }
    }

    @Test
    void slow_clients_are_disconnected_and_others_keep_short_response_times() throws Exception {
        long residentBefore = residentKiB();
        String body = "POST /jobs HTTP/1.1\r\n" + credentials(client)
                + "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
        String read = "GET " + MISSING + " HTTP/1.1\r\n" + credentials(other) + "\r\n";
        try (ReadProbe others = ReadProbe.start(port(), read, 404);
                Slow halves = new Slow(true);
                Slow bodies = new Slow(true);
                Slow nonReaders = new Slow(false)) {
            halves.open(HALF_HEADS, "GET /patients HTTP/1.1\r\nHost: a\r\nX-Drip: ");
            bodies.open(SLOW_BODIES, body);
            for (int i = 0; i < NON_READERS; i++) { // each from another address, by the header of its proxy
                nonReaders.open(1, DOCUMENT.formatted(i / 256, i % 256).repeat(5));
            }
            CompletableFuture.allOf(halves.dripUntilClosed(), bodies.dripUntilClosed(), nonReaders.dripUntilClosed())
                    .join();
            List<Double> reads = others.stop();
            long grown = residentKiB() - residentBefore;
            System.out.printf(
                    "%d half heads, %d slow bodies, %d non-readers: away %s, %s and %s s after their beginning; %d reads of others: %s ms; resident memory +%d MiB%n",
                    HALF_HEADS,
                    SLOW_BODIES,
                    NON_READERS,
                    spread(halves.lasted),
                    spread(bodies.lasted),
                    spread(nonReaders.lasted),
                    reads.size(),
                    spread(reads),
                    grown >> 10);
            assertThat(halves.lasted).hasSize(HALF_HEADS).allMatch(seconds -> seconds < 15);
            assertThat(bodies.lasted).hasSize(SLOW_BODIES).allMatch(seconds -> seconds < 15);
            assertThat(nonReaders.lasted).hasSize(NON_READERS).allMatch(seconds -> seconds < 20);
            assertThat(percentile(reads, 99)).as("reads of others, in ms").isLessThan(50);
            assertThat(grown).as("KiB of memory").isLessThan(256 << 10);
        }
    }

    private int port() {
        return URI.create(server.url()).getPort();
    }

    private static String credentials(ServerProcess.Credentials client) {
        return "Host: a\r\nAuthorization: Bearer %s\r\napi-key: %s\r\n".formatted(client.token(), client.apiKey());
    }

    private static double percentile(List<Double> values, double percent) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * percent / 100));
    }

    private static String spread(List<Double> values) {
        return "p50 %.1f, p99 %.1f, max %.1f"
                .formatted(percentile(values, 50), percentile(values, 99), percentile(values, 100));
    }

    private long residentKiB() throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(server.pid()), "status")));
        assertThat(resident.find()).isTrue();
        return Long.parseLong(resident.group(1));
    }

    /** Connections that send single bytes until the server responds or closes the connection. */
    private final class Slow implements AutoCloseable {
        /** Each connection sends a byte twice a second, and some of them do so at each tick. */
        private static final long TICK_NANOS = 20_000_000;

        private static final int TICKS = 25;

        /** The pause between two new connections, so that all are open within some seconds. */
        private static final long PAUSE_NANOS = 500_000;

        private final Selector selector = Selector.open();
        private final int interest;

        /** The seconds from the opening of each connection to its end. */
        final List<Double> lasted = new ArrayList<>();

        /** @param reads whether the connections read responses; a write notices a closed connection, too */
        Slow(boolean reads) throws IOException {
            interest = reads ? SelectionKey.OP_READ : 0;
        }

        void open(int count, String message) throws IOException {
            for (int i = 0; i < count; i++) {
                SocketChannel channel = SocketChannel.open();
                channel.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
                channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
                long opened = System.nanoTime();
                channel.write(ByteBuffer.wrap(message.getBytes(StandardCharsets.US_ASCII)));
                channel.configureBlocking(false);
                channel.register(selector, interest, opened);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }

        CompletableFuture<?> dripUntilClosed() {
            return CompletableFuture.runAsync(
                    () -> {
                        try {
                            long nextTick = System.nanoTime();
                            for (long tick = 0; !selector.keys().isEmpty(); tick++) {
                                nextTick += TICK_NANOS;
                                for (long left = 1; left > 0; left = (nextTick - System.nanoTime()) / 1_000_000) {
                                    selector.select(this::read, left);
                                }
                                drip((int) (tick % TICKS));
                                selector.selectNow(this::read);
                            }
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    },
                    task -> new Thread(task).start());
        }

        private void read(SelectionKey key) {
            try {
                if (((SocketChannel) key.channel()).read(ByteBuffer.allocate(4_096)) < 0) {
                    left(key);
                }
            } catch (IOException hungUp) {
                left(key);
            }
        }

        private void drip(int turn) {
            for (SelectionKey key : selector.keys()) {
                if ((long) key.attachment() % TICKS == turn) {
                    drip(key);
                }
            }
        }

        private void drip(SelectionKey key) {
            try {
                ((SocketChannel) key.channel()).write(ByteBuffer.wrap(new byte[] {'x'}));
            } catch (IOException hungUp) {
                left(key);
            }
        }

        private void left(SelectionKey key) {
            if (key.isValid()) { // the selector may return a closed key once more
                lasted.add((System.nanoTime() - (long) key.attachment()) / 1e9);
                close(key);
            }
        }

        private static void close(SelectionKey key) {
            try {
                key.channel().close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() throws IOException {
            selector.keys().forEach(Slow::close);
            selector.close();
        }
    }
}
