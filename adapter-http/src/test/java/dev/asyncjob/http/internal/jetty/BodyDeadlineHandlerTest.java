package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.http.RawHttp;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.server.handler.EagerContentHandler.RetainedContentLoaderFactory;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

/** The deadline and the idle timeout, each short and apart from the other, before Jetty's eager reading. */
class BodyDeadlineHandlerTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final String HEAD =
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n";

    /** Answers 200 to a whole body and 408 to one that failed. */
    private static final class Verdict extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Content.Chunk chunk = request.read();
            while (chunk != null && !chunk.isLast()) {
                chunk.release();
                chunk = request.read();
            }
            response.setStatus(Content.Chunk.isFailure(chunk) ? 408 : 200);
            callback.succeeded();
            return true;
        }
    }

    private static Server start(Duration deadline, Duration idle) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setIdleTimeout(idle.toMillis());
        server.addConnector(connector);
        EagerContentHandler eager = new EagerContentHandler(new RetainedContentLoaderFactory(10_000, 0, true));
        eager.setHandler(new Verdict());
        BodyDeadlineHandler patient = new BodyDeadlineHandler(deadline);
        patient.setHandler(eager);
        server.setHandler(patient);
        server.start();
        return server;
    }

    private static int port(Server server) {
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    @Test
    void a_stalled_body_ends_with_the_idle_timeout_long_before_its_deadline() throws Exception {
        Server server = start(LONG, SHORT);
        try {
            assertThat(RawHttp.send(port(server), HEAD + "{").status()).isEqualTo(408);
        } finally {
            server.stop();
        }
    }

    @Test
    void a_dripping_body_ends_with_its_deadline_though_it_is_never_idle() throws Exception {
        Server server = start(SHORT, LONG);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(server))) {
            socket.setSoTimeout(5_000); // without an answer the test fails, and does not hang
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            out.write(HEAD.getBytes(StandardCharsets.US_ASCII));
            for (int drops = 0; in.available() == 0 && drops < 500 && drip(out); drops++) {
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 408");
        } finally {
            server.stop();
        }
    }

    @Test
    void a_body_that_stalls_ends_with_its_deadline_though_it_could_be_idle_for_longer() throws Exception {
        Server server = start(SHORT, LONG);
        try {
            assertThat(RawHttp.send(port(server), HEAD + "{").status()).isEqualTo(408);
        } finally {
            server.stop();
        }
    }

    @Test
    void a_connection_may_be_idle_for_as_long_as_ever_after_a_body() throws Exception {
        Server server = start(Duration.ofSeconds(2), LONG);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(server))) {
            socket.setSoTimeout(4_000);
            String head = HEAD.replace("Connection: close\r\n", "");
            OutputStream out = socket.getOutputStream();
            out.write((head + "x").getBytes(StandardCharsets.US_ASCII));
            LockSupport.parkNanos(SHORT.toNanos());
            out.write("x".repeat(999).getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 200");
            assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
                    .as("kept open")
                    .isInstanceOf(SocketTimeoutException.class);
        } finally {
            server.stop();
        }
    }

    /** One byte more; false once the server has hung up. */
    private static boolean drip(OutputStream out) throws IOException {
        try {
            out.write('x');
            out.flush();
            return true;
        } catch (SocketException hungUp) {
            return false;
        }
    }

    @Test
    void a_body_in_time_is_read() throws Exception {
        Server server = start(LONG, LONG);
        try {
            assertThat(RawHttp.send(port(server), HEAD + "x".repeat(1000)).status())
                    .isEqualTo(200);
        } finally {
            server.stop();
        }
    }
}
