package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bearer tokens of a supplier, against a server that takes one of them. */
@Timeout(60)
class TokensTest {
    private static final UUID ID = new UUID(0, 7);
    private static final String GOOD = "Bearer good";

    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final HttpServer server = started();

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    private HttpServer started() {
        try {
            HttpServer fresh = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            fresh.createContext("/", this::answer);
            fresh.start();
            return fresh;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        String credentials = exchange.getRequestHeaders().getFirst("Authorization");
        asked.add(credentials);
        byte[] body = "{\"error\":{\"message\":\"Invalid access token\"}}".getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(credentials.equals(GOOD) ? 404 : 401, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private JobClient client(Supplier<String> tokens) {
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new JobClient(ClientSettings.of(url, tokens, "k3y"));
    }

    /** Gives one token after the other. */
    private JobClient client(String... tokens) {
        Queue<String> next = new ArrayDeque<>(List.of(tokens));
        return client(next::remove);
    }

    private static JobClientException failure(CompletableFuture<?> call) {
        ExecutionException thrown = catchThrowableOfType(ExecutionException.class, call::get);
        return (JobClientException) Objects.requireNonNull(thrown.getCause());
    }

    @Test
    void an_expired_token_is_replaced_and_the_request_sent_once_more() throws Exception {
        assertThat(client("old", "good").status(ID).get()).isEqualTo(Optional.empty());
        assertThat(asked).containsExactly("Bearer old", GOOD);
    }

    @Test
    void every_request_asks_for_its_token() throws Exception {
        JobClient client = client("good", "good");
        client.status(ID).get();
        client.status(ID).get();
        assertThat(asked).containsExactly(GOOD, GOOD);
    }

    @Test
    void a_second_refusal_is_final() {
        assertThat(failure(client("old", "older", "good").status(ID)).status()).isEqualTo(401);
        assertThat(asked).containsExactly("Bearer old", "Bearer older");
    }

    @Test
    void a_token_that_stays_the_same_is_sent_once() {
        assertThat(failure(client(() -> "old").status(ID))).hasMessage("401 Invalid access token");
        assertThat(asked).containsExactly("Bearer old");
    }

    static Stream<Supplier<String>> badSuppliers() {
        return Stream.of(TokensTest::none, () -> "", () -> "a b", () -> "a\r\nx: y", () -> "\u00e9");
    }

    @SuppressWarnings("NullAway") // against the rule
    private static String none() {
        return null;
    }

    @ParameterizedTest
    @MethodSource("badSuppliers")
    void a_token_that_is_none_fails_the_call_and_nothing_is_sent(Supplier<String> bad) {
        assertThat(failure(client(bad).status(ID)))
                .hasMessage("the token supplier gave no token of visible ASCII")
                .hasNoCause();
        assertThat(asked).isEmpty();
    }

    @Test
    void a_supplier_that_throws_fails_the_call_and_not_the_next() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        JobClient client = client(() -> {
            if (calls.incrementAndGet() == 1) {
                throw new AssertionError("the secret of the provider");
            }
            return "good";
        });

        assertThat(failure(client.status(ID)))
                .hasMessage("the token supplier failed: java.lang.AssertionError")
                .hasCauseInstanceOf(AssertionError.class);
        assertThat(client.status(ID).get()).isEmpty();
    }

    @Test
    void a_supplier_that_throws_after_a_refusal_fails_the_call() {
        assertThat(failure(client("old").status(ID)))
                .hasMessage("the token supplier failed: java.util.NoSuchElementException");
    }

    @Test
    void a_supplier_that_does_not_return_blocks_no_caller_and_is_not_asked_again_meanwhile() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        JobClient client = client(() -> {
            calls.incrementAndGet();
            awaitQuietly(over);
            return "good";
        });
        CompletableFuture<?> cancelled = client.status(ID);
        CompletableFuture<?> other = client.status(ID);

        cancelled.cancel(true);
        over.countDown();

        assertThat(other.get()).isEqualTo(Optional.empty());
        assertThat(asked).containsExactly(GOOD);
        assertThat(calls).hasValue(1);
    }

    @Test
    @Tag("soak")
    void a_supplier_that_never_returns_fails_the_call() {
        JobClient client = client(() -> {
            awaitQuietly(over);
            return "good";
        });
        long start = System.nanoTime();

        assertThat(failure(client.status(ID))).hasMessage("the token supplier does not return");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    }

    @Test
    void a_supplier_that_does_not_return_is_asked_again_by_later_requests_a_few_times() {
        AtomicInteger calls = new AtomicInteger();
        Tokens tokens = new Tokens(
                () -> {
                    calls.incrementAndGet();
                    awaitQuietly(over);
                    return "good";
                },
                Duration.ofMillis(20));

        for (int request = 1; request <= 6; request++) {
            assertThat(failure(tokens.next())).hasMessage("the token supplier does not return");
        }
        assertThat(calls).hasValue(4);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
