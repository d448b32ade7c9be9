package dev.asyncjob.http.internal.status;

import static dev.asyncjob.http.ApiFixture.CLINIC;
import static dev.asyncjob.http.ApiFixture.CREATED;
import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Cache;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plain reads that are answered without Javalin, and that their responses are those of the route. */
class StatusFastPathTest {
    private static final ResourceLinks RESULT =
            ResourceLinks.of(new ResourceLink("eHealth/composition", "composition/1"));

    private final AtomicInteger asked = new AtomicInteger();
    private final List<RequestObserver.Exchanged> seen = new CopyOnWriteArrayList<>();
    private volatile AsyncJob job = ApiFixture.pending(ID, CLINIC);
    private volatile boolean away;

    private final JobApi api = new JobApi(
            this::find, ApiFixture.changesOf(this::find), StatusFastPathTest::authenticate, HttpSettings.defaults());

    @AutoClose
    private final JobServer server =
            JobServer.start(HttpSettings.defaults().listeningOn("127.0.0.1", 0), List.of(api), seen::add);

    private static Authenticator.Verdict authenticate(String token, String apiKey) {
        return token.equals("clinic-b")
                ? new Authenticator.Granted(new Access(new Owner(token), Set.of(Scope.COMPOSITION_READ)))
                : ApiFixture.authenticate(token, apiKey);
    }

    private Optional<JobSnapshot> find(Owner reader, JobId id) {
        asked.incrementAndGet();
        if (away) {
            throw new StoreUnavailable(new IOException("away"));
        }
        return Optional.of(new JobSnapshot(job, CREATED))
                .filter(found -> found.job().owner().equals(reader))
                .filter(found -> found.job().id().equals(id));
    }

    @Test
    void an_ended_status_is_read_again_after_a_minute_since_the_job_may_be_erased() {
        AtomicLong now = new AtomicLong();
        Cache<JobKey, StatusFastPath.CachedStatus> ended = StatusFastPath.cache(now::get);
        JobKey key = new JobKey(CLINIC, JobId.parse(ID));
        ended.put(key, new StatusFastPath.CachedStatus(StatusAnswer.of(new JobSnapshot(job, CREATED)), 0));

        now.set(StatusFastPath.CACHED.toNanos() - 1);
        assertThat(ended.getIfPresent(key)).isNotNull();
        now.set(StatusFastPath.CACHED.toNanos());
        assertThat(ended.getIfPresent(key)).isNull();
    }

    @Test
    void a_cached_answer_holds_no_result_beside_its_body() {
        JobDetails details = new JobDetails(Statement.NONE, new JobResult("\"large\""), null, null);

        StatusAnswer answer = StatusAnswer.of(new JobSnapshot(job, CREATED, details), Set.of(StatusExtra.RESULT));

        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("large");
        assertThat(answer.job()).isEqualTo(new JobSnapshot(job, CREATED));
    }

    @Test
    void cached_answers_take_64_MiB_or_an_eighth_of_the_heap_with_what_each_takes_besides_its_body() {
        Cache<JobKey, StatusFastPath.CachedStatus> ended = StatusFastPath.cache(() -> 0);
        byte[] body = new byte[1 << 20];
        StatusAnswer answer = new StatusAnswer(new JobSnapshot(job, CREATED), body, EntityTag.of(body));
        for (int i = 0; i < 100; i++) {
            ended.put(new JobKey(CLINIC, Jobs.newId()), new StatusFastPath.CachedStatus(answer, 0));
        }

        ended.cleanUp();
        long most = Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 8);
        assertThat(ended.asMap()).hasSize((int) (most / (body.length + 400)));
    }

    private void complete(Duration retention) {
        job = ApiFixture.pending(ID, CLINIC).complete(RESULT, CREATED, retention);
    }

    private RawHttp.Answer get(String client, String path, String... headers) {
        return RawHttp.send(server.port(), ApiFixture.message("GET", path, client, headers));
    }

    @Test
    void a_pending_job_is_looked_up_each_time() {
        for (int i = 1; i <= 3; i++) {
            assertThat(get("clinic-a", PATH + ID).status()).isEqualTo(200);
            assertThat(asked).hasValue(i);
        }
        complete(Duration.ofDays(1));
        assertThat(get("clinic-a", PATH + ID).text()).contains("DONE");
    }

    @Test
    void an_ended_job_is_looked_up_once_and_is_answered_without_the_store() {
        complete(Duration.ofDays(1));
        String first = get("clinic-a", PATH + ID).text();
        assertThat(api.rememberedAnswers()).isZero();
        away = true;
        RawHttp.Answer again = get("clinic-a", PATH + ID);
        assertThat(again.text()).isEqualTo(first).contains("DONE");
        assertThat(get("clinic-a", PATH + ID, "If-None-Match: *").status()).isEqualTo(304);
        assertThat(asked).hasValue(1);
        assertThat(api.rememberedAnswers()).isEqualTo(2);
    }

    @Test
    void a_read_that_says_that_it_has_no_body_is_plain() {
        complete(Duration.ofDays(1));
        for (int i = 0; i < 2; i++) {
            assertThat(get("clinic-a", PATH + ID, "Content-Length: 0").text()).contains("DONE");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void a_remembered_job_is_its_owners_only() {
        complete(Duration.ofDays(1));
        get("clinic-a", PATH + ID);
        assertThat(get("clinic-b", PATH + ID).status()).isEqualTo(404);
        assertThat(get("producer", PATH + ID).status()).isEqualTo(403);
        assertThat(get("unknown", PATH + ID).status()).isEqualTo(401);
        assertThat(get("clinic-a", PATH + ID).status()).isEqualTo(200);
    }

    @Test
    void a_remembered_job_is_forgotten_when_its_retention_is_over() {
        complete(Duration.ofMillis(300));
        long start = System.nanoTime();
        assertThat(get("clinic-a", PATH + ID).header("Cache-Control")).contains("private, max-age=0, immutable");
        job = ApiFixture.pending(MISSING_ID, CLINIC); // gone
        int status = 200;
        while (status == 200
                && System.nanoTime() - start < Duration.ofSeconds(30).toNanos()) {
            status = get("clinic-a", PATH + ID).status();
        }
        assertThat(status).isEqualTo(404);
        assertThat(System.nanoTime() - start)
                .isGreaterThan(Duration.ofMillis(250).toNanos());
    }

    @Test
    void a_remembered_job_is_answered_with_the_time_that_is_left() {
        complete(Duration.ofHours(1).plusMillis(100));
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        String read = get("clinic-a", PATH + ID).header("Cache-Control").orElseThrow();
        assertThat(read).isEqualTo("private, max-age=3600, immutable");

        for (String condition : List.of("x: y", "If-None-Match: *")) {
            String again = read;
            while (again.equals(read) && System.nanoTime() - deadline < 0) {
                again = get("clinic-a", PATH + ID, condition)
                        .header("Cache-Control")
                        .orElseThrow();
            }
            assertThat(again).as(condition).matches("private, max-age=35[0-9]{2}, immutable");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void a_kept_answer_grows_old() {
        complete(Duration.ofSeconds(100));
        StatusAnswer answer = StatusAnswer.of(new JobSnapshot(job, CREATED.plusSeconds(10)));
        assertThat(answer.cacheControl(Duration.ZERO)).isEqualTo("private, max-age=90, immutable");
        assertThat(answer.cacheControl(Duration.ofMillis(30_001))).isEqualTo("private, max-age=59, immutable");
    }

    @Test
    void a_store_that_is_away_is_told_as_by_the_route() {
        away = true;
        RawHttp.Answer fast = get("clinic-a", PATH + ID, "x-request-id: same");
        RawHttp.Answer route = get("clinic-a", PATH + ID + "?a=b", "x-request-id: same");
        assertThat(fast.status()).isEqualTo(503);
        assertThat(fast.header("Retry-After")).contains("2");
        assertThat(lines(fast)).containsExactlyInAnyOrderElementsOf(lines(route));
        assertThat(fast.text()).isEqualTo(route.text());
    }

    /** An unknown query parameter is ignored, and takes the long way. */
    @ParameterizedTest
    @ValueSource(
            strings = {ID, MISSING_ID, "89678F60-4CDC-4FE3-AE83-E8B3EBD35C59", "89678f60-4cdc-4fe3-ae83-e8b3ebd35czz"})
    void the_short_way_answers_like_the_long_one_to_the_byte(String id) {
        for (String client : List.of("clinic-a", "clinic-w", "producer", "busy", "unknown", "two  spaces")) {
            for (String header : List.of(
                    "x: y",
                    "If-None-Match: *",
                    "If-None-Match: \"a\"",
                    "Accept: */*",
                    "Content-Type: application/json")) {
                RawHttp.Answer fast = get(client, PATH + id, header, "x-request-id: same");
                RawHttp.Answer route = get(client, PATH + id + "?a=b", header, "x-request-id: same");
                assertThat(lines(fast)).as(client + header).containsExactlyInAnyOrderElementsOf(lines(route));
                assertThat(fast.text()).isEqualTo(route.text());
            }
        }
        assertThat(seen).extracting(RequestObserver.Exchanged::route).containsOnly(PATH + HttpSettings.ID);
        assertThat(seen)
                .filteredOn(request -> request.status() == 200)
                .allMatch(request -> request.client().orElseThrow().equals(CLINIC));
        assertThat(seen)
                .allSatisfy(request ->
                        assertThat(request.job().map(JobId::toString)).isEqualTo(logged(id, request.status())));
    }

    /** Only requests of admitted clients name a job, and never by a text that is no id. */
    private static Optional<String> logged(String id, int status) {
        return List.of(400, 401, 403, 503).contains(status) || id.endsWith("z")
                ? Optional.empty()
                : Optional.of(id.toLowerCase(Locale.ROOT));
    }

    private static List<String> lines(RawHttp.Answer answer) {
        return answer.headerLines().stream()
                .filter(line -> !line.startsWith("Date:"))
                .toList();
    }
}
