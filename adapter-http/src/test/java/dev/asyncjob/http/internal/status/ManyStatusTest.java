package dev.asyncjob.http.internal.status;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The status of many jobs in one request (contract section 1, "Many jobs"). */
@Timeout(90)
class ManyStatusTest {
    private static final Owner CLINIC = new Owner("clinic-a");
    private static final String ALL = "/patients/composition/job";
    private static final String QUERY = "QUERY " + ALL;
    private static final String POST = "POST " + ALL + "/statuses";

    /** Held reads of a client at most. */
    private static final int PLACES = 3;

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore jobs = new InMemoryJobStore(WorkPolicy.defaults(), clock, signals);
    private final List<String> queries = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean lost;

    /** A query takes until so many wait, as a slow one would. */
    private volatile int slow;

    private final JobStore store = new ForwardingJobStore(jobs) {
        @Override
        public Optional<JobSnapshot> find(Owner reader, JobId id) {
            queries.add("one");
            requireFound();
            return super.find(reader, id);
        }

        @Override
        public List<JobSnapshot> find(Set<JobKey> keys) {
            queries.add(keys.size() + " of "
                    + keys.stream().map(key -> key.owner().value()).distinct().collect(Collectors.joining(",")));
            requireFound();
            if (slow > 0 && keys.size() < slow) {
                awaitWaiting(slow);
            }
            return super.find(keys);
        }

        private void requireFound() {
            if (lost) {
                throw new StoreUnavailable(new IOException("on purpose"));
            }
        }
    };
    private final StatusWatch watch = new StatusWatch(store, signals);
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final JobServer server = serverWith(HttpLimits.defaults().withHeld(PLACES, 1));

    ManyStatusTest() {
        watch.start();
    }

    private JobServer serverWith(HttpLimits limits) {
        HttpSettings settings =
                HttpSettings.defaults().listeningOn("127.0.0.1", 0).withLimits(limits);
        Api api = new JobApi(JobUseCases.over(store, WorkPolicy.defaults()), watch, ApiFixture::authenticate, settings);
        return JobServer.start(settings, List.of(api), request -> {});
    }

    @AfterEach
    void stop() {
        watch.close();
        server.close();
        clients.shutdownNow();
    }

    private JobId scheduled() {
        return scheduledFor(CLINIC);
    }

    private JobId scheduledFor(Owner owner) {
        JobId id = newId();
        NewJob job = NewJob.of(id, owner, kind(id), Jobs.LINKS);
        accepted(jobs.schedule(job, EXPECTED));
        return id;
    }

    /** A kind of its own, so that a worker can claim this job. */
    private static JobKind kind(JobId id) {
        return new JobKind("job." + id);
    }

    private void finish(JobId id) {
        end(id, Jobs.DONE);
    }

    private void end(JobId id, Outcome outcome) {
        settle(jobs, claim(id), outcome);
    }

    private ClaimedJob claim(JobId id) {
        return jobs.claim(new Claim(Jobs.WORKER, Set.of(kind(id)), 1, Duration.ofSeconds(30)))
                .get(0);
    }

    private static String body(Object... ids) {
        return Stream.of(ids).map(id -> "\"" + id + "\"").collect(Collectors.joining(",", "{\"ids\":[", "]}"));
    }

    private static String message(String route, String body, String... headers) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Content-Type: application/json";
        all[headers.length + 1] = "Content-Length: " + body.length();
        String[] words = route.split(" ", -1);
        return ApiFixture.message(words[0], words[1], "clinic-a", all) + body;
    }

    private RawHttp.Answer ask(String route, String body, String... headers) {
        return RawHttp.send(server.port(), message(route, body, headers));
    }

    private Future<RawHttp.Answer> asking(String body, String... headers) {
        return clients.submit(() -> ask(QUERY, body, headers));
    }

    private static RawHttp.Answer answer(Future<RawHttp.Answer> asking) throws Exception {
        return asking.get(30, TimeUnit.SECONDS);
    }

    private RawHttp.Answer get(JobId id, String... headers) {
        return RawHttp.send(server.port(), ApiFixture.message("GET", ApiFixture.PATH + id, "clinic-a", headers));
    }

    /** The entry of a job: what the single answer has as its data. */
    private String entry(JobId id) {
        return get(id).text().replaceFirst("^\\{\"data\":", "").replaceFirst("}$", "");
    }

    private static String missing(JobId id) {
        return "{\"id\":\"" + id + "\",\"status\":404}";
    }

    private static String tag(RawHttp.Answer answer) {
        return "If-None-Match: " + answer.header("ETag").orElseThrow();
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

    @ParameterizedTest
    @ValueSource(strings = {QUERY, POST})
    void each_entry_is_the_single_answers_data_in_the_order_of_the_ids(String route) {
        JobId pending = scheduled();
        JobId done = scheduled();
        finish(done);
        JobId failed = scheduled();
        end(failed, Outcome.failed(new Failure("1000: gone")));
        JobId unknown = newId();
        JobId foreign = scheduledFor(new Owner("clinic-b"));

        RawHttp.Answer answer = ask(
                route, body(failed, unknown, pending, foreign, done.toString().toUpperCase(Locale.ROOT), pending));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo(Stream.of(
                                entry(failed),
                                missing(unknown),
                                entry(pending),
                                missing(foreign),
                                entry(done),
                                entry(pending))
                        .collect(Collectors.joining(",", "{\"data\":[", "]}")));
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Vary")).isEqualTo(get(pending).header("Vary"));
        assertThat(answer.header("x-request-id")).isPresent();
    }

    @Test
    void all_jobs_take_one_query_and_foreign_ones_take_the_same_as_unknown_ones() {
        Object[] ids = Stream.generate(this::scheduled).limit(99).toArray(Object[]::new);
        for (JobId other : List.of(newId(), scheduledFor(new Owner("clinic-b")), scheduled())) {
            Object[] all = java.util.Arrays.copyOf(ids, 100);
            all[99] = other;
            queries.clear();
            assertThat(ask(QUERY, body(all)).status()).isEqualTo(200);
            assertThat(queries).containsExactly("100 of clinic-a");
        }
    }

    @Test
    void retry_after_is_the_smallest_of_the_pending_jobs() {
        JobId ended = scheduled();
        finish(ended);
        JobId first = scheduled();
        clock.advance(EXPECTED.dividedBy(2));
        JobId second = scheduled();

        RawHttp.Answer answer = ask(QUERY, body(second, ended, first, newId()));

        assertThat(answer.header("Retry-After")).isEqualTo(get(first).header("Retry-After"));
        assertThat(answer.header("Retry-After")).isNotEqualTo(get(second).header("Retry-After"));
        assertThat(answer.header("Cache-Control")).contains("private, no-cache");
        RawHttp.Answer over = ask(QUERY, body(ended, newId()));
        assertThat(over.header("Retry-After")).isEmpty();
        assertThat(over.header("Cache-Control")).contains("private, no-cache");
    }

    @ParameterizedTest
    @ValueSource(strings = {QUERY, POST})
    void the_tag_is_that_of_the_whole(String route) {
        JobId first = scheduled();
        JobId second = scheduled();
        RawHttp.Answer whole = ask(route, body(first, second));

        RawHttp.Answer same = ask(route, body(first, second), tag(whole));
        assertThat(same.status()).isEqualTo(304);
        assertThat(same.text()).isEmpty();
        assertThat(same.header("ETag")).isEqualTo(whole.header("ETag"));
        assertThat(same.header("Retry-After")).isPresent();
        assertThat(ask(route, body(first, second), "If-None-Match: *").status()).isEqualTo(304);
        assertThat(ask(route, body(second, first), tag(whole)).status()).isEqualTo(200);
        finish(second);
        RawHttp.Answer changed = ask(route, body(first, second), tag(whole));
        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.header("ETag")).isPresent().isNotEqualTo(whole.header("ETag"));
    }

    @Test
    void every_broken_rule_of_the_body_is_reported_at_once() {
        RawHttp.Answer answer = ask(QUERY, "{\"ids\":[5,\"x\",null,\"" + newId() + "\"],\"id\":1}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
                .containsSubsequence(
                        "\"$.ids[0]\"", "\"type\"", "\"$.ids[1]\"", "\"format\"", "\"$.ids[2]\"", "\"$\"", "\"schema\"")
                .doesNotContain("$.ids[3]");

        String tooMany = IntStream.range(0, 101)
                        .mapToObj(i -> i == 100 ? "7" : "\"" + newId() + "\"")
                        .toList() + "";
        assertThat(ask(POST, "{\"ids\":" + tooMany + "}").text())
                .containsSubsequence("\"$.ids\"", "\"length\"", "1 to 100", "\"$.ids[100]\"", "\"type\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"ids\":[]}|422",
                "{}|422",
                "{\"ids\":null}|422",
                "{\"ids\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\"}|422",
                "[]|422",
                "{\"ids\":[|400",
                "{\"ids\":[],\"ids\":[]}|400",
                "''|400"
            })
    void a_bad_body_is_refused_before_the_store_is_asked(String body, int status) {
        assertThat(ask(QUERY, body).status()).isEqualTo(status);
        assertThat(ask(POST, body, "Prefer: wait=50").status()).isEqualTo(status);
        assertThat(queries).isEmpty();
    }

    @Test
    void credentials_scope_representation_and_media_type_are_required_as_for_one_job() {
        String body = body(newId());
        String length = "Content-Length: " + body.length();
        for (String route : List.of(QUERY, POST)) {
            String[] words = route.split(" ", -1);
            String json = "Content-Type: application/json";
            assertThat(RawHttp.send(server.port(), ApiFixture.head(words[0], words[1], json, length) + "\r\n" + body)
                            .status())
                    .isEqualTo(401);
            RawHttp.Answer scopeless = RawHttp.send(
                    server.port(), ApiFixture.message(words[0], words[1], "clinic-w", json, length) + body);
            assertThat(scopeless.status()).isEqualTo(403);
            assertThat(scopeless.text()).contains("Missing allowances: composition:read\"");
            assertThat(RawHttp.send(
                                    server.port(),
                                    ApiFixture.message(
                                                    words[0], words[1], "clinic-a", "Content-Type: text/plain", length)
                                            + body)
                            .status())
                    .isEqualTo(415);
            assertThat(ask(route, body, "Accept: text/html").status()).isEqualTo(406);
            assertThat(ask(route, body, "Accept: text/event-stream").status()).isEqualTo(406);
            assertThat(ask(route, body + " ".repeat(64 << 10)).status()).isEqualTo(413);
        }
    }

    @Test
    void a_request_counts_once_with_the_reads_of_single_jobs() {
        try (JobServer limited = serverWith(HttpLimits.defaults().withRequestsPerSecond(1))) { // a burst of ten
            List<Integer> statuses = new ArrayList<>();
            Object[] ids = Stream.generate(() -> newId()).limit(100).toArray(Object[]::new);
            for (int i = 0; i < 8; i++) {
                statuses.add(RawHttp.send(limited.port(), message(i % 2 == 0 ? QUERY : POST, body(ids)))
                        .status());
            }
            assertThat(statuses).containsOnly(200);
            IntStream.range(0, 4)
                    .mapToObj(i -> ApiFixture.message("GET", ApiFixture.PATH + newId(), "clinic-a"))
                    .forEach(get ->
                            statuses.add(RawHttp.send(limited.port(), get).status()));
            assertThat(RawHttp.send(limited.port(), message(QUERY, body(ids))).status())
                    .as("after %s", statuses)
                    .isEqualTo(429);
        }
    }

    @Test
    void other_methods_are_405_and_tell_what_is_allowed() {
        for (String method : List.of("GET", "HEAD", "PUT", "DELETE", "PATCH", "POST", "TRACE")) {
            RawHttp.Answer answer = RawHttp.send(server.port(), ApiFixture.message(method, ALL, "clinic-a"));
            assertThat(answer.status()).as(method).isEqualTo(405);
            assertThat(answer.header("Allow")).contains("QUERY");
        }
        RawHttp.Answer options = RawHttp.send(server.port(), ApiFixture.message("OPTIONS", ALL, "clinic-a"));
        assertThat(options.status()).isEqualTo(204);
        assertThat(options.header("Allow")).contains("QUERY, OPTIONS");
        RawHttp.Answer put = RawHttp.send(server.port(), ApiFixture.message("PUT", ALL + "/statuses", "clinic-a"));
        assertThat(put.status()).isEqualTo(405);
        assertThat(put.header("Allow")).contains("POST");
        assertThat(get(newId()).status()).isEqualTo(404);
        assertThat(RawHttp.send(server.port(), ApiFixture.message("GET", ALL + "/statuses", "clinic-a"))
                        .text())
                .as("an id that is no UUID, as ever")
                .contains("Task not found", "asyncJobId");
    }

    // ---- Waiting

    @Test
    void the_end_of_any_job_ends_the_wait() throws Exception {
        JobId first = scheduled();
        JobId second = scheduled();
        queries.clear();
        Future<RawHttp.Answer> asking = asking(body(first, second), "Prefer: wait=30");
        awaitWaiting(2);

        clock.advance(EXPECTED.plusSeconds(1)); // another forecast is no end
        finish(second);

        RawHttp.Answer answer = answer(asking);
        assertThat(answer.header("Preference-Applied")).contains("wait=30");
        assertThat(answer.text()).isEqualTo("{\"data\":[" + entry(first) + "," + entry(second) + "]}");
        assertThat(answer.text()).contains("PENDING", "DONE");
        awaitWaiting(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void where_one_has_ended_or_is_missing_there_is_nothing_to_wait_for(boolean isThere) {
        JobId ended = isThere ? scheduled() : newId();
        if (isThere) {
            finish(ended);
        }
        RawHttp.Answer answer = ask(QUERY, body(scheduled(), ended, scheduled()), "Prefer: wait=50");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(watch.waiting()).isZero();
    }

    @Test
    void with_a_tag_every_change_of_the_whole_ends_the_wait() throws Exception {
        JobId ended = scheduled();
        finish(ended);
        JobId pending = scheduled();
        ClaimedJob worked = claim(pending);
        String body = body(ended, newId(), pending);
        String tag = tag(ask(QUERY, body));
        Future<RawHttp.Answer> asking = asking(body, "Prefer: wait=50", tag);
        awaitWaiting(1);

        LeaseExtension later =
                new LeaseExtension(Duration.ofSeconds(30), clock.instant().plusSeconds(3_600), null);
        jobs.renew(pending, worked.lease().token(), later); // another forecast

        RawHttp.Answer answer = answer(asking);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains(entry(pending));
        assertThat(ask(QUERY, body, "Prefer: wait=50", tag).status())
                .as("the whole has another tag already")
                .isEqualTo(200);
        settle(jobs, worked, Jobs.DONE);
        String last = tag(ask(QUERY, body));
        assertThat(ask(QUERY, body, "Prefer: wait=50", last).status())
                .as("nothing can change any more")
                .isEqualTo(304);
    }

    @Test
    void when_the_time_is_up_the_jobs_are_answered_as_they_are() {
        String body = body(scheduled(), scheduled());
        RawHttp.Answer now = ask(QUERY, body);

        RawHttp.Answer answer = ask(POST, body, "Prefer: wait=1");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(now.text());
        assertThat(answer.header("Preference-Applied")).contains("wait=1");
        assertThat(ask(POST, body, "Prefer: wait=1", tag(now)).status()).isEqualTo(304);
    }

    @Test
    void a_wait_takes_few_queries_however_many_the_jobs_are() throws Exception {
        try (JobServer roomy = serverWith(HttpLimits.defaults())) {
            List<JobId> ids = Stream.generate(this::scheduled).limit(100).toList();
            String message = message(QUERY, body(ids.toArray()), "Prefer: wait=30");
            queries.clear();
            slow = 100;
            Future<RawHttp.Answer> asking = clients.submit(() -> RawHttp.send(roomy.port(), message));
            awaitWaiting(100);
            slow = 0;
            finish(ids.get(42));
            assertThat(answer(asking).text()).containsOnlyOnce("DONE");
            awaitWaiting(0);
            // The first read, the first waits, the others, the end, the end of the other waits, the last read; ticks.
            assertThat(queries).hasSizeBetween(4, 12).doesNotContain("one");
        }
    }

    @Test
    void each_job_takes_a_place_of_the_clients_held_reads() throws Exception {
        JobId one = scheduled();
        JobId two = scheduled();
        Future<RawHttp.Answer> asking = asking(body(one, two, one), "Prefer: wait=30");
        awaitWaiting(2);

        RawHttp.Answer over = ask(QUERY, body(one, two), "Prefer: wait=30");
        assertThat(over.status()).isEqualTo(200);
        assertThat(over.header("Preference-Applied")).contains("wait=0");
        assertThat(over.text()).contains("PENDING");
        Future<RawHttp.Answer> single = clients.submit(() -> get(one, "Prefer: wait=30"));
        awaitWaiting(PLACES);
        assertThat(get(one, "Prefer: wait=30").header("Preference-Applied")).contains("wait=0");

        finish(one);
        assertThat(answer(asking).text()).contains("DONE");
        assertThat(answer(single).text()).contains("DONE");
        awaitWaiting(0);
        Object[] more = Stream.generate(this::scheduled).limit(PLACES + 2).toArray(Object[]::new);
        Future<RawHttp.Answer> large = asking(body(more), "Prefer: wait=30");
        awaitWaiting(PLACES + 2);
        finish((JobId) more[PLACES + 1]);
        assertThat(answer(large).header("Preference-Applied")).contains("wait=30");
    }

    @Test
    void a_client_that_hangs_up_is_forgotten_at_once() throws Exception {
        String message = message(QUERY, body(scheduled(), scheduled()), "Prefer: wait=50");
        for (int i = 0; i < 2; i++) { // more than there are places
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write(message.getBytes(StandardCharsets.ISO_8859_1));
                awaitWaiting(2);
            }
            awaitWaiting(0);
        }
    }

    @Test
    void who_stops_lets_all_go_with_the_jobs_as_they_are() throws Exception {
        Future<RawHttp.Answer> asking = asking(body(scheduled(), scheduled()), "Prefer: wait=50");
        awaitWaiting(2);

        Future<?> closing = clients.submit(server::close);

        assertThat(answer(asking).text()).contains("PENDING");
        closing.get(8, TimeUnit.SECONDS);
    }

    @Test
    void without_a_watch_the_jobs_are_answered_at_once_with_few_queries() {
        watch.close();
        Object[] ids = Stream.generate(this::scheduled).limit(PLACES).toArray(Object[]::new);
        queries.clear();

        assertThat(ask(QUERY, body(ids), "Prefer: wait=50").text()).contains("PENDING");

        assertThat(queries).hasSize(3).containsOnlyOnce("one");
    }

    @Test
    void a_lost_store_is_503_and_no_404() throws Exception {
        String body = body(scheduled(), scheduled());
        Future<RawHttp.Answer> asking = asking(body, "Prefer: wait=1");
        awaitWaiting(2);
        lost = true;
        assertThat(ask(QUERY, body).status()).isEqualTo(503);
        assertThat(answer(asking).status()).isEqualTo(503);
        awaitWaiting(0);
    }
}
