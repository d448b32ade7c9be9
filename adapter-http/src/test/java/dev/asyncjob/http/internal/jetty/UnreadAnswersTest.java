package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.ServiceApi;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Answers that their clients asked for and do not read. */
class UnreadAnswersTest {
    /** More than the server has threads. */
    private static final int CONNECTIONS = 300;

    /** Of the largest answer of all; together more than the system keeps for a connection. */
    private static final int REQUESTS_OF_EACH = 5;

    private static final String LARGEST = "/docs/swagger-ui-bundle.js";

    /** Requests while an answer could be taken that its client does not read. */
    private static final int OTHERS = 200;

    private static final int TIMEOUT_MILLIS = 8_000;

    private final List<String> answered = new CopyOnWriteArrayList<>();

    @AutoClose
    private final JobServer server = server();

    private JobServer server() {
        HttpSettings settings = HttpSettings.defaults()
                .listeningOn("127.0.0.1", 0)
                .withLimits(HttpLimits.defaults().trusting(List.of("127.0.0.1")));
        return JobServer.start(
                settings,
                List.of(new ServiceApi(() -> true, settings, List.of())),
                request -> answered.add(request.route()));
    }

    /** Requests more than the operating system buffers, and reads the beginning. */
    private Socket openWithoutReading(int client, int requests) throws IOException {
        String address = "X-Forwarded-For: 10.0.%d.%d".formatted(client / 256, client % 256);
        Socket socket = new Socket();
        socket.setSoTimeout(TIMEOUT_MILLIS); // shorter than the idle timeout of the server
        socket.setReceiveBufferSize(1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        String request = ApiFixture.head("GET", LARGEST, address) + "\r\n";
        socket.getOutputStream().write(request.repeat(requests).getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        return socket;
    }

    @Test
    void responses_that_are_not_read_occupy_no_threads() throws Exception {
        List<Socket> notReading = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                notReading.add(openWithoutReading(i, REQUESTS_OF_EACH));
            }
            long start = System.nanoTime();
            String request = ApiFixture.head("GET", "/health/live") + "\r\n";
            assertThat(RawHttp.send(server.port(), request).status()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        } finally {
            for (Socket socket : notReading) {
                socket.close();
            }
        }
    }

    @Test
    void the_system_buffers_little_of_a_response_that_is_not_read() throws Exception {
        assertThat(JobServer.SEND_BUFFER).isEqualTo(128 << 10);
        try (Socket notReading = openWithoutReading(0, 1)) {
            String request = ApiFixture.head("GET", "/health/live") + "\r\n";
            for (int i = 0; i < OTHERS; i++) {
                assertThat(RawHttp.send(server.port(), request).status()).isEqualTo(200);
            }
            assertThat(answered).contains("/health/live").doesNotContain(LARGEST);
            assertThat(notReading.getInputStream().available()).isBetween(1, JobServer.SEND_BUFFER);
        }
    }

    @Test
    void an_answer_of_many_pieces_arrives_whole() throws Exception {
        RawHttp.Answer answer =
                RawHttp.send(server.port(), ApiFixture.head("GET", LARGEST, "Connection: close") + "\r\n");
        String bundle = read(read("/docs/swagger-ui.path").strip() + "swagger-ui-bundle.js");
        assertThat(answer.text()).isEqualTo(bundle);
    }

    private String read(String resource) throws IOException {
        try (InputStream in = getClass().getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
