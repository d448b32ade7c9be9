package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients begin to send and do not end, on a server with the smallest {@code http.memory}. */
@Timeout(120)
class MemoryBudgetTest {
    private static final int MEMORY = 64 << 10;
    private static final int TIMEOUT_MILLIS = 15_000;

    /** How long the server may take to notice that connections are closed. */
    private static final Duration RELEASE = Duration.ofSeconds(30);

    @AutoClose
    private final ApiFixture api = new ApiFixture(
            HttpSettings.defaults().withLimits(HttpLimits.defaults().withMemory(MEMORY)));

    @AutoClose("shutdownNow")
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private final List<Socket> open = new ArrayList<>();

    private void send(String request) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
        socket.setSoTimeout(TIMEOUT_MILLIS); // longer than the server waits for a head or a body
        open.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private CompletionService<String> responses() {
        CompletionService<String> reads = new ExecutorCompletionService<>(threads);
        open.forEach(socket -> reads.submit(() -> response(socket)));
        return reads;
    }

    /** The next responses; empty for a connection that is closed without one. */
    private static List<String> next(int count, CompletionService<String> reads) throws Exception {
        List<String> responses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            responses.add(reads.take().get());
        }
        return responses;
    }

    private static String response(Socket socket) {
        try {
            byte[] bytes = new byte[4096];
            int length = socket.getInputStream().read(bytes);
            return new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return ""; // reset, or closed by this test
        }
    }

    private void closeAll() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        open.clear();
    }

    /**
     * Sends twenty heads of 7 KiB, of which four fit, without their ends, and the ends when the others are closed.
     *
     * @return how many were served
     */
    private long servedOfTwentyHeads() throws Exception {
        for (int i = 0; i < 20; i++) {
            send(ApiFixture.head("GET", "/health/live", "x: " + "a".repeat(7 << 10)));
        }
        CompletionService<String> reads = responses();
        assertThat(next(16, reads)).containsOnly("");
        for (int i = 0; i < 20; i++) { // afterwards every selector of the server has seen the heads
            assertThat(api.bare("GET", "/health/live").status()).isEqualTo(200);
        }
        for (Socket socket : open) {
            try {
                socket.getOutputStream().write("\r\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // It is one of the closed ones.
            }
        }
        List<String> rest = next(4, reads);
        closeAll();
        return rest.stream().filter(text -> text.startsWith("HTTP/1.1 200 ")).count();
    }

    @Test
    void incomplete_heads_above_the_budget_are_closed_and_others_are_served() throws Exception {
        long begin = System.nanoTime();
        long served = servedOfTwentyHeads();
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("not by the time limit of a head")
                .isLessThan(JobServer.HEAD_TIMEOUT);
        assertThat(served).isPositive();

        served = servedOfTwentyHeads();
        for (long end = System.nanoTime() + RELEASE.toNanos(); served == 0 && System.nanoTime() < end; ) {
            served = servedOfTwentyHeads();
        }
        assertThat(served).as("when the others are gone").isPositive();
    }

    @Test
    void bodies_above_the_budget_are_503_and_others_are_read_when_they_are_gone() throws Exception {
        String head = ApiFixture.message("POST", "/jobs", "clinic-a", "Content-Length: 60000");
        for (int i = 0; i < 8; i++) {
            send(head + " ".repeat(40_000));
        }

        assertThat(next(7, responses()))
                .allMatch(text -> text.startsWith("HTTP/1.1 503 ") && text.contains("\r\nRetry-After: "));
        assertThat(api.bare("GET", "/health/live").status()).isEqualTo(200);

        closeAll();
        RawHttp.Answer answer = post(40_000);
        for (long end = System.nanoTime() + RELEASE.toNanos(); answer.status() == 503 && System.nanoTime() < end; ) {
            answer = post(40_000);
        }
        assertThat(answer.status()).isEqualTo(400); // a body of spaces
    }

    private RawHttp.Answer post(int length) {
        byte[] body = " ".repeat(length).getBytes(StandardCharsets.US_ASCII);
        return api.send("POST", "/jobs", body, "Content-Type: application/json");
    }
}
