package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.asyncjob.client.JobState.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against answers that a newer server, or a proxy before it, may give. */
@Timeout(60)
class NewerServerTest {
    private static final UUID ID = UUID.fromString("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59");
    private static final Instant END = Instant.parse("2022-10-24T12:35:51.201Z");

    private record Answer(int status, String body, List<String> headers) {}

    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Headers> asked = new LinkedBlockingQueue<>();
    private final HttpServer server = server();
    private final ClientSettings settings = ClientSettings.of(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()), "t0ken", "k3y");
    private final JobClient client = new JobClient(settings);

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private HttpServer server() {
        try {
            HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            made.createContext("/", this::answer);
            made.start();
            return made;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Gives the next answer; the last one again and again. */
    private void answer(HttpExchange exchange) throws IOException {
        asked.add(exchange.getRequestHeaders());
        Answer answer = answers.size() > 1 ? answers.remove() : answers.element();
        try (exchange) {
            for (int i = 0; i < answer.headers().size(); i += 2) {
                exchange.getResponseHeaders()
                        .set(answer.headers().get(i), answer.headers().get(i + 1));
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private void answers(int status, String body, String... headers) {
        answers.add(new Answer(status, body, List.of(headers)));
    }

    private static String job(String status) {
        return "{\"data\":{\"eta\":\"" + END + "\",\"id\":\"" + ID + "\",\"doneAt\":\"" + END
                + "\",\"links\":[{\"entity\":\"a/b\",\"href\":\"b/7\"}],\"status\":\"" + status + "\"}}";
    }

    private JobState status() throws Exception {
        return client.status(ID).get().orElseThrow();
    }

    @Test
    void fields_it_does_not_know_are_ignored_wherever_they_are() throws Exception {
        String extra = "\"new\":{\"deep\":[1e3,null,true,{\"status\":\"FAILED\"}],\"id\":7}";
        answers(
                200,
                job("DONE")
                        .replace("{\"data\":{", "{" + extra + ",\"data\":{" + extra + ",")
                        .replace("{\"entity\"", "{" + extra + ",\"entity\""));

        assertThat(status())
                .isEqualTo(new JobState(
                        ID,
                        Status.DONE,
                        END,
                        END,
                        List.of(new JobState.Link("a/b", "b/7", null)),
                        "DONE",
                        JobState.Extras.NONE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e9999", "DIGITS", "DEEP"})
    void a_field_it_does_not_know_may_have_any_value(String value) throws Exception {
        String text = value.replace("DIGITS", "7".repeat(101)).replace("DEEP", "[".repeat(65) + "]".repeat(65));
        answers(200, job("DONE").replace("{\"data\":{", "{\"new\":" + text + ",\"data\":{\"new\":" + text + ","));

        assertThat(status().status()).isEqualTo(Status.DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CANCELLED", "done", ""})
    void a_status_it_does_not_know_is_no_end_and_is_shown(String text) throws Exception {
        answers(200, job(text), "Retry-After", "1");
        answers(200, job(text + "-2"), "Retry-After", "1");
        answers(200, job("DONE"));
        List<String> told = new ArrayList<>();

        JobState end = client.watch(ID, state -> told.add(state.status() + " " + state.statusText() + state.hasEnded()))
                .get();

        assertThat(end.status()).isEqualTo(Status.DONE);
        assertThat(told).containsExactly("OTHER " + text + "false", "OTHER " + text + "-2false", "DONE DONEtrue");
    }

    @Test
    void a_status_it_does_not_know_is_waited_on_until_the_caller_gives_up_with_growing_pauses() throws Exception {
        answers(200, job("CANCELLED"));
        CompletableFuture<JobState> end = client.await(ID);
        asked.take();
        long first = System.nanoTime();
        asked.take();
        long second = System.nanoTime();
        asked.take();

        assertThat(Duration.ofNanos(second - first)).isGreaterThan(Duration.ofMillis(900));
        assertThat(Duration.ofNanos(System.nanoTime() - second)).isGreaterThan(Duration.ofMillis(1900));
        assertThat(end).isNotDone();
        end.orTimeout(1, TimeUnit.MILLISECONDS);
        assertThat(end).failsWithin(Duration.ofSeconds(10));
    }

    @Test
    void a_byte_order_mark_is_ignored() throws Exception {
        answers(200, "\uFEFF" + job("DONE"), "Content-Type", "application/json; charset=\"UTF-8\"; profile=x; v=2");

        assertThat(status().status()).isEqualTo(Status.DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"soon\"", "null", "17", "\"2022-10-24\"", "{}"})
    void a_time_it_cannot_read_is_absent(String time) throws Exception {
        answers(200, job("DONE").replace("\"" + END + "\"", time));

        JobState state = status();

        assertThat(state.status()).isEqualTo(Status.DONE);
        assertThat(state.eta()).isNull();
        assertThat(state.doneAt()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "[7,null,[],{},{\"entity\":{}}]", "\"a\""})
    void links_it_cannot_read_are_absent(String links) throws Exception {
        answers(200, job("DONE").replaceAll("\\[.*]", links));

        assertThat(status().links()).isEmpty();
    }

    @Test
    void another_form_of_success_is_one() throws Exception {
        answers(201, job("PENDING"));

        assertThat(client.schedule(JobRequest.of("a", "b")).get().id()).isEqualTo(ID);
    }

    @Test
    void an_error_of_a_new_code_and_shape_fails_with_its_status() {
        answers(418, "\uFEFF{\"meta\":{\"code\":\"E418\"},\"error\":{\"type\":\"teapot\",\"message\":[\"no\"]}}");
        answers(422, "{\"error\":{\"type\":\"new\",\"message\":\"never\",\"more\":{}}}");

        assertThat(client.await(ID))
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("418 without a message");
        assertThat(client.await(ID))
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("422 never");
    }

    @Test
    void a_tag_that_a_proxy_made_weak_or_removed_changes_nothing() throws Exception {
        String pending = job("PENDING");
        answers(200, pending, "ETag", "W/\"1\"", "Retry-After", "1");
        answers(200, pending, "ETag", "\"1\"", "Retry-After", "1");
        answers(200, pending, "ETag", "\"\u00e9\"", "Retry-After", "1");
        answers(200, pending, "Retry-After", "1");
        answers(200, job("DONE"));
        List<Status> told = new ArrayList<>();
        long begin = System.nanoTime();

        client.watch(ID, state -> told.add(state.status())).get();

        assertThat(told).containsExactly(Status.PENDING, Status.DONE);
        assertThat(asked.stream().map(headers -> headers.getFirst("If-None-Match")))
                .containsExactly(null, "W/\"1\"", "\"1\"", null, null);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(3));
    }

    @Test
    void a_page_instead_of_an_answer_is_asked_again_while_there_is_patience() throws Exception {
        answers(200, "<html>maintenance</html>", "Content-Type", "text/html");
        answers(200, job("DONE"));

        assertThat(client.await(ID).get().status()).isEqualTo(Status.DONE);
        assertThat(asked).hasSize(2);
    }

    @Test
    void a_page_instead_of_an_answer_is_an_error_in_the_end() {
        answers(200, "<html>", "Retry-After", "1");

        assertThat(new JobClient(settings.withPatience(Duration.ofMillis(1500))).await(ID))
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("not readable");
        assertThat(asked).hasSize(2);
    }
}
