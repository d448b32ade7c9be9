package dev.asyncjob.bootstrap;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.asyncjob.bootstrap.ops.TestCertificate;
import dev.asyncjob.client.Callback;
import dev.asyncjob.client.JobClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An endpoint of callbacks on 127.0.0.1 with TLS, which keeps what it receives and answers as the test says. */
final class CalledEndpoint implements AutoCloseable {
    private static final String PASSWORD = "changeit";

    private static final String CONSUMER = """
            import dev.asyncjob.client.Callback;
            import dev.asyncjob.client.JobClient;
            import java.util.HashMap;
            import java.util.List;
            import java.util.Map;

            class Consumer {
                public static void main(String[] arguments) throws Exception {
                    Map<String, String> headers = new HashMap<>();
                    for (int i = 1; i < arguments.length; i += 2) {
                        headers.put(arguments[i].toLowerCase(java.util.Locale.ROOT), arguments[i + 1]);
                    }
                    Callback callback = JobClient.verifyCallback(
                            List.of(arguments[0]), headers::get, System.in.readAllBytes());
                    System.out.print(callback.status() + " " + callback.jobId());
                }
            }
            """;

    final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    volatile int status = 200;
    private String path = "/ended"; // guarded by this
    private volatile CountDownLatch held = new CountDownLatch(0);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final TestCertificate certificate;
    private final Path folder;
    private final HttpsServer server;
    private final Path trusted;

    /** A request, with the names of its headers in lower case. */
    @SuppressWarnings("ArrayRecordComponent") // the bytes as they came; calls are not compared
    record Call(Map<String, String> headers, byte[] body) {
        String id() {
            return Objects.requireNonNull(headers.get("webhook-id"));
        }

        Callback verified(String secret) {
            return JobClient.verifyCallback(List.of(secret), headers::get, body);
        }

        /**
         * Has it verified by a program outside of this build, which has the classes of the client and of the JDK.
         *
         * @return what the program prints: the status and the id of the job
         */
        String verifiedByConsumer(String secret, Path folder) {
            try {
                Path source = Files.writeString(folder.resolve("Consumer.java"), CONSUMER);
                Path sent = Files.write(folder.resolve("callback.json"), body);
                URL client =
                        JobClient.class.getProtectionDomain().getCodeSource().getLocation();
                Path java = Path.of(System.getProperty("java.home"), "bin", "java");
                List<String> command = new ArrayList<>(
                        List.of(java.toString(), "-cp", Path.of(client.toURI()).toString(), source.toString(), secret));
                headers.forEach((name, value) -> command.addAll(List.of(name, value)));
                Process process = new ProcessBuilder(command)
                        .redirectInput(sent.toFile())
                        .redirectErrorStream(true)
                        .start();
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException | URISyntaxException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** @param folder for its certificate */
    CalledEndpoint(Path folder) {
        this(TestCertificate.newIn(folder), folder);
    }

    private CalledEndpoint(TestCertificate certificate, Path folder) {
        this.certificate = certificate;
        this.folder = folder;
        try {
            server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
            server.setHttpsConfigurator(new HttpsConfigurator(tls(certificate)));
            server.createContext("/", this::answer);
            server.setExecutor(threads);
            server.start();
            trusted = folder.resolve("trusted.p12");
            KeyStore store = newStore();
            store.setCertificateEntry("endpoint", certificate.x509());
            try (OutputStream out = Files.newOutputStream(trusted)) {
                store.store(out, PASSWORD.toCharArray());
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Opens another one, whose certificate is trusted where this one's is. */
    CalledEndpoint another() {
        return new CalledEndpoint(certificate, folder);
    }

    synchronized String url() {
        return "https://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    /** Forgets all calls and changes its URL: calls of the former one are answered, but never kept. */
    synchronized void move() {
        path += "-2";
        calls.clear();
    }

    private synchronized void keep(String called, Call call) {
        if (called.equals(path)) {
            calls.add(call);
        }
    }

    /** Answers nothing until {@link #release}; what comes meanwhile is kept. */
    void hold() {
        held = new CountDownLatch(1);
    }

    void release() {
        held.countDown();
    }

    /** Lets a server trust the certificate. */
    List<String> trustOptions() {
        return List.of("-Djavax.net.ssl.trustStore=" + trusted, "-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
    }

    Call next() {
        try {
            Call next = calls.poll(60, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("no call");
            }
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
            int answer = status;
            keep(
                    exchange.getRequestURI().getPath(),
                    new Call(headers, exchange.getRequestBody().readAllBytes()));
            held.await();
            exchange.sendResponseHeaders(answer, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static SSLContext tls(TestCertificate certificate) throws GeneralSecurityException, IOException {
        byte[] key = Base64.getMimeDecoder().decode(certificate.key().replaceAll("-----[A-Z ]+-----", ""));
        KeyStore store = newStore();
        store.setKeyEntry(
                "endpoint",
                KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)),
                PASSWORD.toCharArray(),
                new Certificate[] {certificate.x509()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        return tls;
    }

    private static KeyStore newStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        threads.shutdownNow();
    }
}
