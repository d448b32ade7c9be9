package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.settings.HttpLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a client may take to ask; the idle timeout is out of the way. */
class ConnectionsTest {
    private static final Duration PATIENCE = Duration.ofMillis(400);
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final CountDownLatch slowAnswer = new CountDownLatch(1);
    private final Connections connections =
            new Connections(HttpLimits.defaults().withIdleTimeout(PATIENCE.multipliedBy(5)), PATIENCE, false);
    private final Server server = new Server();
    private final ServerConnector connector =
            new ServerConnector(server, new StrictHttpConnection.Factory(new HttpConfiguration(), 1 << 10, 1 << 20));

    @BeforeEach
    void start() throws Exception {
        connections.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                if (request.getHttpURI().getPath().equals("/slow")) {
                    slowAnswer.await(10, TimeUnit.SECONDS);
                }
                callback.succeeded();
                return true;
            }
        });
        connector.setHost("127.0.0.1");
        connector.setIdleTimeout(Duration.ofMinutes(10).toMillis());
        connector.addEventListener(connections);
        server.addConnector(connector);
        server.setHandler(new Handler.Wrapper(connections) {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                if (request.getHttpURI().getPath().equals("/parsed-slowly")) {
                    LockSupport.parkNanos(PATIENCE.dividedBy(2).toNanos());
                }
                return super.handle(request, response, callback);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
        socket.setSoTimeout(5_000); // without an end the test fails, and does not hang
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ", "\r\n"})
    void a_connection_on_which_no_request_comes_is_closed_though_it_is_never_idle(String begin) throws IOException {
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(begin.getBytes(StandardCharsets.US_ASCII));
            int drops = 0;
            while (drops < 500 && drip(out, begin.equals("\r\n") ? "\r\n" : "x")) {
                drops++;
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
            assertThat(drops).as("closed while dripping").isLessThan(500);
        }
    }

    @Test
    void after_an_answer_the_next_request_has_as_long_again() throws IOException {
        try (Socket socket = connect()) {
            for (int i = 0; i < 3; i++) {
                LockSupport.parkNanos(PATIENCE.toNanos() / 2);
                assertAnswered(socket, GET);
            }
            assertThat(socket.getInputStream().read()).as("closed in the end").isEqualTo(-1);
        }
    }

    @Test
    void a_slow_answer_is_not_the_clients_fault() throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(GET.replace("GET /", "GET /slow").getBytes(StandardCharsets.US_ASCII));
            LockSupport.parkNanos(3 * PATIENCE.toNanos());
            slowAnswer.countDown();
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void a_connection_whose_close_ends_with_an_error_keeps_no_other_open() throws IOException {
        AtomicBoolean opened = new AtomicBoolean();
        for (int i = 0; i < 20; i++) { // they are looked at in any order
            connections.onOpened(new AbstractConnection(new ByteArrayEndPoint(), Runnable::run) {
                @Override
                public void onFillable() {}

                @Override
                public EndPoint getEndPoint() {
                    if (opened.get()) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return super.getEndPoint();
                }
            });
        }
        opened.set(true);
        try (Socket socket = connect()) {
            assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
        }
    }

    @Test
    void a_request_after_a_long_pause_is_not_taken_for_a_slow_head_while_it_is_parsed() throws IOException {
        try (Socket socket = connect()) {
            assertAnswered(socket, GET);
            LockSupport.parkNanos(2 * PATIENCE.toNanos());
            assertAnswered(socket, GET.replace("GET /", "GET /parsed-slowly"));
        }
    }

    private static void assertAnswered(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200");
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            assertThat(b).as("closed after %s", head).isNotNegative();
            head.append((char) b);
        }
        return head.toString();
    }

    /** Some bytes more; false once the server has hung up. */
    private static boolean drip(OutputStream out, String drop) throws IOException {
        try {
            out.write(drop.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return true;
        } catch (SocketException hungUp) {
            return false;
        }
    }
}
