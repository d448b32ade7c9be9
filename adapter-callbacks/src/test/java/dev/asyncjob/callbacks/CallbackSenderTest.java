package dev.asyncjob.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import dev.asyncjob.callbacks.CallbackSender.Result;
import dev.asyncjob.callbacks.CallbackSender.Verdict;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CallbackSenderTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00.700Z");
    private static final String ID = "01a20a7f-0000-7000-8000-000000000001";
    private static final String BODY = "{\"type\":\"job.ended\"}";
    /** The limit where nothing is to come in time. */
    private static final Duration AT_ONCE = Duration.ofMillis(700);

    /** The limit where some of it is to come in time, on a busy machine too. */
    private static final Duration SHORT = Duration.ofSeconds(3);

    private static final CallbackSettings LOOPBACK =
            CallbackSettings.defaults().withAllowedNetworks(List.of("127.0.0.0/8"));

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);

    @AfterEach
    void close() throws Exception {
        end.countDown();
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    @Test
    void a_delivery_is_a_signed_post_of_json() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(204));
        assertThat(send(sender(LOOPBACK), endpoint)).isEqualTo(new Result(Verdict.DELIVERED, true, ""));
        TestEndpoint.Received request = endpoint.next();
        assertThat(request.line()).isEqualTo("POST /hooks?a=b HTTP/1.1");
        assertThat(request.body()).isEqualTo(BODY);
        assertThat(request.headers())
                .containsEntry("host", TestEndpoint.NAME + ":" + endpoint.port())
                .containsEntry("content-type", "application/json")
                .containsEntry("user-agent", "asyncjob")
                .containsEntry("connection", "close")
                .containsEntry("webhook-id", ID)
                .containsEntry("webhook-timestamp", Long.toString(NOW.getEpochSecond()))
                .containsEntry(
                        "webhook-signature",
                        Signature.of(
                                ID,
                                NOW.getEpochSecond(),
                                BODY.getBytes(StandardCharsets.UTF_8),
                                List.of(TestEndpoint.SECRET)))
                .doesNotContainKeys("accept-encoding", "cookie", "authorization", "expect");
    }

    @Test
    void while_a_secret_is_rolled_both_sign() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        Endpoint rolling = endpoint.endpoint(TestEndpoint.NAME, TestEndpoint.SECRET, TestEndpoint.OLD_SECRET);
        assertThat(sender(LOOPBACK)
                        .send(rolling, ID, BODY.getBytes(StandardCharsets.UTF_8))
                        .verdict())
                .isEqualTo(Verdict.DELIVERED);
        assertThat(endpoint.next().header("webhook-signature")).matches("v1,\\S{44} v1,\\S{44}");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202, 204, 299})
    void a_status_of_200_to_299_is_a_delivery(int status) throws Exception {
        assertThat(send(sender(LOOPBACK), https(TestEndpoint.status(status))))
                .isEqualTo(new Result(Verdict.DELIVERED, true, ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 304, 400, 401, 403, 404, 407, 409, 418, 429, 500, 503, 599})
    void every_other_status_is_a_failure_that_names_it(int status) throws Exception {
        TestEndpoint.Answer answer = TestEndpoint.status(
                status, "WWW-Authenticate: Basic realm=\"secret realm\"", "Proxy-Authenticate: Basic realm=\"x\"");
        assertThat(send(sender(LOOPBACK), https(answer)))
                .isEqualTo(new Result(Verdict.FAILED, true, "endpoint answered " + status));
    }

    @Test
    void an_endpoint_that_answers_410_wants_no_more() throws Exception {
        assertThat(send(sender(LOOPBACK), https(TestEndpoint.status(410))))
                .isEqualTo(new Result(Verdict.GONE, true, "endpoint answered 410"));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void a_redirect_is_not_followed(int status) throws Exception {
        TestEndpoint target = https(TestEndpoint.status(200));
        String location = "Location: " + target.endpoint().url();
        assertThat(send(sender(LOOPBACK), https(TestEndpoint.status(status, location))))
                .isEqualTo(new Result(Verdict.FAILED, true, "endpoint answered " + status));
        assertThat(target.accepted).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({"401, WWW-Authenticate", "407, Proxy-Authenticate"})
    void a_challenge_with_a_long_body_is_a_status_like_others(int status, String header) throws Exception {
        TestEndpoint.Answer answer = (out, connection) -> {
            TestEndpoint.text("HTTP/1.1 %d X\r\n%s: Basic realm=\"x\"\r\nContent-Length: 60000\r\n\r\n"
                            .formatted(status, header))
                    .write(out, connection);
            out.write(new byte[60_000]);
        };
        assertThat(send(sender(LOOPBACK), https(answer)))
                .isEqualTo(new Result(Verdict.FAILED, true, "endpoint answered " + status));
    }

    @Test
    void interim_answers_are_skipped() throws Exception {
        TestEndpoint.Answer answer = (out, connection) -> {
            TestEndpoint.text("HTTP/1.1 100 Continue\r\n\r\n").write(out, connection);
            TestEndpoint.text("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n").write(out, connection);
            TestEndpoint.status(202).write(out, connection);
        };
        assertThat(send(sender(LOOPBACK), https(answer)).verdict()).isEqualTo(Verdict.DELIVERED);
    }

    @Test
    void cookies_are_not_kept_and_neither_are_connections() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200, "Set-Cookie: a=b"));
        CallbackSender sender = sender(LOOPBACK);
        for (int i = 0; i < 3; i++) {
            assertThat(send(sender, endpoint).verdict()).isEqualTo(Verdict.DELIVERED);
            assertThat(endpoint.next().headers()).doesNotContainKey("cookie");
        }
        assertThat(endpoint.accepted).hasValue(3);
    }

    @Test
    void nothing_is_remembered_of_ended_deliveries() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        CallbackSender sender = sender(LOOPBACK);
        for (int i = 0; i < 20; i++) {
            assertThat(send(sender, endpoint).verdict()).isEqualTo(Verdict.DELIVERED);
        }
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!sender.client.getDestinations().isEmpty() && System.nanoTime() < limit) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        assertThat(sender.client.getDestinations()).isEmpty();
    }

    @Test
    void the_proxy_of_the_jvm_is_not_used() throws Exception {
        TestEndpoint proxy = TestEndpoint.http(TestEndpoint.status(200));
        opened.add(proxy);
        System.setProperty("https.proxyHost", "127.0.0.1");
        System.setProperty("https.proxyPort", Integer.toString(proxy.port()));
        try {
            assertThat(send(sender(LOOPBACK), https(TestEndpoint.status(200))).verdict())
                    .isEqualTo(Verdict.DELIVERED);
        } finally {
            System.clearProperty("https.proxyHost");
            System.clearProperty("https.proxyPort");
        }
        assertThat(proxy.accepted).hasValue(0);
    }

    @Test
    void encoded_content_is_not_decoded() throws Exception {
        TestEndpoint.Answer answer =
                TestEndpoint.text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip");
        assertThat(send(sender(LOOPBACK), https(answer)).verdict()).isEqualTo(Verdict.DELIVERED);
    }

    @Test
    void an_endpoint_that_does_not_answer_fails_in_time() throws Exception {
        assertFailsInTime(https((out, connection) -> end.await()), "no answer in time");
    }

    @Test
    void a_head_that_comes_byte_by_byte_fails_in_time() throws Exception {
        assertFailsInTime(
                https((out, connection) -> {
                    out.write("HTTP/1.1 200 OK\r\nX: ".getBytes(StandardCharsets.US_ASCII));
                    drip(out);
                }),
                "no answer in time");
    }

    @Test
    void a_server_that_accepts_and_does_nothing_of_tls_fails_in_time() throws Exception {
        ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        opened.add(silent);
        URI url = URI.create("https://" + TestEndpoint.NAME + ":" + silent.getLocalPort() + "/");
        Endpoint endpoint = new Endpoint(url, Set.of(), List.of(TestEndpoint.SECRET));
        long start = System.nanoTime();
        assertThat(sender(AT_ONCE).send(endpoint, ID, new byte[0])).isEqualTo(Result.failed("no answer in time"));
        assertElapsed(AT_ONCE, start);
    }

    /** It is delivered: another attempt would knowingly deliver it twice. */
    @Test
    void a_body_that_comes_byte_by_byte_ends_in_time_and_its_status_counts() throws Exception {
        TestEndpoint endpoint = https((out, connection) -> {
            out.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            drip(out);
        });
        CallbackSender sender = sender(SHORT);
        long start = System.nanoTime();
        assertThat(send(sender, endpoint)).isEqualTo(new Result(Verdict.DELIVERED, true, ""));
        assertElapsed(SHORT, start);
    }

    @Test
    void gigabytes_are_not_read_and_the_connection_is_closed() throws Exception {
        AtomicLong written = new AtomicLong();
        CountDownLatch closed = new CountDownLatch(1);
        TestEndpoint endpoint = https((out, connection) -> {
            out.write("HTTP/1.1 500 Oh\r\nContent-Length: 9999999999\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] block = new byte[8192];
            try {
                while (true) {
                    out.write(block);
                    written.addAndGet(block.length);
                }
            } finally {
                closed.countDown();
            }
        });
        assertThat(send(sender(LOOPBACK), endpoint))
                .isEqualTo(new Result(Verdict.FAILED, true, "endpoint answered 500"));
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
        // What was not read filled the buffers of two sockets.
        assertThat(written.get()).isBetween((long) CallbackSender.MAX_RESPONSE, 32L << 20);
    }

    @Test
    void a_head_of_more_than_16_kib_is_refused() throws Exception {
        String answer = "HTTP/1.1 200 OK\r\nX: " + "x".repeat(40_000) + "\r\nContent-Length: 0\r\n\r\n";
        Result result = send(sender(LOOPBACK), https(TestEndpoint.text(answer)));
        assertThat(result.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(result.reason()).isIn("answer is not HTTP", "connection lost");
    }

    @Test
    void what_is_not_http_fails_without_its_words() throws Exception {
        assertThat(send(sender(LOOPBACK), https(TestEndpoint.text("SSH-2.0-secret words\r\n\r\n"))))
                .isEqualTo(Result.failed("answer is not HTTP"));
    }

    @Test
    void a_connection_that_is_closed_or_reset_fails() throws Exception {
        assertThat(send(sender(LOOPBACK), https((out, connection) -> {}))).isEqualTo(Result.failed("connection lost"));
        TestEndpoint resetting = TestEndpoint.http((out, connection) -> reset(connection));
        opened.add(resetting);
        CallbackSettings plain = LOOPBACK.withPlaintextToLoopback();
        assertThat(send(sender(plain), resetting, "127.0.0.1")).isEqualTo(Result.failed("connection lost"));
    }

    @Test
    void a_port_without_a_server_refuses_the_connection() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        Endpoint closed = endpoint.endpoint();
        endpoint.close();
        assertThat(sender(LOOPBACK).send(closed, ID, new byte[0])).isEqualTo(Result.failed("connection refused"));
    }

    @Test
    void a_certificate_of_another_name_is_refused() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        assertThat(send(sender(LOOPBACK), endpoint, "other.example.test"))
                .isEqualTo(Result.failed("TLS failed: certificate or protocol"));
        assertThat(endpoint.requests).isEmpty();
    }

    @Test
    void a_certificate_that_the_jvm_does_not_trust_is_refused() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        CallbackSender sender =
                new CallbackSender(LOOPBACK, () -> NOW, CallbackSender.LIMIT, CallbackSenderTest::loopback, null);
        opened.add(sender);
        assertThat(send(sender, endpoint)).isEqualTo(Result.failed("TLS failed: certificate or protocol"));
        assertThat(endpoint.requests).isEmpty();
    }

    @Test
    void the_address_of_the_first_resolution_is_connected_to_and_a_later_delivery_sees_the_new_one() throws Exception {
        TestEndpoint first = TestEndpoint.https("127.0.0.2", TestEndpoint.status(200));
        opened.add(first);
        AtomicInteger asked = new AtomicInteger();
        Deque<String> addresses = new ArrayDeque<>(List.of("127.0.0.2", "127.0.0.1", "127.0.0.1"));
        CallbackSender sender =
                sender(CallbackSettings.defaults().withAllowedNetworks(List.of("127.0.0.2/32")), name -> {
                    asked.incrementAndGet();
                    return List.of(InetAddress.getByName(addresses.remove()));
                });
        assertThat(send(sender, first).verdict()).isEqualTo(Verdict.DELIVERED);
        assertThat(asked).hasValue(1);
        assertThat(send(sender, first)).isEqualTo(Result.refused("address is not allowed"));
        assertThat(asked).hasValue(2);
        assertThat(first.accepted).hasValue(1);
    }

    @Test
    void a_name_with_one_address_that_is_not_allowed_is_refused() throws Exception {
        TestEndpoint endpoint = TestEndpoint.https("127.0.0.2", TestEndpoint.status(200));
        opened.add(endpoint);
        CallbackSettings one = CallbackSettings.defaults().withAllowedNetworks(List.of("127.0.0.2/32"));
        for (List<String> addresses :
                List.of(List.of("127.0.0.2", "10.0.0.1"), List.of("169.254.169.254", "127.0.0.2"), List.<String>of())) {
            CallbackSender sender = sender(one, name -> {
                List<InetAddress> found = new ArrayList<>();
                for (String address : addresses) {
                    found.add(InetAddress.getByName(address));
                }
                return found;
            });
            assertThat(send(sender, endpoint)).isEqualTo(Result.refused("address is not allowed"));
        }
        assertThat(endpoint.accepted).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "127.1",
                "2130706433",
                "0x7f000001",
                "0x7f.1",
                "0177.0.0.1",
                "localhost",
                "169.254.169.254",
                "0",
                "0.0.0.0"
            })
    void no_notation_of_a_local_address_gets_through(String host) throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        CallbackSender sender = new CallbackSender(CallbackSettings.defaults(), () -> NOW);
        opened.add(sender);
        Result result = send(sender, endpoint, host);
        assertThat(result.verdict()).isIn(Verdict.REFUSED, Verdict.FAILED);
        assertThat(result.reason()).isIn("address is not allowed", "endpoint is not https", "host name is unknown");
        assertThat(endpoint.accepted).hasValue(0);
    }

    @Test
    void plaintext_is_for_literal_loopback_addresses_and_only_where_the_settings_allow_it() throws Exception {
        TestEndpoint endpoint = TestEndpoint.http(TestEndpoint.status(200));
        opened.add(endpoint);
        CallbackSettings plain = CallbackSettings.defaults().withPlaintextToLoopback();
        assertThat(send(sender(plain), endpoint, "127.0.0.1").verdict()).isEqualTo(Verdict.DELIVERED);
        assertThat(endpoint.next().header("webhook-id")).isEqualTo(ID);
        for (String other : List.of("localhost", TestEndpoint.NAME, "127.0.0.1.example.test", "8.8.8.8")) {
            assertThat(send(sender(plain), endpoint, other)).isEqualTo(Result.refused("endpoint is not https"));
        }
        assertThat(send(sender(LOOPBACK), endpoint, "127.0.0.1")).isEqualTo(Result.refused("endpoint is not https"));
        assertThat(endpoint.accepted).hasValue(1);
    }

    @Test
    void a_name_that_is_not_known_fails() throws Exception {
        CallbackSender sender = sender(LOOPBACK, name -> {
            throw new UnknownHostException(name);
        });
        assertThat(send(sender, https(TestEndpoint.status(200)))).isEqualTo(Result.failed("host name is unknown"));
    }

    @Test
    void a_name_that_is_not_resolved_fails_in_time_and_delays_no_other_name() throws Exception {
        TestEndpoint endpoint = https(TestEndpoint.status(200));
        AtomicInteger asked = new AtomicInteger();
        CallbackSender sender = new CallbackSender(
                LOOPBACK,
                () -> NOW,
                SHORT,
                name -> {
                    if (!name.equals(TestEndpoint.NAME)) {
                        asked.incrementAndGet();
                        awaitEnd();
                    }
                    return loopback(name);
                },
                TestEndpoint.trust());
        opened.add(sender);
        ExecutorService threads = Executors.newFixedThreadPool(HostNames.MAX_THREADS + 8);
        opened.add(threads::shutdownNow);
        List<Future<Result>> slow = new ArrayList<>();
        for (int i = 0; i < HostNames.MAX_THREADS + 8; i++) { // many deliveries of one name have one thread
            slow.add(threads.submit(() -> send(sender, endpoint, "slow.example.test")));
        }
        assertThat(send(sender, endpoint).verdict()).isEqualTo(Verdict.DELIVERED);
        for (Future<Result> delivery : slow) {
            assertThat(delivery.get()).isEqualTo(Result.failed("host name was not resolved in time"));
        }
        assertThat(asked).hasValue(1);
        for (int i = 1; i < HostNames.MAX_THREADS; i++) { // as many names as threads, with the one above
            String name = "slow%d.example.test".formatted(i);
            slow.add(threads.submit(() -> send(sender, endpoint, name)));
        }
        for (Future<Result> delivery : slow) {
            assertThat(delivery.get()).isEqualTo(Result.failed("host name was not resolved in time"));
        }
        assertThat(asked).hasValue(HostNames.MAX_THREADS);
        assertThat(send(sender, endpoint)).isEqualTo(Result.failed("host name was not resolved in time"));
    }

    @Test
    void an_interrupt_ends_a_delivery() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        TestEndpoint endpoint = https((out, connection) -> {
            arrived.countDown();
            end.await();
        });
        CallbackSender sender = sender(LOOPBACK);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        opened.add(thread::shutdownNow);
        thread.execute(() -> {
            try {
                send(sender, endpoint);
            } catch (Exception e) {
                // It is what the test expects.
            }
        });
        assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
        thread.shutdownNow();
        assertThat(thread.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void the_limits_are_ten_seconds_and_64_kib() {
        assertThat(CallbackSender.LIMIT).isEqualTo(Duration.ofSeconds(10));
        assertThat(CallbackSender.MAX_RESPONSE).isEqualTo(65_536);
    }

    private void assertFailsInTime(TestEndpoint endpoint, String reason) throws Exception {
        CallbackSender sender = sender(AT_ONCE);
        long start = System.nanoTime();
        assertThat(send(sender, endpoint)).isEqualTo(Result.failed(reason));
        assertElapsed(AT_ONCE, start);
    }

    private static void assertElapsed(Duration limit, long start) {
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(limit, limit.plusSeconds(10));
    }

    /** Writes a byte now and then, until the connection is closed. */
    private static void drip(OutputStream out) throws IOException {
        while (true) {
            out.write('x');
            out.flush();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private static void reset(Socket connection) throws IOException {
        connection.setSoLinger(true, 0);
        connection.close();
    }

    private void awaitEnd() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TestEndpoint https(TestEndpoint.Answer answer) {
        TestEndpoint endpoint = TestEndpoint.https(answer);
        opened.add(endpoint);
        return endpoint;
    }

    private CallbackSender sender(Duration limit) {
        CallbackSender sender =
                new CallbackSender(LOOPBACK, () -> NOW, limit, CallbackSenderTest::loopback, TestEndpoint.trust());
        opened.add(sender);
        return sender;
    }

    private CallbackSender sender(CallbackSettings settings) {
        return sender(settings, CallbackSenderTest::loopback);
    }

    private CallbackSender sender(CallbackSettings settings, HostNames.Resolver resolver) {
        CallbackSender sender =
                new CallbackSender(settings, () -> NOW, CallbackSender.LIMIT, resolver, TestEndpoint.trust());
        opened.add(sender);
        return sender;
    }

    private static List<InetAddress> loopback(String name) throws UnknownHostException {
        return List.of(InetAddress.getAllByName("127.0.0.1"));
    }

    private static Result send(CallbackSender sender, TestEndpoint endpoint) throws InterruptedException {
        return send(sender, endpoint, TestEndpoint.NAME);
    }

    private static Result send(CallbackSender sender, TestEndpoint endpoint, String host) throws InterruptedException {
        return sender.send(endpoint.endpoint(host), ID, BODY.getBytes(StandardCharsets.UTF_8));
    }
}
