package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.ops.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar with TLS of its own. */
@Tag("soak")
class TlsIT {
    private static final int PER_ADDRESS = 20;
    private static final Duration LIMIT = Duration.ofSeconds(25);

    /** The beginning of a TLS handshake. */
    private static final byte[] HALF_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};

    @TempDir
    private static Path folder;

    private static TestCertificate first;
    private static TestCertificate second;
    private static ServerProcess server;

    @BeforeAll
    static void start() throws IOException {
        first = TestCertificate.newIn(folder);
        second = TestCertificate.newIn(folder);
        write(first);
        Files.setPosixFilePermissions(folder.resolve("tls.key"), PosixFilePermissions.fromString("rw-r--r--"));
        server = ServerProcess.start(
                folder,
                "sandbox",
                Map.of(
                        "ASYNCJOB_HTTP_HOST", "0.0.0.0",
                        "ASYNCJOB_HTTP_TLS_CERTIFICATE", "tls.crt",
                        "ASYNCJOB_HTTP_TLS_KEY", "tls.key",
                        "ASYNCJOB_HTTP_MAX_CONNECTIONS_PER_ADDRESS", String.valueOf(PER_ADDRESS)));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void write(TestCertificate pair) throws IOException {
        Files.writeString(folder.resolve("tls.crt"), pair.certificate());
        Files.writeString(folder.resolve("tls.key"), pair.key());
    }

    private static SSLContext trusting(TestCertificate... trusted) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (TestCertificate one : trusted) {
                store.setCertificateEntry(one.x509().getSerialNumber().toString(), one.x509());
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    private static int port() {
        return URI.create(server.url()).getPort();
    }

    private static SSLSocket connect(String... protocols) throws IOException {
        SSLSocket socket =
                (SSLSocket) trusting(first, second).getSocketFactory().createSocket("127.0.0.1", port());
        socket.setSoTimeout((int) LIMIT.toMillis());
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        try {
            socket.startHandshake();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        return socket;
    }

    private static String ask(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[4096];
        int length = socket.getInputStream().read(answer);
        return new String(answer, 0, Math.max(0, length), StandardCharsets.UTF_8);
    }

    @Test
    void an_ordinary_client_reads_a_status_over_tls_and_nothing_is_said_of_plaintext() throws Exception {
        assertThat(server.url()).startsWith("https://");
        assertThat(server.logWith("http.tls.key: "))
                .contains("http.tls.key: every user of this machine can read the file")
                .doesNotContain("plaintext");
        HttpClient client = HttpClient.newBuilder()
                .sslContext(trusting(first, second))
                .connectTimeout(LIMIT)
                .build();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("https://127.0.0.1:" + port() + "/patients/composition/job/x"))
                .header("Authorization", "Bearer " + ServerProcess.TOKEN)
                .header("api-key", ServerProcess.API_KEY)
                .build();
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("\"url\":\"" + request.uri() + "\"", "Task not found");
        assertThat(server.metrics()).contains("process_uptime_seconds");
    }

    @Test
    void the_strict_parser_stands_behind_tls() throws IOException {
        for (String start : List.of("GET  / HTTP/1.1", "GET / http/1.1", "GET http://x/ HTTP/1.1")) {
            try (SSLSocket socket = connect("TLSv1.2")) {
                assertThat(ask(socket, start + "\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 400 ");
            }
        }
        try (SSLSocket socket = connect("TLSv1.3")) {
            assertThat(socket.getSession().getCipherSuite()).contains("_AES_");
            assertThat(ask(socket, "GET /health/live HTTP/1.1\r\nHost: any.example\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void a_client_that_does_not_finish_its_handshake_is_disconnected_after_the_time_for_a_head() throws IOException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port());
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), port())) {
            long start = System.nanoTime();
            slow.getOutputStream().write(HALF_HELLO);
            var unused = timer.scheduleAtFixedRate(() -> writeByte(slow), 1, 1, TimeUnit.SECONDS);
            for (Socket socket : List.of(silent, slow)) {
                socket.setSoTimeout((int) LIMIT.toMillis());
                assertThat(readToEnd(socket)).doesNotContain("HTTP");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(5), LIMIT);
        } finally {
            timer.shutdownNow();
        }
    }

    private static void writeByte(Socket socket) {
        try {
            socket.getOutputStream().write('a');
        } catch (IOException e) {
            throw new UncheckedIOException(e); // ends the repetition
        }
    }

    private static String readToEnd(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("still open", e);
        } catch (SocketException e) { // closed while a byte was on its way
            return "";
        }
    }

    @Test
    void a_connection_counts_once_and_one_too_many_is_closed() throws Exception {
        List<SSLSocket> open = new ArrayList<>();
        try {
            while (open.size() <= PER_ADDRESS) {
                SSLSocket socket = connect();
                open.add(socket);
                assertThat(ask(socket, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"))
                        .startsWith("HTTP/1.1 200 ");
            }
        } catch (IOException e) { // the server closed it instead of shaking hands
            assertThat(open).hasSizeGreaterThan(PER_ADDRESS * 3 / 4); // other tests have some
        }
        assertThat(open).hasSizeLessThanOrEqualTo(PER_ADDRESS);
        for (SSLSocket socket : open) {
            socket.close();
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!accepts() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(accepts()).isTrue();
    }

    private static boolean accepts() {
        try (SSLSocket socket = connect()) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void a_new_certificate_is_shown_and_a_broken_one_is_not() throws Exception {
        try (SSLSocket before = connect()) {
            Files.writeString(folder.resolve("tls.crt"), "broken");
            awaitLog("the certificate stays as it was: http.tls.certificate: ");
            assertThat(shown()).isEqualTo(first.x509());

            write(second);
            awaitLog("the certificate was replaced");
            assertThat(shown()).isEqualTo(second.x509());
            assertThat(ask(before, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    private static void awaitLog(String text) {
        assertThat(server.logWith(text)).contains(text);
    }

    private static Certificate shown() throws IOException {
        try (SSLSocket socket = connect()) {
            return socket.getSession().getPeerCertificates()[0];
        }
    }
}
