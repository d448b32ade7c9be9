package dev.asyncjob.callbacks;

import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An endpoint whose answers a test writes byte by byte, with TLS by a certificate for {@link #NAME} or without. */
final class TestEndpoint implements AutoCloseable {
    static final String NAME = "hook.example.test";
    static final String SECRET = "whsec_" + base64("012345678901234567890123");
    static final String OLD_SECRET = "whsec_" + base64("abcdefghijklmnopqrstuvwx");

    private static final String PASSWORD = "changeit";
    private static final SSLContext TLS = newTls();

    final AtomicInteger accepted = new AtomicInteger();
    final BlockingQueue<Received> requests = new LinkedBlockingQueue<>();
    private final ServerSocket server;
    private final String scheme;
    private final Answer answer;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** Writes what the endpoint answers to a request that it has read. */
    @FunctionalInterface
    interface Answer {
        void write(OutputStream out, Socket connection) throws IOException, InterruptedException;
    }

    /** A request with the names of its headers in lower case. */
    record Received(String line, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private TestEndpoint(ServerSocket server, String scheme, String address, Answer answer) throws IOException {
        this.server = server;
        this.scheme = scheme;
        this.answer = answer;
        server.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
        start(this::accept);
    }

    static TestEndpoint https(Answer answer) {
        return https("127.0.0.1", answer);
    }

    static TestEndpoint https(String address, Answer answer) {
        try {
            return new TestEndpoint(TLS.getServerSocketFactory().createServerSocket(), "https", address, answer);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static TestEndpoint http(Answer answer) {
        try {
            return new TestEndpoint(new ServerSocket(), "http", "127.0.0.1", answer);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Answers with a status and no body. */
    static Answer status(int status, String... headers) {
        return text("HTTP/1.1 " + status + " Status\r\nContent-Length: 0\r\n"
                + String.join(
                        "", List.of(headers).stream().map(line -> line + "\r\n").toList()) + "\r\n");
    }

    static Answer text(String answer) {
        return (out, connection) -> out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The certificates that its senders trust. */
    static SSLContext trust() {
        return TLS;
    }

    int port() {
        return server.getLocalPort();
    }

    Endpoint endpoint() {
        return endpoint(NAME);
    }

    Endpoint endpoint(String host) {
        return endpoint(host, SECRET);
    }

    Endpoint endpoint(String host, String... secrets) {
        URI url = URI.create(scheme + "://" + host + ":" + port() + "/hooks?a=b");
        return new Endpoint(url, Set.of(), List.of(secrets));
    }

    Received next() throws InterruptedException {
        Received next = requests.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request");
        }
        return next;
    }

    /** Passes a moment between two looks at a condition; ends with the time limit of the test. */
    static void pause() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = server.accept();
                accepted.incrementAndGet();
                open.add(connection);
                start(() -> serve(connection));
            }
        } catch (IOException e) {
            // It is closed.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            requests.add(read(connection.getInputStream()));
            answer.write(connection.getOutputStream(), connection);
            connection.getOutputStream().flush();
        } catch (IOException | InterruptedException e) {
            // The sender has closed the connection, or the test has ended.
        }
    }

    private static Received read(InputStream in) throws IOException {
        BufferedReader text = new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1));
        String line = text.readLine();
        Map<String, String> headers = new TreeMap<>();
        for (String header = text.readLine(); header != null && !header.isEmpty(); header = text.readLine()) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        char[] body = new char[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
        for (int read = 0; read < body.length; ) {
            int more = text.read(body, read, body.length - read);
            if (more < 0) {
                throw new IOException("the body ends too early");
            }
            read += more;
        }
        return new Received(String.valueOf(line), headers, new String(body));
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket connection : open) {
            connection.close();
        }
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "endpoint");
        thread.setDaemon(true);
        thread.start();
    }

    private static SSLContext newTls() {
        try {
            Path file = Files.createTempDirectory("endpoint").resolve("store.p12");
            Process tool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "endpoint",
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=" + NAME,
                            "-ext",
                            "SAN=DNS:" + NAME,
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD,
                            "-keystore",
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (tool.waitFor() != 0) {
                throw new AssertionError(output);
            }
            KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD.toCharArray());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("endpoint", store.getCertificate("endpoint"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            Files.delete(file);
            Files.delete(file.getParent());
            return tls;
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
