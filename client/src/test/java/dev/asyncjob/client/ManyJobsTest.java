package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.asyncjob.client.JobState.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many jobs in one request, against a server that holds its answers until one of the jobs has ended. */
@Timeout(60)
class ManyJobsTest {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final UUID A = new UUID(0, 0xa);
    private static final UUID B = new UUID(0, 0xb);
    private static final UUID C = new UUID(0, 0xc);

    private record Asked(String line, @Nullable String prefer, List<UUID> ids) {}

    private record Fixed(int status, String body) {}

    private final Map<UUID, String> statuses = new HashMap<>();
    private final BlockingQueue<Fixed> fixed = new LinkedBlockingQueue<>();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private String links = "[{\"entity\":\"a\"}]";
    private final HttpServer server = started();
    private final ClientSettings settings = ClientSettings.of(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api"), "t0ken", "k3y");
    private final JobClient client = new JobClient(settings);

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private HttpServer started() {
        try {
            HttpServer fresh = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            fresh.setExecutor(threads);
            fresh.createContext("/", this::answer);
            fresh.start();
            return fresh;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        List<UUID> ids = ID.matcher(body)
                .results()
                .map(id -> UUID.fromString(id.group()))
                .toList();
        String prefer = exchange.getRequestHeaders().getFirst("Prefer");
        asked.add(new Asked(exchange.getRequestMethod() + " " + exchange.getRequestURI(), prefer, ids));
        Fixed answer = fixed.poll();
        if (answer == null) {
            answer = new Fixed(200, held(ids, prefer != null));
        }
        try (exchange) {
            if (prefer != null) {
                exchange.getResponseHeaders().set("Preference-Applied", prefer);
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Retry-After", "1");
            exchange.sendResponseHeaders(answer.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private synchronized String held(List<UUID> ids, boolean hold) throws IOException {
        try {
            while (hold && ids.stream().allMatch(id -> "PENDING".equals(statuses.get(id)))) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return ids.stream().map(this::entry).collect(Collectors.joining(",", "{\"data\":[", "]}"));
    }

    private String entry(UUID id) {
        String status = statuses.get(id);
        return status == null
                ? "{\"id\":\"" + id + "\",\"status\":404}"
                : "{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"%s\",\"links\":%s,\"status\":\"%s\"}"
                        .formatted(id, links, status);
    }

    private synchronized void set(String status, UUID... ids) {
        for (UUID id : ids) {
            statuses.put(id, status);
        }
        notifyAll();
    }

    private List<UUID> set(String status, int count) {
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(count).toList();
        set(status, ids.toArray(UUID[]::new));
        return ids;
    }

    private static <T> T answer(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    @Test
    void one_look_at_many_tells_of_those_that_are_there_in_the_order_of_the_ids() throws Exception {
        set("DONE", A);
        set("PENDING", C);

        Map<UUID, JobState> found = answer(client.statuses(List.of(C, B, A)));

        assertThat(found.keySet()).containsExactly(C, A);
        assertThat(found.get(A)).extracting(JobState::status).isEqualTo(Status.DONE);
        assertThat(found.get(C)).extracting(JobState::links).isEqualTo(List.of(new JobState.Link("a", null, null)));
        assertThat(asked)
                .containsExactly(new Asked("POST /api/patients/composition/job/statuses", null, List.of(C, B, A)));
    }

    @Test
    void more_than_a_hundred_go_in_pieces() throws Exception {
        List<UUID> ids = set("PENDING", 250);

        assertThat(answer(client.statuses(ids)).keySet()).containsExactlyElementsOf(ids);

        assertThat(asked.stream().map(request -> request.ids().size())).containsExactly(100, 100, 50);
    }

    @Test
    void none_take_no_request() throws Exception {
        assertThat(answer(client.statuses(List.of()))).isEmpty();
        assertThat(answer(client.awaitAll(List.of()))).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void all_are_awaited_with_one_open_request_for_those_that_have_not_ended() throws Exception {
        set("PENDING", A, B, C);
        CompletableFuture<Map<UUID, JobState>> end = client.awaitAll(List.of(A, B, C, A));

        assertThat(asked.take())
                .isEqualTo(new Asked("POST /api/patients/composition/job/statuses", "wait=55", List.of(A, B, C)));
        set("FAILED", B);
        assertThat(asked.take().ids()).containsExactly(A, C);
        set("DONE", C);
        assertThat(asked.take().ids()).containsExactly(A);
        assertThat(end).isNotDone();
        set("DONE", A);

        assertThat(answer(end).values().stream().map(JobState::status))
                .containsExactly(Status.DONE, Status.FAILED, Status.DONE);
        assertThat(asked).isEmpty();
    }

    @Test
    void a_job_takes_the_place_of_one_that_has_ended() throws Exception {
        List<UUID> ids = set("PENDING", 102);
        CompletableFuture<Map<UUID, JobState>> end = client.awaitAll(ids);

        assertThat(asked.take().ids()).isEqualTo(ids.subList(0, 100));
        set("DONE", ids.get(7));
        List<UUID> next = new ArrayList<>(ids.subList(0, 101));
        next.remove(7);
        assertThat(asked.take().ids()).isEqualTo(next);
        set("DONE", ids.toArray(UUID[]::new));

        assertThat(answer(end).keySet()).containsExactlyElementsOf(ids);
        assertThat(asked.stream().map(request -> request.ids().size())).containsExactly(1);
    }

    @Test
    void a_job_that_is_not_there_is_not_awaited() throws Exception {
        set("DONE", A);

        assertThat(answer(client.awaitAll(List.of(B, A, C))).keySet()).containsExactly(A);
        assertThat(asked).hasSize(1);
    }

    @Test
    void a_status_of_a_newer_server_is_no_end_and_is_asked_for_with_pauses() throws Exception {
        set("ON_HOLD", A);
        CompletableFuture<Map<UUID, JobState>> end = client.awaitAll(List.of(A));
        asked.take();
        long begin = System.nanoTime();
        asked.take();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
        set("DONE", A);
        assertThat(answer(end).get(A)).extracting(JobState::status).isEqualTo(Status.DONE);
    }

    @Test
    void a_client_that_must_not_hold_asks_when_the_server_says() throws Exception {
        set("PENDING", A);
        CompletableFuture<Map<UUID, JobState>> end =
                new JobClient(settings.withHold(Duration.ZERO)).awaitAll(List.of(A));
        assertThat(asked.take().prefer()).isNull();
        set("DONE", A);
        assertThat(answer(end).get(A)).extracting(JobState::status).isEqualTo(Status.DONE);
    }

    @Test
    void what_does_not_answer_every_job_is_asked_again() throws Exception {
        set("DONE", A);
        fixed.add(new Fixed(200, "{\"data\":[]}"));
        fixed.add(new Fixed(503, ""));

        assertThat(answer(client.awaitAll(List.of(A)))).containsOnlyKeys(A);
        assertThat(asked).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "{\"data\":{}}", "{\"data\":[7]}", "{\"data\":[{\"id\":\"x\"}]}"})
    void what_lists_no_jobs_is_no_answer(String body) {
        assertThatIllegalArgumentException().isThrownBy(() -> JobState.several(body));
    }

    @Test
    void what_is_refused_is_not_asked_again() {
        fixed.add(new Fixed(405, "{\"error\":{\"message\":\"Method not allowed\"}}"));

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> answer(client.statuses(List.of(A))))
                .withCauseInstanceOf(JobClientException.class)
                .withMessageContaining("405 Method not allowed");
        assertThat(asked).hasSize(1);
    }

    @Test
    void an_answer_may_have_the_size_of_a_hundred_jobs() throws Exception {
        links = "[{\"entity\":\"a\",\"href\":\"" + "x".repeat(20_000) + "\"}]";
        List<UUID> ids = set("DONE", 100);

        assertThat(answer(client.statuses(ids))).hasSize(100);
    }
}
