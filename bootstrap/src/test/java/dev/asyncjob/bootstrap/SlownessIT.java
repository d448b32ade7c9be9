package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands who are slow, on purpose or not, at once: half a request, a body by drips, an answer that is not read. The
 * others hardly notice, and the slow ones are sent away in about ten seconds.
 */
@Tag("soak")
class SlownessIT {
    private static final int HALF_HEADS = 2_000;
    private static final int SLOW_BODIES = 400;
    private static final int NON_READERS = 60;
    private static final String SCOPES = "composition:read,job:schedule";
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    @TempDir
    private Path folder;

    @Test
    void the_slow_are_sent_away_and_the_others_hardly_notice() throws Exception {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:slow",
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString());
        ServerProcess.Credentials client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
        List<SocketChannel> slow = new ArrayList<>();
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            for (int i = 0; i < 2_000; i++) {
                readMillis(server, client); // warm
            }
            long residentBefore = residentKiB(server);
            String credentials =
                    "Host: a\r\nAuthorization: Bearer %s\r\napi-key: %s\r\n".formatted(client.token(), client.apiKey());
            String half = "GET /patients HTTP/1.1\r\nHost: a\r\nX-Drip: ";
            String body = "POST /jobs HTTP/1.1\r\n" + credentials
                    + "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
            String unread = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n";
            for (int i = 0; i < HALF_HEADS; i++) {
                slow.add(open(server, half));
            }
            for (int i = 0; i < SLOW_BODIES; i++) {
                slow.add(open(server, body));
            }
            List<SocketChannel> nonReaders = new ArrayList<>();
            for (int i = 0; i < NON_READERS; i++) {
                nonReaders.add(open(server, unread));
            }
            long begin = System.nanoTime();
            List<Double> reads = new ArrayList<>();
            while (!slow.isEmpty() && seconds(begin) < 20) {
                reads.add(readMillis(server, client));
                if (reads.size() % 25 == 0) { // a drop every half second: the drips themselves take time from the reads
                    slow.removeIf(channel -> !drip(channel));
                }
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
            double[] sorted =
                    reads.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            double p99 = sorted[sorted.length * 99 / 100];
            long grown = residentKiB(server) - residentBefore;
            System.out.printf(
                    "%d half heads, %d slow bodies, %d non-readers: all slow ones away after %.1f s; reads of others: p50 %.1f, p99 %.1f, max %.1f ms; resident memory +%d MiB%n",
                    HALF_HEADS,
                    SLOW_BODIES,
                    NON_READERS,
                    seconds(begin),
                    sorted[sorted.length / 2],
                    p99,
                    sorted[sorted.length - 1],
                    grown >> 10);
            assertThat(slow).as("closed").isEmpty();
            assertThat(sorted[sorted.length / 2]).as("median read, in ms").isLessThan(50);
            assertThat(grown).as("KiB of memory").isLessThan(256 << 10);
            for (SocketChannel channel : nonReaders) {
                channel.close();
            }
        }
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private static SocketChannel open(ServerProcess server, String message) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
        channel.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), URI.create(server.url()).getPort()));
        channel.write(ByteBuffer.wrap(message.getBytes(StandardCharsets.US_ASCII)));
        channel.configureBlocking(false);
        return channel;
    }

    /** One byte more; false once the server has hung up, after whatever it said. */
    private static boolean drip(SocketChannel channel) {
        try {
            channel.write(ByteBuffer.wrap(new byte[] {'x'}));
            ByteBuffer said = ByteBuffer.allocate(4_096);
            if (channel.read(said) >= 0 && said.position() == 0) {
                return true;
            }
            channel.close();
            return false;
        } catch (IOException hungUp) {
            return false;
        }
    }

    private static double readMillis(ServerProcess server, ServerProcess.Credentials client) {
        long begin = System.nanoTime();
        int status = server.as(client, "GET", "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59", "")
                .statusCode();
        assertThat(status).isEqualTo(404);
        return (System.nanoTime() - begin) / 1e6;
    }

    private static long residentKiB(ServerProcess server) throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(server.pid()), "status")));
        assertThat(resident.find()).isTrue();
        return Long.parseLong(resident.group(1));
    }
}
