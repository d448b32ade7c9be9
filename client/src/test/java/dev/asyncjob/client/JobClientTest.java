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
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against a server that answers as a test says, one answer after the other. */
@Timeout(60)
class JobClientTest {
    private static final UUID ID = UUID.fromString("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59");
    private static final String PENDING = "{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"" + ID
            + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}";
    private static final String DONE = "{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"" + ID
            + "\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/7\"}],\"status\":\"DONE\"}}";
    private static final String FAILED = DONE.replace("\"href\":\"composition/7\"", "\"error\":\"1000: gone\"")
            .replace("DONE", "FAILED");

    /** What the server does with one request. */
    @FunctionalInterface
    private interface Step {
        void answer(HttpExchange exchange) throws IOException;
    }

    private record Asked(String method, String path, String body, com.sun.net.httpserver.Headers headers) {
        String header(String name) {
            return headers.getFirst(name);
        }
    }

    private final BlockingQueue<Step> steps = new LinkedBlockingQueue<>();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server = serverAt(0);
    private final int port = server.getAddress().getPort();
    private final ClientSettings settings =
            ClientSettings.of(URI.create("http://127.0.0.1:" + port + "/api/"), "t0ken", "k3y");
    private final JobClient client = new JobClient(settings);

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private HttpServer serverAt(int at) {
        try {
            HttpServer fresh = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
            fresh.setExecutor(threads);
            fresh.createContext("/", exchange -> {
                asked.add(new Asked(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                        exchange.getRequestHeaders()));
                Step step = steps.poll();
                if (step == null) {
                    exchange.close();
                } else {
                    step.answer(exchange);
                }
            });
            fresh.start();
            return fresh;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void answers(int status, String body, String... headers) {
        steps.add(exchange -> send(exchange, status, body, headers));
    }

    private static void send(HttpExchange exchange, int status, String body, String... headers) throws IOException {
        try (exchange) {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static JobClientException failure(CompletableFuture<?> future) {
        try {
            future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return (JobClientException) java.util.Objects.requireNonNull(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it went well");
    }

    @Test
    void a_job_that_has_ended_takes_one_request() throws Exception {
        answers(200, DONE, "ETag", "\"1\"");

        JobState state = client.await(ID).get();

        assertThat(state.status()).isEqualTo(Status.DONE);
        assertThat(state.links().get(0).href()).isEqualTo("composition/7");
        assertThat(state.doneAt()).isEqualTo(state.eta()).isEqualTo("2022-10-24T12:35:51.201Z");
        Asked only = asked.take();
        assertThat(only.path()).isEqualTo("/api/patients/composition/job/" + ID);
        assertThat(only.header("Authorization")).isEqualTo("Bearer t0ken");
        assertThat(only.header("api-key")).isEqualTo("k3y");
        assertThat(only.header("Prefer")).isEqualTo("wait=55");
        assertThat(asked).isEmpty();
    }

    @Test
    void an_answer_that_is_held_is_waited_for() throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        steps.add(exchange -> {
            try {
                ready.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            send(exchange, 200, FAILED, "Preference-Applied", "wait=55");
        });
        CompletableFuture<JobState> end = client.await(ID);
        asked.take();
        assertThat(end).isNotDone();
        ready.countDown();

        assertThat(end.get().links().get(0).error()).isEqualTo("1000: gone");
    }

    @Test
    void a_server_that_does_not_hold_its_answer_is_asked_when_it_says() throws Exception {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "2");
        answers(200, DONE, "ETag", "\"2\"");
        long start = System.nanoTime();

        assertThat(client.await(ID).get().status()).isEqualTo(Status.DONE);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
        assertThat(asked).hasSize(2);
    }

    @Test
    void a_server_that_says_it_held_its_answer_and_did_not_is_not_asked_at_once() throws Exception {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "1", "Preference-Applied", "wait=55");
        answers(200, DONE, "ETag", "\"2\"");
        long start = System.nanoTime();

        client.await(ID).get();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_server_that_lets_its_clients_go_early_is_waited_for_again_soon() throws Exception {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "3600", "Preference-Applied", "wait=55");
        answers(200, DONE, "ETag", "\"2\"");

        assertThat(client.await(ID).get(20, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);
        assertThat(asked.stream().map(request -> request.header("Prefer"))).containsExactly("wait=55", "wait=55");
    }

    @Test
    void a_server_that_says_it_waits_and_never_does_is_asked_less_and_less() throws Exception {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "1");
        for (int i = 0; i < 2; i++) {
            answers(304, "", "ETag", "\"1\"", "Retry-After", "3600", "Preference-Applied", "wait=55");
        }
        answers(200, DONE, "ETag", "\"2\"");
        long start = System.nanoTime();

        client.watch(ID, state -> {}).get(20, TimeUnit.SECONDS);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void a_server_that_held_its_answer_is_asked_again_at_once() throws Exception {
        JobClient hasty = new JobClient(settings.withHold(Duration.ofSeconds(1)));
        steps.add(exchange -> {
            try {
                TimeUnit.SECONDS.sleep(1); // this is what holding an answer means
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            send(exchange, 200, PENDING, "Preference-Applied", "wait=1", "Retry-After", "60");
        });
        answers(200, DONE);

        assertThat(hasty.await(ID).get(20, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);
        assertThat(asked.take().header("Prefer")).isEqualTo("wait=1");
    }

    @Test
    void who_watches_is_told_of_every_state_once() throws Exception {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "1");
        answers(304, "", "ETag", "\"1\"", "Retry-After", "1");
        answers(200, PENDING.replace("49.956", "59.956"), "ETag", "\"2\"", "Retry-After", "60");
        answers(200, DONE, "ETag", "\"3\"");
        List<String> told = new ArrayList<>();

        JobState end = client.watch(ID, state -> told.add(state.status() + " " + state.eta()))
                .get();

        assertThat(end.status()).isEqualTo(Status.DONE);
        assertThat(told)
                .containsExactly(
                        "PENDING 2022-10-24T12:35:49.956Z",
                        "PENDING 2022-10-24T12:35:59.956Z",
                        "DONE 2022-10-24T12:35:51.201Z");
        assertThat(asked.stream().map(request -> request.header("If-None-Match")))
                .containsExactly(null, "\"1\"", "\"1\"", "\"2\"");
    }

    @Test
    void a_listener_that_throws_ends_the_watching() {
        answers(200, PENDING, "ETag", "\"1\"", "Retry-After", "1");

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> client.watch(ID, state -> {
                            throw new IllegalStateException("on purpose");
                        })
                        .get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void a_service_that_is_overloaded_is_asked_again_when_it_says(int status) throws Exception {
        answers(status, "", "Retry-After", "1");
        answers(200, DONE);
        long start = System.nanoTime();

        assertThat(client.await(ID).get().status()).isEqualTo(Status.DONE);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_service_that_is_restarted_is_found_again() throws Exception {
        steps.add(HttpExchange::close);
        CompletableFuture<JobState> end = client.await(ID);
        asked.take();
        server.stop(0);
        server = serverAt(port);
        answers(200, DONE);
        for (int i = 0; i < 5; i++) {
            answers(200, DONE);
        }

        assertThat(end.get().status()).isEqualTo(Status.DONE);
    }

    @Test
    void patience_ends() {
        server.stop(0);
        JobClientException failure = failure(new JobClient(settings.withPatience(Duration.ofMillis(600))).await(ID));

        assertThat(failure.status()).isZero();
        assertThat(failure).hasMessageStartingWith("no answer").hasMessageNotContaining("t0ken");
        assertThat(failure(new JobClient(settings.withPatience(Duration.ZERO)).status(ID))
                        .status())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 406, 302})
    void what_is_refused_is_not_asked_again(int status) {
        String body = "{\"meta\":{\"code\":401},\"error\":{\"type\":\"x\",\"message\":\"Invalid access token\"}}";
        answers(status, body, "x-request-id", "r-1", "Location", "http://127.0.0.1:" + port + "/elsewhere");

        JobClientException failure = failure(client.await(ID));

        assertThat(failure.status()).isEqualTo(status);
        assertThat(failure).hasMessage(status + " Invalid access token");
        assertThat(failure.requestId()).isEqualTo("r-1");
        assertThat(failure.isNotFound()).isEqualTo(status == 404);
        assertThat(asked).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{}", "[]", "{\"data\":{\"id\":\"x\"}}", "<html>"})
    void what_is_no_job_is_an_error(String body) {
        answers(200, body);

        assertThat(failure(new JobClient(settings.withPatience(Duration.ZERO)).await(ID))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void one_look_tells_how_a_job_goes_or_that_there_is_none() throws Exception {
        answers(200, PENDING);
        answers(404, "{}");

        assertThat(client.status(ID).get().orElseThrow().hasEnded()).isFalse();
        assertThat(client.status(ID).get()).isEmpty();
        assertThat(asked.take().header("Prefer")).isNull();
    }

    @Test
    void extras_are_asked_for_with_each_read_and_told() throws Exception {
        JobClient asking = new JobClient(settings.withExtras("result", "progress"));
        String extras =
                "\"progress\":12.5,\"message\":\"page 3\",\"result\":{\"a\": 1.10},\"code\":\"E-1\",\"reference\":\"№ 17\"}}";
        answers(200, DONE.replace("}}", "," + extras));
        answers(200, DONE.replace("{\"data\":{", "{\"data\":[{").replace("}}", "," + extras.replace("}}", "}]}")));

        JobState.Extras told = asking.await(ID).get().extras();
        assertThat(told).isEqualTo(new JobState.Extras(12.5, "page 3", "{\"a\": 1.10}", "E-1", "№ 17"));
        assertThat(asking.statuses(List.of(ID)).get().values().iterator().next().extras())
                .isEqualTo(told);
        assertThat(asked.take().headers().get("Prefer")).containsExactly("wait=55", "include=\"progress,result\"");
        assertThat(asked.take().headers().get("Prefer")).containsExactly("include=\"progress,result\"");
        assertThatIllegalArgumentException().isThrownBy(() -> settings.withExtras("a\"b"));
    }

    @Test
    void an_explanation_has_the_sentence_and_the_attempts() throws Exception {
        answers(
                200,
                "{\"data\":{\"id\":\"" + ID + "\",\"reason\":\"resting\",\"text\":\"Чекає.\",\"new\":{},\"attempts\":["
                        + "{\"attempt\":2,\"worker\":\"w\",\"startedAt\":\"2022-10-24T12:35:46.956Z\",\"endedAt\":"
                        + "\"2022-10-24T12:35:48.956Z\",\"outcome\":\"FAILED\",\"error\":\"no paper\"},"
                        + "{\"attempt\":1,\"worker\":\"w\",\"endedAt\":\"soon\",\"outcome\":\"OTHER\"},7]}}");
        answers(200, "{\"data\":{\"reason\":\"new\",\"text\":\"It is.\"}}");
        answers(404, "{}");

        assertThat(client.explain(ID, "uk").get())
                .contains(new JobExplanation(
                        "resting",
                        "Чекає.",
                        List.of(
                                new JobExplanation.Attempt(
                                        2,
                                        "w",
                                        Instant.parse("2022-10-24T12:35:46.956Z"),
                                        Instant.parse("2022-10-24T12:35:48.956Z"),
                                        "FAILED",
                                        "no paper"),
                                new JobExplanation.Attempt(1, "w", null, null, "OTHER", null))));
        assertThat(client.explain(ID, "en").get()).contains(new JobExplanation("new", "It is.", List.of()));
        assertThat(client.explain(ID, "en").get()).isEmpty();
        Asked first = asked.take();
        assertThat(first.method() + " " + first.path()).isEqualTo("GET /api/jobs/" + ID + "/explain");
        assertThat(first.header("Accept-Language")).isEqualTo("uk");
    }

    @Test
    void many_jobs_are_counted_cancelled_and_retried() throws Exception {
        BulkClient bulks = new BulkClient(settings);
        answers(200, "{\"data\":{\"matching\":7,\"more\":true}}");
        answers(200, "{\"data\":{\"matching\":7,\"alreadyRetried\":2,\"notKept\":3,\"more\":false,\"new\":1}}");
        answers(200, "{\"data\":{\"cancelled\":5,\"more\":true}}");
        answers(200, "{\"data\":{\"retried\":4,\"notKept\":3,\"more\":false}}");
        BulkClient.Filter all = new BulkClient.Filter(null, null, null, null, true);
        BulkClient.Filter some = new BulkClient.Filter("mail", "a/b", "\"17\"", true, false);

        assertThat(bulks.preview(BulkClient.Action.CANCEL, some, 7).get())
                .isEqualTo(new BulkClient.Preview(7, 0, null, true));
        assertThat(bulks.preview(BulkClient.Action.RETRY, all, 10_000).get())
                .isEqualTo(new BulkClient.Preview(7, 2, 3, false));
        assertThat(bulks.change(BulkClient.Action.CANCEL, some, 5).get())
                .isEqualTo(new BulkClient.Result(5, null, true));
        assertThat(bulks.change(BulkClient.Action.RETRY, all, 5).get()).isEqualTo(new BulkClient.Result(4, 3, false));
        String filter = "{\"kind\":\"mail\",\"owner\":\"a/b\",\"reference\":\"\\u002217\\u0022\",\"overdue\":true,";
        assertThat(asked.stream().map(one -> one.method() + " " + one.path() + " " + one.body()))
                .containsExactly(
                        "POST /api/jobs/cancellations " + filter + "\"max\":7,\"dryRun\":true}",
                        "POST /api/jobs/retries {\"all\":true,\"max\":10000,\"dryRun\":true}",
                        "POST /api/jobs/cancellations " + filter + "\"max\":5}",
                        "POST /api/jobs/retries {\"all\":true,\"max\":5}");
        answers(422, "{\"error\":{\"type\":\"validation_failed\",\"message\":\"no\"}}");
        assertThat(failure(bulks.change(BulkClient.Action.RETRY, all, 0)).status())
                .isEqualTo(422);
    }

    @Test
    void kinds_are_paused_limited_and_read() throws Exception {
        KindClient kinds = new KindClient(settings);
        String paused = "{\"kind\":\"mail\",\"lastAskedAt\":\"2022-10-24T12:35:46.956Z\",\"pause\":{\"since\":"
                + "\"2022-10-24T12:35:48.956Z\",\"by\":\"ops\",\"reason\":\"no paper\"},\"more\":1}";
        KindState mail = new KindState(
                "mail",
                Instant.parse("2022-10-24T12:35:46.956Z"),
                new KindState.Pause(Instant.parse("2022-10-24T12:35:48.956Z"), "ops", "no paper"),
                null);
        answers(200, "{\"data\":" + paused + "}");
        answers(200, "{\"data\":{\"kind\":\"mail\",\"pause\":{\"since\":7,\"by\":\"ops\"}}}");
        answers(200, "{\"data\":{\"kind\":\"mail\"}}");
        answers(200, "{\"data\":{\"kind\":\"mail\",\"limit\":3}}");
        answers(200, "{\"data\":{\"kind\":\"mail\"}}");
        answers(200, "{\"data\":[" + paused + ",7]}");

        assertThat(kinds.pause("mail", "no \"paper\"").get()).isEqualTo(mail);
        assertThat(kinds.pause("mail", null).get().pause()).isEqualTo(new KindState.Pause(null, "ops", null));
        assertThat(kinds.resume("a b/c").get()).isEqualTo(new KindState("mail", null, null, null));
        assertThat(kinds.limit("mail", 3).get().limit()).isEqualTo(3);
        assertThat(kinds.unlimit("mail").get().limit()).isNull();
        assertThat(kinds.kinds().get()).containsExactly(mail);
        assertThat(asked.stream().map(one -> one.method() + " " + one.path() + " " + one.body()))
                .containsExactly(
                        "PUT /api/kinds/mail/pause {\"reason\":\"no \\u0022paper\\u0022\"}",
                        "PUT /api/kinds/mail/pause {}",
                        "DELETE /api/kinds/a%20b%2Fc/pause ",
                        "PUT /api/kinds/mail/limit {\"running\":3}",
                        "DELETE /api/kinds/mail/limit ",
                        "GET /api/kinds ");
        answers(403, "{\"error\":{\"type\":\"forbidden\",\"message\":\"no\"}}");
        assertThat(failure(kinds.pause("mail", null)).status()).isEqualTo(403);
    }

    @Test
    void a_result_and_a_code_are_sent_with_the_outcome() {
        assertThat(Outcome.completed("a/b", "b/7").withResult("{\"n\": 1.10}").json(1))
                .isEqualTo("{\"token\":1,\"links\":[{\"entity\":\"a/b\",\"href\":\"b/7\"}],\"result\":{\"n\": 1.10}}");
        assertThat(Outcome.retry("no").withCode("E-1").json(1))
                .isEqualTo("{\"token\":1,\"error\":\"no\",\"retry\":true,\"code\":\"E-1\"}");
        assertThat(Outcome.retry("no").withDetail("E:\n\"x\"").json(1))
                .isEqualTo("{\"token\":1,\"error\":\"no\",\"retry\":true,\"detail\":\"E:\\u000a\\u0022x\\u0022\"}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Outcome.completed("a/b", "b/7").withDetail("E"));
        for (String bad : List.of("null", "{", "1} ,{")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Outcome.completed("a/b", "b/7").withResult(bad));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Outcome.failed("no").withResult("1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Outcome.completed("a/b", "b/7").withCode("E"));
    }

    @Test
    void a_job_whose_acceptance_was_lost_is_sent_again_under_the_same_key() throws Exception {
        steps.add(HttpExchange::close);
        answers(202, PENDING);

        JobRequest job = JobRequest.of("invoice.print", "shop/\"invoice\"")
                .withPayload("{\"number\":7}")
                .withId(ID)
                .withMaxAttempts(3)
                .withReference("№ 17")
                .withCallback();
        assertThat(client.schedule(job).get().id()).isEqualTo(ID);

        Asked first = asked.take();
        Asked second = asked.take();
        assertThat(first.method()).isEqualTo("POST");
        assertThat(first.path()).isEqualTo("/api/jobs");
        assertThat(first.body())
                .isEqualTo(
                        "{\"kind\":\"invoice.print\",\"links\":[{\"entity\":\"shop/\\u0022invoice\\u0022\"}],\"id\":\""
                                + ID
                                + "\",\"payload\":{\"number\":7},\"maxAttempts\":3,\"reference\":\"№ 17\",\"callback\":true}")
                .isEqualTo(second.body());
        assertThat(first.header("Idempotency-Key")).isNotNull().isEqualTo(second.header("Idempotency-Key"));
    }

    @Test
    void a_trace_goes_with_the_request_and_comes_with_the_claim() throws Exception {
        String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        JobRequest.Trace trace = new JobRequest.Trace(parent, "a=b");
        JobRequest request = JobRequest.of("a", "b").withTrace(trace);
        assertThat(request.withReference("r").trace()).isEqualTo(trace);
        answers(202, PENDING);
        assertThat(client.schedule(request).get().id()).isEqualTo(ID);
        Asked asking = asked.take();
        assertThat(asking.header("traceparent")).isEqualTo(parent);
        assertThat(asking.header("tracestate")).isEqualTo("a=b");

        String job = WorkServer.job(ID, 1);
        String traced = job.replaceFirst("}$", ",\"traceparent\":\"" + parent + "\",\"tracestate\":\"a=b\"}");
        String unknown = job.replaceFirst("}$", ",\"traceparent\":\"of another shape\"}");
        assertThat(ClaimedJob.several("{\"data\":[" + traced + "," + unknown + "," + job + "]}"))
                .extracting(ClaimedJob::trace)
                .containsExactly(trace, null, null);
    }

    @ParameterizedTest
    @CsvSource({"00-0af7,a=b", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01,'a=\n'"})
    void a_trace_that_no_header_can_carry_is_refused(String parent, String state) {
        assertThatIllegalArgumentException().isThrownBy(() -> new JobRequest.Trace(parent, state));
    }

    @Test
    void a_producer_may_choose_the_key_and_cancels_a_job() throws Exception {
        answers(202, PENDING);
        answers(200, FAILED);

        assertThat(client.schedule(JobRequest.of("a", "b").withIdempotencyKey("order-17"))
                        .get())
                .isEqualTo(JobState.of(PENDING));
        assertThat(client.cancel(ID).get().status()).isEqualTo(Status.FAILED);

        assertThat(asked.take().header("Idempotency-Key")).isEqualTo("order-17");
        Asked cancelled = asked.take();
        assertThat(cancelled.method() + " " + cancelled.path()).isEqualTo("DELETE /api/jobs/" + ID);
    }

    @Test
    void an_operator_retries_a_job_with_one_key_for_all_requests() throws Exception {
        answers(503, "{}", "Retry-After", "0");
        answers(202, PENDING);
        answers(409, "{\"error\":{\"type\":\"request_conflict\",\"message\":\"no\"}}");

        assertThat(client.retry(ID).get()).isEqualTo(JobState.of(PENDING));
        assertThat(client.retry(ID))
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableThat()
                .withMessageContaining("409 no");

        Asked first = asked.take();
        assertThat(first.method() + " " + first.path()).isEqualTo("POST /api/jobs/" + ID + "/retry");
        String key = first.header("Idempotency-Key");
        assertThat(asked.take().header("Idempotency-Key")).isEqualTo(key).hasSize(36);
        assertThat(asked.take().header("Idempotency-Key")).isNotEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\r\nx: y", "\u00e9"})
    void a_key_that_the_server_would_refuse_is_refused(String key) {
        JobRequest job = JobRequest.of("a", "b");
        assertThatIllegalArgumentException().isThrownBy(() -> job.withIdempotencyKey(key));
        assertThatIllegalArgumentException().isThrownBy(() -> job.withIdempotencyKey("k".repeat(256)));
        assertThat(job.withIdempotencyKey("k".repeat(255)).idempotencyKey()).hasSize(255);
    }

    @Test
    void a_job_is_scheduled_and_waited_for() throws Exception {
        answers(202, PENDING);
        answers(200, DONE);
        URI url = settings.base();
        String token = "t0ken";
        String apiKey = "k3y";
        // README: client
        JobClient client = new JobClient(ClientSettings.of(url, token, apiKey));
        CompletableFuture<JobState> end = client.schedule(JobRequest.of("invoice.print", "shop/invoice"))
                .thenCompose(job -> client.await(job.id()));
        // end
        assertThat(end.get(30, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);
    }

    @Test
    void who_cancels_asks_no_more() throws Exception {
        answers(200, PENDING, "Retry-After", "1");
        CompletableFuture<JobState> end = client.await(ID);
        asked.take();

        end.cancel(true);

        assertThat(asked.poll(1500, TimeUnit.MILLISECONDS)).isNull();
    }

    /** The server holds its response, or has sent a part of it. */
    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"})
    void a_call_that_is_given_up_closes_its_connection(String begun) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            URI url = URI.create("http://127.0.0.1:" + silent.getLocalPort());
            JobClient waiting = new JobClient(ClientSettings.of(url, "t0ken", "k3y"));
            silent.setSoTimeout(20_000);
            ClaimedJob job = new ClaimedJob(ID, "a", null, 1, List.of(), 7);
            List<Supplier<CompletableFuture<?>>> calls = List.of(
                    () -> waiting.await(ID),
                    () -> waiting.watch(ID, state -> {}),
                    () -> waiting.status(ID),
                    () -> waiting.statuses(List.of(ID)),
                    () -> waiting.awaitAll(List.of(ID)),
                    () -> waiting.schedule(JobRequest.of("invoice.print", "shop/invoice")),
                    () -> waiting.cancel(ID),
                    () -> waiting.claim("w", Set.of("a"), 1, Duration.ofSeconds(30)),
                    () -> waiting.renew(job, Duration.ofSeconds(30)),
                    () -> waiting.settle(job, Outcome.retry("no")));
            for (Supplier<CompletableFuture<?>> begin : calls) {
                CompletableFuture<?> call = begin.get();
                try (Socket connection = silent.accept()) {
                    connection.setSoTimeout(9_000); // sooner than the client's own limit
                    assertThat(connection.getInputStream().read()).isPositive();
                    connection.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));

                    if (begun.isEmpty()) {
                        call.cancel(true);
                    } else {
                        call.completeExceptionally(new TimeoutException()); // as orTimeout does
                    }

                    assertThat(isClosedByClient(connection)).isTrue();
                }
            }
        }
    }

    private static boolean isClosedByClient(Socket connection) throws IOException {
        try {
            connection.getInputStream().readAllBytes();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) { // reset
            return true;
        }
    }

    @Test
    void a_listener_that_fails_badly_ends_the_watching() {
        answers(200, PENDING);

        CompletableFuture<JobState> end = client.watch(ID, state -> {
            throw new AssertionError("no");
        });

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> end.get(10, TimeUnit.SECONDS))
                .withCauseInstanceOf(AssertionError.class);
    }

    private static void sendsForEver(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        byte[] spaces = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
        while (true) { // until the client hangs up
            exchange.getResponseBody().write(spaces);
        }
    }

    @Test
    void an_answer_that_never_ends_is_asked_for_again_while_there_is_patience() throws Exception {
        steps.add(JobClientTest::sendsForEver);
        answers(200, DONE);

        assertThat(client.await(ID).get(10, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);

        steps.add(JobClientTest::sendsForEver);
        assertThat(failure(new JobClient(settings.withPatience(Duration.ZERO)).status(ID)))
                .hasMessageStartingWith("the response is not readable: ");
    }

    /** What hangs takes every thread of the JVM's common pool, and its timer, if it can. */
    @Test
    void code_of_users_that_never_returns_stops_no_client() throws Exception {
        CountDownLatch begin = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        int each = ForkJoinPool.getCommonPoolParallelism();
        CountDownLatch hanging = new CountDownLatch(3 * each + 1);
        Runnable hang = () -> {
            hanging.countDown();
            awaitQuietly(over);
        };
        List<CompletableFuture<?>> stuck = new ArrayList<>();
        for (int i = 0; i <= 3 * each; i++) {
            steps.add(exchange -> {
                awaitQuietly(begin);
                send(exchange, 200, PENDING);
            });
        }
        try {
            for (int i = 0; i < each; i++) {
                stuck.add(client.watch(ID, state -> hang.run()));
                stuck.add(client.status(ID).thenRun(hang));
                stuck.add(client.status(ID).thenRunAsync(hang));
            }
            CompletableFuture<JobState> late = client.await(ID);
            for (int i = 0; i <= 3 * each; i++) {
                assertThat(asked.poll(20, TimeUnit.SECONDS)).isNotNull();
            }
            stuck.add(late.whenComplete((state, thrown) -> hang.run())); // first, or it would run in this thread
            var unused = late.orTimeout(1, TimeUnit.MILLISECONDS);
            begin.countDown();
            assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
            answers(503, "");
            answers(200, PENDING, "Retry-After", "1");
            answers(200, DONE);

            assertThat(client.await(ID).get(20, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);
            assertThat(stuck.subList(0, 3 * each)).noneMatch(CompletableFuture::isDone);
        } finally {
            over.countDown();
        }
    }

    @Test
    @Tag("soak")
    void an_answer_that_stops_in_the_middle_is_asked_for_again() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        steps.add(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            awaitQuietly(over);
        });
        answers(200, DONE);

        assertThat(client.await(ID).get(30, TimeUnit.SECONDS).status()).isEqualTo(Status.DONE);
        over.countDown();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void settings_are_checked_and_show_no_secret() {
        assertThat(settings.toString()).doesNotContain("t0ken", "k3y");
        for (String base : new String[] {"ftp://host", "http:///x", "/x", "http://host?x=1"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> ClientSettings.of(URI.create(base), "t", "k"));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.of(URI.create("https://host"), "a\r\nb", "k"));
        assertThatIllegalArgumentException().isThrownBy(() -> settings.withStatusPath("/x"));
        assertThatIllegalArgumentException().isThrownBy(() -> settings.withHold(Duration.ofSeconds(601)));
        assertThatIllegalArgumentException().isThrownBy(() -> settings.withPatience(Duration.ofSeconds(-1)));
    }

    @Test
    void credentials_leave_this_machine_in_plaintext_only_if_that_is_allowed() {
        for (String base : new String[] {"http://localhost:1", "http://127.9.9.9", "http://[::1]:1", "https://host"}) {
            assertThat(ClientSettings.of(URI.create(base), "t", "k").base()).isEqualTo(URI.create(base));
        }
        URI remote = URI.create("http://127.0.0.1.example");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.of(remote, "t", "k"))
                .withMessageContaining("https");
        assertThat(ClientSettings.of(remote, "t", "k", true)
                        .withHold(Duration.ZERO)
                        .base())
                .isEqualTo(remote);
    }
}
