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
 * Asks for the status of jobs over HTTP, as fast as the answers come: 64 connections, each with one request in flight,
 * for ids at random. It shares two cores with those it measures, so it is one thread that makes no garbage: a request
 * is a template with another id, and of an answer only the status and the length are looked at. Those that are not as
 * expected are counted.
 */
final class LoadGenerator {
    static final String CONDITIONALLY = "conditionally";

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

    /** The entity tag of each job, if it is asked whether it changed. */
    private byte @Nullable [] tags;

    private int nextToLearn;

    private LoadGenerator(InetSocketAddress server, String path, String headers, int bodyLength, byte[] ids) {
        this.server = server;
        this.path = path;
        this.headers = headers;
        this.bodyLength = bodyLength;
        this.ids = ids;
    }

    /** Port, path before the id, headers, length of each body, file of ids and, maybe, {@link #CONDITIONALLY}. */
    public static void main(String[] arguments) throws Exception {
        LoadGenerator generator = new LoadGenerator(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])),
                arguments[1],
                arguments[2],
                Integer.parseInt(arguments[3]),
                Files.readAllBytes(Path.of(arguments[4])));
        if (arguments.length > 5 && arguments[5].equals(CONDITIONALLY)) {
            generator.learnTags();
        }
        Answers.give(generator::run);
    }

    /** Asks for each job once. */
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
            long answers = connections.exchange(start + time.toNanos());
            double seconds = (System.nanoTime() - start) / 1e9;
            String detail = String.format(
                    Locale.ROOT,
                    "p50=%.2fms p99=%.2fms%s",
                    quantile(answers, 0.50) / 1000.0,
                    quantile(answers, 0.99) / 1000.0,
                    connections.lastError);
            return new Sample(answers / seconds, connections.errors, detail);
        }
    }

    private int quantile(long answers, double share) {
        long seen = 0;
        int at = 0;
        while (at < MAX_MICROS - 1 && seen + micros[at] < share * answers) {
            seen += micros[at++];
        }
        return at;
    }

    /** The next job to ask for, or -1. */
    private int nextJob(boolean learning) {
        int jobs = ids.length / ID;
        if (!learning) {
            return random.nextInt(jobs);
        }
        return nextToLearn < jobs ? nextToLearn++ : -1;
    }

    /** All connections, for one run: servers close those that idle between runs. */
    private final class Connections implements AutoCloseable {
        private final Selector selector = Selector.open();
        private final byte @Nullable [] learned;
        private long answers;
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

        /** Asks until the end and hears the last answers; how many there were. */
        long exchange(long end) throws IOException {
            for (SelectionKey key : selector.keys()) {
                askAgain((Exchange) key.attachment());
            }
            while (inFlight > 0) {
                selector.select(key -> hear((Exchange) key.attachment(), end));
            }
            return answers;
        }

        private void hear(Exchange exchange, long end) {
            try {
                if (exchange.isAnswered()) {
                    long now = System.nanoTime();
                    answers++;
                    inFlight--;
                    judge(exchange);
                    micros[(int) Math.min(MAX_MICROS - 1, (now - exchange.askedAt) / 1000)]++;
                    if (now < end) {
                        askAgain(exchange);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void judge(Exchange exchange) {
            if (!exchange.isAsExpected()) {
                errors++;
                lastError = " last=" + exchange.firstLine();
            } else if (learned != null) {
                exchange.learnTag(learned);
            }
        }

        private void askAgain(Exchange exchange) throws IOException {
            int job = nextJob(learned != null);
            if (job >= 0) {
                inFlight++;
                exchange.ask(job);
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
        private final byte[] answer = new byte[16_384];
        private int job;
        private int received;
        private int head;
        private long askedAt;

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

        void ask(int number) throws IOException {
            job = number;
            received = 0;
            request.put(idAt, ids, job * ID, ID);
            if (tagAt >= 0 && tags != null) {
                request.put(tagAt, tags, job * TAG, TAG);
            }
            request.rewind();
            askedAt = System.nanoTime();
            while (request.hasRemaining()) {
                channel.write(request);
            }
        }

        /** Whether all of the answer is here. */
        boolean isAnswered() throws IOException {
            buffer.clear().limit(answer.length - received);
            int read = channel.read(buffer);
            if (read < 0) {
                throw new EOFException("the server hung up in the middle of an answer");
            }
            buffer.flip().get(answer, received, read);
            received += read;
            head = headLength();
            return head >= 0 && received >= head + (is(304) ? 0 : contentLength());
        }

        boolean isAsExpected() {
            return tagAt >= 0 ? is(304) && received == head : is(200) && received == head + bodyLength;
        }

        /** Keeps the entity tag of this answer. */
        void learnTag(byte[] learned) {
            System.arraycopy(answer, valueOf("etag:"), learned, job * TAG, TAG);
        }

        String firstLine() {
            return new String(answer, 0, received, StandardCharsets.US_ASCII)
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
                if (answer[i] == '\n' && answer[i - 2] == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        /** Where the value of a header begins. */
        private int valueOf(String name) {
            for (int i = 0; i < head; i++) {
                if (answer[i] == '\n' && isAt(name, i + 1)) {
                    return i + 2 + name.length();
                }
            }
            throw new IllegalStateException("no " + name + " in " + firstLine());
        }

        private boolean isAt(String name, int start) {
            for (int i = 0; i < name.length(); i++) {
                if (Character.toLowerCase((char) answer[start + i]) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private int number(int start) {
            int value = 0;
            for (int i = start; answer[i] >= '0' && answer[i] <= '9'; i++) {
                value = 10 * value + answer[i] - '0';
            }
            return value;
        }
    }
}
