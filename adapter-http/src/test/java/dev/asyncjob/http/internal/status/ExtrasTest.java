package dev.asyncjob.http.internal.status;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Statements;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a status answer has beside the status, if the service or the client asks for it. */
@Timeout(90)
class ExtrasTest {
    private static final String ALL = "Prefer: include=\"progress,result,error,reference\"";
    private static final JobResult RESULT = new JobResult("{\"pages\":[1,2.50],\"by\":\"ї\"}");
    private static final String STATED = ",\"progress\":12.5,\"message\":\"half \\\"done\\\"\"";

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore store = new InMemoryJobStore(WorkPolicy.defaults(), clock, signals);
    private final StatusWatch watch = new StatusWatch(store, signals);
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final JobServer plain = serverWith(Set.of());
    private final JobServer extended = serverWith(Set.of(StatusExtra.values()));

    ExtrasTest() {
        watch.start();
    }

    private JobServer serverWith(Set<StatusExtra> extras) {
        HttpSettings settings =
                HttpSettings.defaults().listeningOn("127.0.0.1", 0).withExtras(extras);
        JobApi jobs =
                new JobApi(JobUseCases.over(store, WorkPolicy.defaults()), watch, ApiFixture::authenticate, settings);
        return JobServer.start(settings, List.of(jobs), request -> {});
    }

    @AfterEach
    void stop() {
        watch.close();
        plain.close();
        extended.close();
        clients.shutdownNow();
    }

    private ClaimedJob working() {
        NewJob job =
                NewJob.of(newId(), ApiFixture.CLINIC, Jobs.KIND, Jobs.LINKS).withReference(new Reference("order 7"));
        accepted(store.schedule(job, EXPECTED));
        return claimed(store, job.id());
    }

    private void state(ClaimedJob job, double progress, String message) {
        renewed(store.renew(
                job.job().id(), job.lease().token(), new LeaseExtension(Jobs.LEASE, null, progress, message)));
    }

    private ClaimedJob stated() {
        ClaimedJob job = working();
        state(job, 12.5, "half \"done\"");
        return job;
    }

    private static String message(String method, JobId id, String... headers) {
        return ApiFixture.message(method, ApiFixture.PATH + id, "clinic-a", headers);
    }

    private static RawHttp.Answer get(JobServer server, ClaimedJob job, String... headers) {
        return RawHttp.send(server.port(), message("GET", job.job().id(), headers));
    }

    private static RawHttp.Answer many(JobServer server, ClaimedJob job, String... headers) {
        String body = "{\"ids\":[\"" + job.job().id() + "\"]}";
        String head = ApiFixture.message("QUERY", "/patients/composition/job", "clinic-a", headers)
                .replaceFirst(
                        "\r\n\r\n$",
                        "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n");
        return RawHttp.send(server.port(), head + body);
    }

    private static String tag(RawHttp.Answer answer) {
        return answer.header("ETag").orElseThrow();
    }

    private static String plainBody(ClaimedJob job, String eta, String link, String status) {
        String doneAt = status.equals("PENDING") ? "" : ",\"doneAt\":\"" + eta + "\"";
        return "{\"data\":{\"eta\":\"" + eta + "\",\"id\":\"" + job.job().id() + "\"" + doneAt
                + ",\"links\":[{\"entity\":\"eHealth/composition\"" + link + "}],\"status\":\"" + status + "\"}}";
    }

    private static String with(String extras, String body) {
        return body.replaceFirst("}}$", "") + extras + "}}";
    }

    private String now() {
        return clock.instant().toString();
    }

    private String planned() {
        return clock.instant().plus(EXPECTED).toString();
    }

    @Test
    void without_a_wish_every_answer_is_equal_to_the_byte_to_that_of_a_job_without_extras() throws Exception {
        ClaimedJob job = stated();
        String pending = plainBody(job, planned(), "", "PENDING");
        RawHttp.Answer answer = get(plain, job);
        assertThat(answer.text()).isEqualTo(pending);
        assertThat(tag(answer))
                .isEqualTo(
                        EntityTag.of(pending.getBytes(StandardCharsets.UTF_8)).value());
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(answer.header("Preference-Applied")).isEmpty();
        assertThat(get(plain, job, "Prefer: wait=0").text()).isEqualTo(pending);
        assertThat(many(plain, job).text()).isEqualTo(manyOf(pending));
        assertThat(events(plain, job, 1)).containsExactly(pending);

        accepted(settle(store, job, Outcome.completed(Jobs.RESULT, RESULT)));
        String done =
                plainBody(job, now(), ",\"href\":\"" + Jobs.RESULT.all().get(0).href() + "\"", "DONE");
        assertThat(get(plain, job).text()).isEqualTo(done);
        assertThat(get(plain, job, "Prefer: wait=1").text()).isEqualTo(done);
        assertThat(many(plain, job).text()).isEqualTo(manyOf(done));
        assertThat(events(plain, job, 1)).containsExactly(done);

        ClaimedJob failing = stated();
        accepted(settle(store, failing, Outcome.failed(new Failure("too old", "E-12"))));
        assertThat(get(plain, failing).text()).isEqualTo(plainBody(failing, now(), ",\"error\":\"too old\"", "FAILED"));
    }

    private static String manyOf(String body) {
        return body.replaceFirst("\\{\"data\":", "{\"data\":[").replaceFirst("}$", "]}");
    }

    @Test
    void what_is_asked_for_follows_the_status_in_one_order() {
        ClaimedJob job = stated();
        String pending = plainBody(job, planned(), "", "PENDING");

        RawHttp.Answer answer = get(plain, job, "Prefer: include=\"reference, progress\"");
        assertThat(answer.text()).isEqualTo(with(STATED + ",\"reference\":\"order 7\"", pending));
        assertThat(answer.header("Preference-Applied")).contains("include=\"progress,reference\"");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key, Prefer");
        assertThat(tag(answer)).isNotEqualTo(tag(get(plain, job)));
        assertThat(get(plain, job, "Prefer: include=progress").text()).isEqualTo(with(STATED, pending));

        accepted(settle(store, job, Outcome.completed(Jobs.RESULT, RESULT)));
        String done =
                plainBody(job, now(), ",\"href\":\"" + Jobs.RESULT.all().get(0).href() + "\"", "DONE");
        String extras = STATED + ",\"result\":" + RESULT.json() + ",\"reference\":\"order 7\"";
        assertThat(get(plain, job, ALL).text()).isEqualTo(with(extras, done));
        assertThat(many(plain, job, ALL).text()).isEqualTo(manyOf(with(extras, done)));
        assertThat(many(plain, job, ALL).header("Vary")).contains("Accept, Authorization, api-key, Prefer");
    }

    @Test
    void a_code_is_beside_the_error_or_in_front_of_it() {
        ClaimedJob named = working();
        accepted(settle(store, named, Outcome.failed(new Failure("too old", "E-12"))));
        assertThat(get(plain, named, "Prefer: include=error").text())
                .isEqualTo(with(",\"code\":\"E-12\"", plainBody(named, now(), ",\"error\":\"too old\"", "FAILED")));

        ClaimedJob numbered = working();
        accepted(settle(store, numbered, Outcome.failed(new Failure("1005: too old"))));
        assertThat(get(plain, numbered, "Prefer: include=error").text())
                .isEqualTo(with(
                        ",\"code\":\"1005\"", plainBody(numbered, now(), ",\"error\":\"1005: too old\"", "FAILED")));

        ClaimedJob plainly = working();
        accepted(settle(store, plainly, Outcome.failed(new Failure("too old"))));
        assertThat(get(plain, plainly, "Prefer: include=error").text())
                .isEqualTo(plainBody(plainly, now(), ",\"error\":\"too old\"", "FAILED"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "include",
                "include=",
                "include=\"\"",
                "include=all",
                "include=\"Result\"",
                "include;x=progress",
                "includes=progress",
                "include=\"progress",
                "include=x, include=progress",
                "x;include=progress"
            })
    void other_preferences_change_nothing(String prefer) {
        ClaimedJob job = stated();
        RawHttp.Answer answer = get(plain, job, "Prefer: " + prefer);

        assertThat(answer.text()).isEqualTo(get(plain, job).text());
        assertThat(answer.header("Preference-Applied")).isEmpty();
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Prefer: wait=0, include=\"progress,color\" | wait=0, include=\"progress\"",
                "Prefer: include=progress;x=y, wait=0       | wait=0, include=\"progress\"",
                "Prefer: INCLUDE=progress                   | include=\"progress\"",
            })
    void a_wish_stands_beside_other_preferences(String header, String applied) {
        ClaimedJob job = stated();
        RawHttp.Answer answer = get(plain, job, header);

        assertThat(answer.text()).contains("\"progress\":12.5");
        assertThat(answer.header("Preference-Applied")).contains(applied);
        RawHttp.Answer lines = get(plain, job, "Prefer: wait=0", "Prefer: include=\"progress\"");
        assertThat(lines.text()).isEqualTo(answer.text());
        assertThat(lines.header("Preference-Applied")).contains("wait=0, include=\"progress\"");
    }

    @Test
    void the_services_extras_are_in_every_answer_and_a_wish_adds_to_them() {
        ClaimedJob job = stated();
        String pending = with(STATED + ",\"reference\":\"order 7\"", plainBody(job, planned(), "", "PENDING"));
        RawHttp.Answer answer = get(extended, job);
        assertThat(answer.text()).isEqualTo(pending);
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(answer.header("Preference-Applied")).isEmpty();
        assertThat(get(extended, job, "Prefer: wait=0").text()).isEqualTo(pending);
        assertThat(get(extended, job, "Prefer: include=result").text()).isEqualTo(pending);
        assertThat(many(extended, job).text()).isEqualTo(manyOf(pending));
        assertThat(get(extended, job, "If-None-Match: " + tag(answer)).status()).isEqualTo(304);

        accepted(settle(store, job, Outcome.completed(Jobs.RESULT, RESULT)));
        RawHttp.Answer done = get(extended, job);
        assertThat(done.text()).contains(STATED + ",\"result\":" + RESULT.json() + ",\"reference\":\"order 7\"}}");
        assertThat(get(extended, job).text()).isEqualTo(done.text());
        assertThat(tag(get(plain, job, ALL))).isEqualTo(tag(done));
    }

    @Test
    void head_and_304_follow_the_extras() {
        ClaimedJob job = stated();
        RawHttp.Answer answer = get(plain, job, ALL);
        RawHttp.Answer head =
                RawHttp.send(plain.port(), message("HEAD", job.job().id(), ALL));
        assertThat(head.header("ETag")).isEqualTo(answer.header("ETag"));
        assertThat(head.header("Content-Length")).isEqualTo(answer.header("Content-Length"));

        RawHttp.Answer unchanged = get(plain, job, ALL, "If-None-Match: " + tag(answer));
        assertThat(unchanged.status()).isEqualTo(304);
        assertThat(unchanged.header("Vary")).contains("Accept, Authorization, api-key, Prefer");
        assertThat(get(plain, job, "If-None-Match: " + tag(answer)).status()).isEqualTo(200);
    }

    @Test
    void with_a_tag_progress_ends_the_wait_of_those_who_see_it() throws Exception {
        ClaimedJob job = stated();
        String seen = tag(get(plain, job, ALL));
        Future<RawHttp.Answer> getting =
                clients.submit(() -> get(plain, job, "Prefer: wait=50", ALL, "If-None-Match: " + seen));
        Future<RawHttp.Answer> many = clients.submit(
                () -> many(plain, job, "Prefer: wait=50", ALL, "If-None-Match: " + tag(many(plain, job, ALL))));
        String unextended = tag(get(plain, job));
        Future<RawHttp.Answer> others =
                clients.submit(() -> get(plain, job, "Prefer: wait=50", "If-None-Match: " + unextended));
        Future<RawHttp.Answer> untagged = clients.submit(() -> get(plain, job, "Prefer: wait=50", ALL));
        awaitWaiting(4);

        clock.advance(Statements.PACE);
        state(job, 50, "half");

        RawHttp.Answer answer = getting.get(30, TimeUnit.SECONDS);
        assertThat(answer.text()).contains("\"progress\":50.0,\"message\":\"half\"");
        assertThat(answer.header("Preference-Applied"))
                .contains("wait=50, include=\"progress,result,error,reference\"");
        assertThat(many.get(30, TimeUnit.SECONDS).text()).contains("\"progress\":50.0");
        assertThat(others.isDone()).isFalse();
        assertThat(untagged.isDone()).isFalse();
        accepted(settle(store, job, Jobs.DONE));
        assertThat(others.get(30, TimeUnit.SECONDS).text()).contains("DONE").doesNotContain("half");
        assertThat(untagged.get(30, TimeUnit.SECONDS).text()).contains("DONE", "half");
    }

    @Test
    void a_statement_that_is_not_seen_yet_ends_the_wait_when_it_is() throws Exception {
        ClaimedJob job = stated();
        String seen = tag(get(plain, job, ALL));
        state(job, 50, "half");
        assertThat(tag(get(plain, job, ALL))).isEqualTo(seen);
        Future<RawHttp.Answer> getting =
                clients.submit(() -> get(plain, job, "Prefer: wait=50", ALL, "If-None-Match: " + seen));
        awaitWaiting(1);

        clock.advance(Statements.PACE);

        assertThat(getting.get(30, TimeUnit.SECONDS).text()).contains("\"progress\":50.0,\"message\":\"half\"");
    }

    private void awaitWaiting(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (watch.waiting() != count) {
            assertThat(System.nanoTime() - deadline).isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void a_stream_of_events_has_an_event_for_each_change_that_is_seen() throws Exception {
        ClaimedJob job = stated();
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        Future<?> reading = clients.submit(() -> {
            read(plain, job, 3, events::add, "Prefer: include=\"progress\"");
            return null;
        });
        assertThat(events.poll(30, TimeUnit.SECONDS)).endsWith("\"status\":\"PENDING\"" + STATED + "}}");
        clock.advance(Statements.PACE);
        state(job, 50, "half");
        assertThat(events.poll(30, TimeUnit.SECONDS))
                .endsWith("\"status\":\"PENDING\",\"progress\":50.0,\"message\":\"half\"}}");
        accepted(settle(store, job, Outcome.completed(Jobs.RESULT, RESULT)));
        assertThat(events.poll(30, TimeUnit.SECONDS))
                .endsWith("\"status\":\"DONE\",\"progress\":50.0,\"message\":\"half\"}}");
        reading.get(30, TimeUnit.SECONDS);
    }

    /** The data of the first events. */
    private static List<String> events(JobServer server, ClaimedJob job, int count, String... headers)
            throws Exception {
        List<String> data = new ArrayList<>();
        read(server, job, count, data::add, headers);
        return data;
    }

    private static void read(JobServer server, ClaimedJob job, int count, Consumer<String> sink, String... headers)
            throws Exception {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add("Accept: text/event-stream");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(message("GET", job.job().id(), all.toArray(new String[0]))
                            .getBytes(StandardCharsets.ISO_8859_1));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            int read = 0;
            while (read < count) {
                String line = in.readLine();
                if (line.startsWith("data: ")) {
                    sink.accept(line.substring("data: ".length()));
                    read++;
                }
            }
        }
    }
}
