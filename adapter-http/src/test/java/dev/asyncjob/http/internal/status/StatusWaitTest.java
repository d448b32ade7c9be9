package dev.asyncjob.http.internal.status;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting reads of the status: {@code Prefer: wait=N}, and server-sent events. */
@Timeout(90)
class StatusWaitTest {
    private static final Owner CLINIC = new Owner("clinic-a");

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore store = new InMemoryJobStore(WorkPolicy.defaults(), clock, signals);
    private final StatusWatch watch = new StatusWatch(store, signals);
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final HttpSettings settings = HttpSettings.defaults()
            .listeningOn("127.0.0.1", 0)
            .withLimits(HttpLimits.defaults().withEventStreams(3));
    private final JobServer server = serverWith(settings);

    StatusWaitTest() {
        watch.start();
    }

    private JobServer serverWith(HttpSettings settings) {
        return serverWith(settings, watch);
    }

    private JobServer serverWith(HttpSettings settings, AwaitJobStatus changes) {
        Api jobs =
                new JobApi(JobUseCases.over(store, WorkPolicy.defaults()), changes, ApiFixture::authenticate, settings);
        return JobServer.start(settings, List.of(jobs), request -> {});
    }

    @AfterEach
    void stop() {
        watch.close();
        server.close();
        clients.shutdownNow();
    }

    private JobId scheduled() {
        NewJob job = NewJob.of(newId(), CLINIC, Jobs.KIND, Jobs.LINKS);
        accepted(store.schedule(job, EXPECTED));
        return job.id();
    }

    private void finish(JobId id) {
        settle(store, claimed(store, id), Jobs.DONE);
    }

    private String message(JobId id, String... headers) {
        return ApiFixture.message("GET", ApiFixture.PATH + id, "clinic-a", headers);
    }

    private RawHttp.Answer get(JobId id, String... headers) {
        return RawHttp.send(server.port(), message(id, headers));
    }

    private Future<RawHttp.Answer> getting(JobId id, String... headers) {
        return clients.submit(() -> get(id, headers));
    }

    private static RawHttp.Answer answer(Future<RawHttp.Answer> getting) throws Exception {
        return getting.get(30, TimeUnit.SECONDS);
    }

    /** Returns when so many wait. */
    private void awaitWaiting(int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (watch.waiting() != count) {
            assertThat(System.nanoTime() - deadline)
                    .as("%d wait", watch.waiting())
                    .isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void the_end_of_the_job_ends_the_wait() throws Exception {
        JobId id = scheduled();
        Future<RawHttp.Answer> getting = getting(id, "Prefer: wait=30");
        awaitWaiting(1);

        finish(id);

        RawHttp.Answer answer = answer(getting);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"status\":\"DONE\"").isEqualTo(get(id).text());
        assertThat(answer.header("Preference-Applied")).contains("wait=30");
        assertThat(answer.header("Cache-Control").orElseThrow()).startsWith("private, max-age=");
        assertThat(answer.header("ETag")).isEqualTo(get(id).header("ETag"));
        assertThat(answer.header("x-request-id")).isPresent();
    }

    @Test
    void a_job_that_has_ended_is_not_waited_for() {
        JobId id = scheduled();
        finish(id);

        RawHttp.Answer answer = get(id, "Prefer: wait=30");
        assertThat(answer.text()).contains("DONE");
        String tag = answer.header("ETag").orElseThrow();
        assertThat(get(id, "Prefer: wait=30", "If-None-Match: " + tag).status()).isEqualTo(304);
        assertThat(get(id, "Prefer: wait=30", "If-None-Match: *").status()).isEqualTo(304);
    }

    @Test
    void when_the_time_is_up_the_state_is_answered_as_ever() {
        JobId id = scheduled();
        RawHttp.Answer now = get(id);

        RawHttp.Answer answer = get(id, "Prefer: wait=1");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(now.text());
        assertThat(answer.header("Retry-After")).isPresent();
        assertThat(answer.header("Cache-Control")).contains("private, no-cache");
        RawHttp.Answer same =
                get(id, "Prefer: wait=1", "If-None-Match: " + now.header("ETag").orElseThrow());
        assertThat(same.status()).isEqualTo(304);
        assertThat(same.header("Preference-Applied")).contains("wait=1");
    }

    @Test
    void with_a_tag_every_change_of_the_state_ends_the_wait() throws Exception {
        JobId id = scheduled();
        String tag = get(id).header("ETag").orElseThrow();
        Future<RawHttp.Answer> getting = getting(id, "Prefer: wait=50", "If-None-Match: " + tag);
        awaitWaiting(1);

        clock.advance(EXPECTED.plusSeconds(1)); // overdue: another forecast

        RawHttp.Answer answer = answer(getting);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("PENDING");
        assertThat(answer.header("ETag")).isPresent().isNotEqualTo(java.util.Optional.of(tag));
    }

    @Test
    void with_another_tag_there_is_nothing_to_wait_for() {
        RawHttp.Answer answer = get(scheduled(), "Prefer: wait=50", "If-None-Match: \"other\"");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("PENDING");
    }

    @Test
    void a_read_of_a_missing_job_does_not_wait() {
        assertThat(get(newId(), "Prefer: wait=50").status()).isEqualTo(404);
        JobId id = scheduled();
        String foreign = ApiFixture.message("GET", ApiFixture.PATH + id, "clinic-w", "Prefer: wait=50");
        assertThat(RawHttp.send(server.port(), foreign).status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait=-1", "wait=abc", "wait", "wait=1.5", "respond-async"})
    void a_malformed_preference_is_ignored(String prefer) {
        RawHttp.Answer answer = get(scheduled(), "Prefer: " + prefer);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Preference-Applied")).isEmpty();
    }

    @Test
    void who_stops_lets_all_go_with_the_state_of_their_job() throws Exception {
        JobId id = scheduled();
        Future<RawHttp.Answer> getting = getting(id, "Prefer: wait=50");
        awaitWaiting(1);

        Future<?> closing = clients.submit(server::close);

        assertThat(answer(getting).text()).contains("PENDING");
        closing.get(8, TimeUnit.SECONDS);
    }

    @Test
    void a_client_that_hangs_up_is_forgotten_at_once() throws Exception {
        JobId id = scheduled();
        for (boolean reset : new boolean[] {false, true}) {
            try (Socket socket = open(message(id, "Prefer: wait=50"))) {
                awaitWaiting(1);
                socket.setSoLinger(reset, 0);
            }
            awaitWaiting(0);
        }
    }

    @Test
    void what_is_sent_while_an_answer_is_held_is_answered_after_it() throws Exception {
        JobId id = scheduled();
        try (Socket socket = open(message(id, "Prefer: wait=50"))) {
            awaitWaiting(1);
            JobId other = scheduled();
            send(socket, message(other, "Prefer: wait=0"));
            send(socket, message(newId(), "Connection: close"));

            finish(id);

            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(all).containsSubsequence(id.toString(), other.toString(), "HTTP/1.1 404");
        }
    }

    @Test
    void one_connection_waits_again_and_again() throws Exception {
        try (Socket socket = open("")) {
            socket.setSoTimeout(20_000);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int i = 0; i < 200; i++) {
                JobId id = scheduled();
                send(socket, message(id, "Prefer: wait=50"));
                awaitWaiting(1);
                if (i % 3 == 0) {
                    TimeUnit.MILLISECONDS.sleep(i % 120); // before, while and after the connection is listened to
                }
                finish(id);
                String head = in.readLine();
                assertThat(head).isEqualTo("HTTP/1.1 200 OK");
                int length = 0;
                for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                    length = line.startsWith("Content-Length: ") ? Integer.parseInt(line.substring(16)) : length;
                }
                char[] body = new char[length];
                assertThat(in.read(body)).isEqualTo(length);
                assertThat(new String(body)).contains(id.toString(), "DONE");
            }
        }
    }

    @Test
    void many_wait_without_a_thread_each() throws Exception {
        JobId id = scheduled();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                sockets.add(open(message(id, "Prefer: wait=50", "Connection: close")));
            }
            awaitWaiting(500);
            assertThat(get(id).status()).isEqualTo(200);

            finish(id);

            for (Socket socket : sockets) {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("DONE");
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    // ---- Events

    private Socket open(String request) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(40_000);
        send(socket, request);
        return socket;
    }

    private static void send(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** The lines of a stream, without the framing of chunks. */
    private static final class Events {
        private final BufferedReader in;
        final List<String> head = new ArrayList<>();

        Events(Socket socket) throws IOException {
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                head.add(line);
            }
        }

        /** The next line that is no chunk's length or end, no comment and not empty; null at the end. */
        String next() throws IOException {
            String line = in.readLine();
            while (line != null && (line.isEmpty() || line.startsWith(":") || line.matches("[0-9a-fA-F]+"))) {
                line = in.readLine();
            }
            return line;
        }

        /** Returns at the next comment. */
        void awaitComment() throws IOException {
            String line = in.readLine();
            while (!line.equals(":")) {
                line = in.readLine();
            }
        }
    }

    @Test
    void a_stream_tells_the_state_every_change_and_ends_behind_the_end() throws Exception {
        JobId id = scheduled();
        RawHttp.Answer pending = get(id);
        try (Socket socket = open(message(id, "Accept: text/event-stream", "Connection: close"))) {
            Events events = new Events(socket);
            assertThat(events.head)
                    .contains("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-store");
            assertThat(events.next()).isEqualTo("event: status");
            assertThat(events.next()).isEqualTo("id: " + pending.header("ETag").orElseThrow());
            assertThat(events.next()).isEqualTo("data: " + pending.text());
            awaitWaiting(1);

            clock.advance(EXPECTED.plusSeconds(1));
            assertThat(events.next()).isEqualTo("event: status");
            assertThat(events.next())
                    .startsWith("id: ")
                    .isNotEqualTo("id: " + pending.header("ETag").orElseThrow());
            assertThat(events.next()).startsWith("data: ").contains("PENDING");
            awaitWaiting(1);

            finish(id);
            RawHttp.Answer done = get(id);
            assertThat(events.next()).isEqualTo("event: status");
            assertThat(events.next()).isEqualTo("id: " + done.header("ETag").orElseThrow());
            assertThat(events.next()).isEqualTo("data: " + done.text());
            assertThat(events.next()).as("what follows the end").isIn(null, "0");
            assertThat(watch.waiting()).isZero();
        }
    }

    @Test
    void open_streams_are_counted_until_they_end() throws Exception {
        JobId id = scheduled();
        JobApi api =
                new JobApi(JobUseCases.over(store, WorkPolicy.defaults()), watch, ApiFixture::authenticate, settings);
        try (JobServer other = JobServer.start(settings, List.of(api), request -> {});
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
            assertThat(api.eventStreams()).isZero();
            socket.getOutputStream()
                    .write(message(id, "Accept: text/event-stream", "Connection: close")
                            .getBytes(StandardCharsets.ISO_8859_1));
            Events events = new Events(socket);
            assertThat(events.next()).isEqualTo("event: status");
            assertThat(api.eventStreams()).isEqualTo(1);
            awaitWaiting(1);
            finish(id);
            while (!String.valueOf(events.next()).contains("DONE")) {
                assertThat(socket.isClosed()).isFalse();
            }
            assertThat(events.next()).as("what follows the end").isIn(null, "0");
            long ended = System.nanoTime();
            while (api.eventStreams() > 0 && System.nanoTime() - ended < 5_000_000_000L) {
                Thread.onSpinWait(); // the client may see the end before it is counted
            }
            assertThat(api.eventStreams()).isZero();
        }
    }

    @Test
    void who_knows_the_state_is_told_the_next() throws Exception {
        JobId id = scheduled();
        String tag = get(id).header("ETag").orElseThrow();
        try (Socket socket = open(message(id, "Accept: text/event-stream", "Last-Event-ID: " + tag))) {
            Events events = new Events(socket);
            awaitWaiting(1);
            finish(id);

            assertThat(events.next()).isEqualTo("event: status");
            assertThat(events.next()).isEqualTo("id: " + get(id).header("ETag").orElseThrow());
        }
    }

    @Test
    void who_knows_the_end_need_not_come_again() {
        JobId id = scheduled();
        finish(id);
        String tag = get(id).header("ETag").orElseThrow();

        RawHttp.Answer answer = get(id, "Accept: text/event-stream", "Last-Event-ID: " + tag);
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.header("Content-Type")).isEmpty();
        assertThat(get(id, "Accept: text/event-stream", "Last-Event-ID: \"old\"", "Connection: close")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void what_ends_at_once_or_is_refused_takes_no_room_from_streams() {
        JobId ended = scheduled();
        finish(ended);
        String known = "Last-Event-ID: " + get(ended).header("ETag").orElseThrow();
        String foreign = ApiFixture.message("GET", ApiFixture.PATH + ended, "clinic-w", "Accept: text/event-stream");
        for (int i = 0; i < 5; i++) { // more than the three streams of a client
            assertThat(get(ended, "Accept: text/event-stream", known).status()).isEqualTo(204);
            assertThat(get(newId(), "Accept: text/event-stream").status()).isEqualTo(404);
            assertThat(RawHttp.send(server.port(), foreign).status()).isEqualTo(403);
            assertThat(get(ended, "Accept: text/event-stream;q=0").status()).isEqualTo(406);
        }
        for (int i = 0; i < 5; i++) {
            awaitAnswer(200, ended, "Accept: text/event-stream", "Connection: close");
        }
    }

    /** Asks until it is the answer: a client may see the end of its stream before the server counts it. */
    private void awaitAnswer(int status, JobId id, String... headers) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        int last = 0;
        while (last != status && System.nanoTime() - deadline < 0) {
            last = get(id, headers).status();
        }
        assertThat(last).isEqualTo(status);
    }

    @Test
    void the_stream_of_an_ended_job_is_one_event_long() {
        JobId id = scheduled();
        finish(id);

        RawHttp.Answer answer = get(id, "Accept: text/event-stream", "Connection: close");
        assertThat(answer.text()).containsOnlyOnce("event: status").contains("data: " + get(id).text());
    }

    @Test
    void what_is_not_there_or_not_allowed_is_told_as_ever() {
        RawHttp.Answer missing = get(newId(), "Accept: text/event-stream");
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.text()).contains("\"type\":\"not_found\"");
        String foreign =
                ApiFixture.message("GET", ApiFixture.PATH + scheduled(), "clinic-w", "Accept: text/event-stream");
        assertThat(RawHttp.send(server.port(), foreign).status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/json, text/event-stream",
                "text/event-stream;q=0",
                "text/event-stream;q=0.5, application/json",
                "text/*"
            })
    void who_does_not_prefer_events_gets_none(String accept) {
        RawHttp.Answer answer = get(scheduled(), "Accept: " + accept);

        assertThat(answer.header("Content-Type").orElse("")).isNotEqualTo("text/event-stream");
        assertThat(answer.status()).isEqualTo(accept.matches("text/\\*|.*;q=0") ? 406 : 200);
    }

    @Test
    void head_asks_for_no_stream() {
        JobId id = scheduled();
        String head = ApiFixture.message("HEAD", ApiFixture.PATH + id, "clinic-a", "Accept: text/event-stream");

        assertThat(RawHttp.send(server.port(), head).header("Content-Type"))
                .contains("application/json; charset=utf-8");
    }

    @Test
    @Tag("soak")
    void a_stream_is_kept_alive_by_comments_and_lives_longer_than_a_connection_may_be_idle() throws Exception {
        assertThat(StatusEvents.HEARTBEAT).isGreaterThan(JobServer.PROGRESS_TIMEOUT);
        JobId id = scheduled();
        try (Socket socket = open(message(id, "Accept: text/event-stream"))) {
            Events events = new Events(socket);
            assertThat(events.next()).isEqualTo("event: status");
            long start = System.nanoTime();
            events.awaitComment();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(StatusEvents.HEARTBEAT.minusSeconds(2), StatusEvents.HEARTBEAT.plusSeconds(10));
            finish(id);
            assertThat(events.next()).isEqualTo("event: status");
        }
    }

    @Test
    void a_listener_that_hangs_up_is_forgotten_at_once_and_makes_room() throws Exception {
        JobId id = scheduled();
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            sockets.add(open(message(id, "Accept: text/event-stream")));
        }
        awaitWaiting(3);
        RawHttp.Answer fourth = get(id, "Accept: text/event-stream");
        assertThat(fourth.status()).isEqualTo(429);
        assertThat(fourth.header("Retry-After")).isPresent();
        assertThat(fourth.header("RateLimit-Policy").orElseThrow()).contains("event-streams");
        for (Socket socket : sockets) {
            socket.close();
        }
        awaitWaiting(0);
        try (Socket socket = open(message(id, "Accept: text/event-stream"))) {
            assertThat(new Events(socket).head).contains("HTTP/1.1 200 OK");
        }
    }

    @Test
    void a_stream_ends_when_waiting_is_no_longer_possible() throws Exception {
        JobId id = scheduled();
        try (Socket socket = open(message(id, "Accept: text/event-stream", "Connection: close"))) {
            Events events = new Events(socket);
            assertThat(events.next()).isEqualTo("event: status");
            awaitWaiting(1);

            watch.close();

            socket.getInputStream().readAllBytes();
        }
        RawHttp.Answer late = get(id, "Accept: text/event-stream", "Connection: close");
        assertThat(late.text()).containsOnlyOnce("event: status");
    }

    /** A job with as much to tell as a status may hold, claimed. */
    private ClaimedJob large() {
        ResourceLink link = new ResourceLink("a", "b".repeat(ResourceLink.MAX_HREF_LENGTH));
        ResourceLinks links = new ResourceLinks(Collections.nCopies(ResourceLinks.MAX, link));
        return scheduledAndClaimed(store, NewJob.of(newId(), CLINIC, Jobs.KIND, links));
    }

    /** Sends a request, has little room for what comes back, and reads the beginning of it. */
    private static Socket openNarrow(int port, String request) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(40_000);
        socket.setReceiveBufferSize(1024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        send(socket, request);
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        return socket;
    }

    /**
     * Changes a job again and again, until every stream waits for its client to read.
     *
     * @param times how often in a row no stream must have been ready for the next change
     */
    private void changeUntilNoStreamWaitsFor(ClaimedJob job, int times) {
        Instant eta = clock.instant();
        for (int quiet = 0; quiet < times; quiet = watch.waiting() == 0 ? quiet + 1 : 0) {
            eta = eta.plusSeconds(1);
            LeaseExtension longer = new LeaseExtension(Duration.ofMinutes(10), eta, null);
            renewed(store.renew(job.job().id(), job.lease().token(), longer));
            assertThat(get(job.job().id()).status()).isEqualTo(200); // takes as long as they may need to be told
        }
    }

    @Test
    @Tag("soak")
    void listeners_that_do_not_read_keep_no_thread_and_are_cut_off() throws Exception {
        int many = 300;
        List<Socket> notReading = new ArrayList<>();
        HttpSettings roomy = settings.withLimits(HttpLimits.defaults().withEventStreams(many));
        try (JobServer other = serverWith(roomy)) {
            ClaimedJob job = large();
            String path = ApiFixture.PATH + job.job().id();
            for (int i = 0; i < many; i++) {
                String listening = ApiFixture.message("GET", path, "clinic-a", "Accept: text/event-stream");
                notReading.add(openNarrow(other.port(), listening));
            }
            changeUntilNoStreamWaitsFor(job, 100);
            long start = System.nanoTime();

            String reading = ApiFixture.message("GET", path, "clinic-a", "Prefer: wait=0"); // takes a thread
            assertThat(RawHttp.send(other.port(), reading).status()).isEqualTo(200);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
            JobId ended = scheduled();
            finish(ended);
            String oneMore = message(ended, "Accept: text/event-stream", "Connection: close");
            while (RawHttp.send(other.port(), oneMore).status() == 429) {
                changeUntilNoStreamWaitsFor(
                        job, 100); // a stream that was about to wait at the last call has room for more
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
            }
        } finally {
            for (Socket socket : notReading) {
                socket.close();
            }
        }
    }

    @Test
    void a_listener_that_reads_late_is_told_the_latest() throws Exception {
        ClaimedJob job = large();
        JobId id = job.job().id();
        try (Socket socket = openNarrow(server.port(), message(id, "Accept: text/event-stream", "Connection: close"))) {
            changeUntilNoStreamWaitsFor(job, 5); // soon: a client that reads nothing for ten seconds is disconnected
            settle(store, job, Jobs.DONE);
            socket.setReceiveBufferSize(1 << 20); // reads at full speed: a trickle looks like silence to the server

            Events events = new Events(socket);
            String last = "";
            for (String line = events.next(); line != null; line = events.next()) {
                last = line.startsWith("data: ") ? line : last;
            }
            assertThat(last).isEqualTo("data: " + get(id).text()).contains("DONE");
        }
    }

    @Test
    void a_stream_lasts_no_longer_however_much_there_is_to_tell() throws Exception {
        BlockingQueue<Duration> waits = new LinkedBlockingQueue<>();
        AwaitJobStatus noted = (job, isAwaited, wait) -> {
            waits.add(wait);
            return watch.awaitStatus(job, isAwaited, wait);
        };
        JobId id = scheduled();
        try (JobServer other = serverWith(settings, noted);
                Socket socket = openNarrow(other.port(), message(id, "Accept: text/event-stream"))) {
            Events events = new Events(socket);
            assertThat(events.next()).isEqualTo("event: status");
            Duration first = waits.take();
            awaitWaiting(1);
            clock.advance(EXPECTED.plusSeconds(1));

            assertThat(waits.take()).isLessThan(first).isPositive();
            assertThat(first).isLessThanOrEqualTo(Duration.ofHours(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Prefer: wait=5", "Accept: text/event-stream"})
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a stream that stays open is never silent
    void a_wait_that_cannot_begin_gives_its_place_back(String header) throws Exception {
        AwaitJobStatus broken = (job, isAwaited, wait) -> {
            throw new StackOverflowError("on purpose");
        };
        HttpSettings one =
                settings.withLimits(HttpLimits.defaults().withHeld(1, 1).withEventStreams(1));
        JobId id = scheduled();
        try (JobServer other = serverWith(one, broken)) {
            for (int i = 0; i < 3; i++) {
                String answer;
                do { // until the server has seen the end of the stream before
                    answer = RawHttp.sendAll(other.port(), message(id, header, "Connection: close"));
                } while (i > 0 && answer.startsWith("HTTP/1.1 429"));
                assertThat(answer).startsWith(header.startsWith("Accept") ? "HTTP/1.1 200" : "HTTP/1.1 500");
            }
        }
    }

    @Test
    void streams_end_when_the_server_stops() throws Exception {
        JobId id = scheduled();
        try (Socket socket = open(message(id, "Accept: text/event-stream"))) {
            Events events = new Events(socket);
            assertThat(events.next()).isEqualTo("event: status");
            awaitWaiting(1);

            Future<?> closing = clients.submit(server::close);

            socket.getInputStream().readAllBytes();
            closing.get(8, TimeUnit.SECONDS);
        }
    }
}
