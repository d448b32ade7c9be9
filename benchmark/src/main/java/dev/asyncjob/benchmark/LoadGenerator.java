package dev.asyncjob.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads the status of random jobs over HTTP with 64 connections, each with one request in flight. It shares two cores
 * with the measured server, so it runs one thread that allocates nothing per request: a request is a template with the
 * id replaced, and of a response it checks only the status code and the length. It counts unexpected responses.
 */
final class LoadGenerator {
    static final String CONDITIONAL = "conditional";

    private static final int CONNECTIONS = 64;
    private static final int ID = 36;
    private static final int TAG = 22;
    private static final int MAX_MICROS = 2_000_000;

    private final InetSocketAddress server;
    private final String path;
    private final String headers;
    private final int bodyLength;
    private final byte[] ids;
    private final SplittableRandom random = new SplittableRandom(42);
    private final int[] micros = new int[MAX_MICROS];

    /** The entity tag of each job, for conditional requests. */
    private byte @Nullable [] tags;

    private int nextToLearn;

    private LoadGenerator(InetSocketAddress server, String path, String headers, int bodyLength, byte[] ids) {
        this.server = server;
        this.path = path;
        this.headers = headers;
        this.bodyLength = bodyLength;
        this.ids = ids;
    }

    /** Arguments: port, path before the id, headers, body length, file of ids and, optionally, {@link #CONDITIONAL}. */
    public static void main(String[] arguments) throws Exception {
        LoadGenerator generator = new LoadGenerator(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])),
                arguments[1],
                arguments[2],
                Integer.parseInt(arguments[3]),
                Files.readAllBytes(Path.of(arguments[4])));
        if (arguments.length > 5 && arguments[5].equals(CONDITIONAL)) {
            generator.learnTags();
        }
        ProcessProtocol.give(generator::run);
    }

    /** Reads each job once and stores its entity tag. */
    private void learnTags() throws IOException {
        byte[] learned = new byte[ids.length / ID * TAG];
        try (Connections connections = new Connections(learned)) {
            connections.exchange(Long.MAX_VALUE);
        }
        tags = learned;
    }

    private Sample run(Duration time) throws IOException {
        Arrays.fill(micros, 0);
        try (Connections connections = new Connections(null)) {
            long start = System.nanoTime();
            long responses = connections.exchange(start + time.toNanos());
            double seconds = (System.nanoTime() - start) / 1e9;
            String detail = String.format(
                    Locale.ROOT,
                    "p50=%.2fms p99=%.2fms%s",
                    quantile(responses, 0.50) / 1000.0,
                    quantile(responses, 0.99) / 1000.0,
                    connections.lastError);
            return new Sample(responses / seconds, connections.errors, detail);
        }
    }

    private int quantile(long responses, double share) {
        long seen = 0;
        int at = 0;
        while (at < MAX_MICROS - 1 && seen + micros[at] < share * responses) {
            seen += micros[at++];
        }
        return at;
    }

    /** Returns the index of the next job to read, or -1 if there is none. */
    private int nextJob(boolean learning) {
        int jobs = ids.length / ID;
        if (!learning) {
            return random.nextInt(jobs);
        }
        return nextToLearn < jobs ? nextToLearn++ : -1;
    }

    /** The connections of one run; new ones for each run, because servers close idle connections. */
    private final class Connections implements AutoCloseable {
        private final Selector selector = Selector.open();
        private final byte @Nullable [] learned;
        private long responses;
        private int errors;
        private String lastError = "";
        private int inFlight;

        Connections(byte @Nullable [] learned) throws IOException {
            this.learned = learned;
            for (int i = 0; i < CONNECTIONS; i++) {
                SocketChannel channel = SocketChannel.open(server);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new Exchange(channel, learned != null));
            }
        }

        /** Sends requests until {@code end}, awaits the last responses and returns the number of responses. */
        long exchange(long end) throws IOException {
            for (SelectionKey key : selector.keys()) {
                sendNext((Exchange) key.attachment());
            }
            while (inFlight > 0) {
                selector.select(key -> receive((Exchange) key.attachment(), end));
            }
            return responses;
        }

        private void receive(Exchange exchange, long end) {
            try {
                if (exchange.isComplete()) {
                    long now = System.nanoTime();
                    responses++;
                    inFlight--;
                    check(exchange);
                    micros[(int) Math.min(MAX_MICROS - 1, (now - exchange.sentAt) / 1000)]++;
                    if (now < end) {
                        sendNext(exchange);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void check(Exchange exchange) {
            if (!exchange.isAsExpected()) {
                errors++;
                lastError = " last=" + exchange.firstLine();
            } else if (learned != null) {
                exchange.learnTag(learned);
            }
        }

        private void sendNext(Exchange exchange) throws IOException {
            int job = nextJob(learned != null);
            if (job >= 0) {
                inFlight++;
                exchange.send(job);
            }
        }

        @Override
        public void close() throws IOException {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        }
    }

    /** One connection with at most one request in flight. */
    private final class Exchange {
        private static final int STATUS_AT = 9;

        private final SocketChannel channel;
        private final ByteBuffer request;
        private final int idAt;
        private final int tagAt;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(16_384);
        private final byte[] response = new byte[16_384];
        private int job;
        private int received;
        private int head;
        private long sentAt;

        Exchange(SocketChannel channel, boolean plain) {
            this.channel = channel;
            String condition = plain || tags == null ? "" : "If-None-Match: " + " ".repeat(TAG) + "\r\n";
            String start = "GET " + path;
            String text = start + " ".repeat(ID) + " HTTP/1.1\r\nHost: 127.0.0.1:" + server.getPort() + "\r\n" + headers
                    + condition + "\r\n";
            this.idAt = start.length();
            this.tagAt = condition.isEmpty() ? -1 : text.length() - TAG - 4;
            this.request = ByteBuffer.allocateDirect(text.length());
            request.put(text.getBytes(StandardCharsets.US_ASCII));
        }

        void send(int number) throws IOException {
            job = number;
            received = 0;
            request.put(idAt, ids, job * ID, ID);
            if (tagAt >= 0 && tags != null) {
                request.put(tagAt, tags, job * TAG, TAG);
            }
            request.rewind();
            sentAt = System.nanoTime();
            while (request.hasRemaining()) {
                channel.write(request);
            }
        }

        /** Reads from the connection and returns whether the response is complete. */
        boolean isComplete() throws IOException {
            buffer.clear().limit(response.length - received);
            int read = channel.read(buffer);
            if (read < 0) {
                throw new EOFException("the server closed the connection before the end of a response");
            }
            buffer.flip().get(response, received, read);
            received += read;
            head = headLength();
            return head >= 0 && received >= head + (is(304) ? 0 : contentLength());
        }

        boolean isAsExpected() {
            return tagAt >= 0 ? is(304) && received == head : is(200) && received == head + bodyLength;
        }

        /** Stores the entity tag of this response. */
        void learnTag(byte[] learned) {
            System.arraycopy(response, valueOf("etag:"), learned, job * TAG, TAG);
        }

        String firstLine() {
            return new String(response, 0, received, StandardCharsets.US_ASCII)
                    .lines()
                    .findFirst()
                    .orElse("");
        }

        private boolean is(int status) {
            return number(STATUS_AT) == status;
        }

        private int contentLength() {
            return number(valueOf("content-length:"));
        }

        private int headLength() {
            for (int i = 3; i < received; i++) {
                if (response[i] == '\n' && response[i - 2] == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        /** Returns the index at which the value of a header begins. */
        private int valueOf(String name) {
            for (int i = 0; i < head; i++) {
                if (response[i] == '\n' && isAt(name, i + 1)) {
                    return i + 2 + name.length();
                }
            }
            throw new IllegalStateException("no " + name + " in " + firstLine());
        }

        private boolean isAt(String name, int start) {
            for (int i = 0; i < name.length(); i++) {
                if (Character.toLowerCase((char) response[start + i]) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private int number(int start) {
            int value = 0;
            for (int i = start; response[i] >= '0' && response[i] <= '9'; i++) {
                value = 10 * value + response[i] - '0';
            }
            return value;
        }
    }
}
