package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Claims with {@code Prefer: wait=N}, which are answered when there is work. */
class WaitingClaimTest {
    private static final byte[] BODY =
            "{\"kinds\":[\"composition.create\"],\"max\":10,\"worker\":\"w-1\"}".getBytes(StandardCharsets.UTF_8);
    private static final String NOTHING = "{\"data\":[]}";
    private static final String JSON = "Content-Type: application/json";

    @AutoClose("shutdownNow")
    private final ExecutorService clients = Executors.newCachedThreadPool();

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private static RawHttp.Answer claimFrom(ApiFixture server, String... prefer) {
        String[] headers = java.util.Arrays.copyOf(prefer, prefer.length + 1);
        headers[prefer.length] = JSON;
        return server.sendAs("worker", "POST", "/jobs/claims", BODY, headers);
    }

    private Future<RawHttp.Answer> claiming(String... prefer) {
        return clients.submit(() -> claimFrom(api, prefer));
    }

    private static RawHttp.Answer answer(Future<RawHttp.Answer> claiming) throws Exception {
        return claiming.get(14, TimeUnit.SECONDS);
    }

    private NewJob scheduled() {
        NewJob job = Jobs.newJob();
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        return job;
    }

    @Test
    void work_that_arrives_ends_the_wait() throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=5");
        WaitingClients.Waiter waiter = api.waiting().next();
        assertThat(waiter.most()).isEqualTo(Duration.ofSeconds(5));
        NewJob job = scheduled();
        api.waiting().serve(waiter);
        RawHttp.Answer answer = answer(claiming);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains(job.id().toString(), "\"token\":1");
        assertThat(answer.header("Preference-Applied")).contains("wait=5");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Content-Length"))
                .contains(Integer.toString(answer.text().length()));
        assertThat(answer.header("x-request-id")).isPresent();
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
    }

    @Test
    void work_that_is_there_is_not_waited_for() {
        NewJob job = scheduled();
        RawHttp.Answer answer = claimFrom(api, "Prefer: wait=55");
        assertThat(answer.text()).contains(job.id().toString());
        assertThat(answer.header("Preference-Applied")).contains("wait=55");
    }

    @Test
    void when_the_time_is_up_nothing_is_answered() throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=1");
        api.waiting().next().answer().complete(List.of());
        RawHttp.Answer answer = answer(claiming);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(NOTHING);
        assertThat(answer.header("Preference-Applied")).contains("wait=1");
    }

    @ParameterizedTest
    @CsvSource({"56,55", "999999,55", "99999999999999999999,55", "54,54"})
    void a_claim_waits_no_longer_than_is_allowed(String asked, long granted) throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=" + asked);
        WaitingClients.Waiter waiter = api.waiting().next();
        assertThat(waiter.most()).isEqualTo(Duration.ofSeconds(granted));
        waiter.answer().complete(List.of());
        assertThat(answer(claiming).header("Preference-Applied")).contains("wait=" + granted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait=-1", "wait=abc", "wait", "wait=\"\"", "wait=1.5", "respond-async", ""})
    void a_malformed_preference_is_ignored(String prefer) {
        RawHttp.Answer answer = claimFrom(api, "Prefer: " + prefer);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(NOTHING);
        assertThat(answer.header("Preference-Applied")).isEmpty();
        assertThat(api.waiting().isEmpty()).isTrue();
    }

    @Test
    void a_wait_of_nothing_is_granted_and_does_not_wait() {
        RawHttp.Answer answer = claimFrom(api, "Prefer: respond-async", "prefer: WAIT=\"0\"", "Prefer: wait=9");
        assertThat(answer.text()).isEqualTo(NOTHING);
        assertThat(answer.header("Preference-Applied")).contains("wait=0");
        assertThat(api.waiting().isEmpty()).isTrue();
    }

    @Test
    void a_server_may_allow_no_waiting() {
        try (ApiFixture hasty = new ApiFixture(HttpSettings.defaults().withMaxWait(Duration.ofMillis(999)))) {
            assertThat(claimFrom(hasty, "Prefer: wait=9").header("Preference-Applied"))
                    .contains("wait=0");
            assertThat(hasty.waiting().isEmpty()).isTrue();
        }
    }

    @Test
    void what_fails_during_the_wait_is_told_as_ever() throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=5");
        StoreUnavailable away = new StoreUnavailable(new IOException(ApiFixture.SECRET_CAUSE));
        api.waiting().next().answer().completeExceptionally(away);
        assertError(answer(claiming), 503, "service_unavailable");

        claiming = claiming("Prefer: wait=5");
        api.waiting().next().answer().completeExceptionally(new CompletionException(away));
        assertError(answer(claiming), 503, "service_unavailable");

        claiming = claiming("Prefer: wait=5");
        api.waiting().next().answer().completeExceptionally(new IllegalStateException(ApiFixture.SECRET_CAUSE));
        assertError(answer(claiming), 500, "internal_error");

        claiming = claiming("Prefer: wait=5");
        api.waiting().next().answer().completeExceptionally(new StackOverflowError(ApiFixture.SECRET_CAUSE));
        assertError(answer(claiming), 500, "internal_error");

        claiming = claiming("Prefer: wait=5");
        api.waiting().next().answer().cancel(true);
        assertError(answer(claiming), 500, "internal_error");
    }

    @Test
    void what_fails_before_the_wait_is_told_as_ever() {
        byte[] unreachable = new String(BODY, StandardCharsets.UTF_8)
                .replace("composition.create", "unreachable")
                .getBytes(StandardCharsets.UTF_8);
        assertError(
                api.sendAs("worker", "POST", "/jobs/claims", unreachable, JSON, "Prefer: wait=5"),
                503,
                "service_unavailable");
    }

    private static void assertError(RawHttp.Answer answer, int status, String type) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text())
                .startsWith("{\"meta\":{\"code\":" + status)
                .contains("\"type\":\"" + type + "\"")
                .doesNotContain(ApiFixture.SECRET_CAUSE, "Exception");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("x-request-id")).isPresent();
        assertThat(answer.header("Retry-After").isPresent()).isEqualTo(status == 503);
    }

    @Test
    @Tag("soak")
    void a_wait_is_longer_than_a_connection_may_be_idle() throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=55");
        WaitingClients.Waiter waiter = api.waiting().next();
        Duration longer = JobServer.PROGRESS_TIMEOUT.plusSeconds(2);
        assertThatExceptionOfType(java.util.concurrent.TimeoutException.class)
                .isThrownBy(() -> claiming.get(longer.toMillis(), TimeUnit.MILLISECONDS));
        NewJob job = scheduled();
        api.waiting().serve(waiter);
        assertThat(answer(claiming).text()).contains(job.id().toString());
    }

    @Test
    void those_who_wait_hold_no_thread() throws Exception {
        List<Future<RawHttp.Answer>> all = new ArrayList<>();
        List<WaitingClients.Waiter> waiters = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            all.add(claiming("Prefer: wait=30"));
        }
        for (int i = 0; i < all.size(); i++) {
            waiters.add(api.waiting().next());
        }
        assertThat(api.bare("GET", "/health/live").status()).isEqualTo(200);
        waiters.forEach(waiter -> waiter.answer().complete(List.of()));
        for (Future<RawHttp.Answer> claiming : all) {
            assertThat(answer(claiming).text()).isEqualTo(NOTHING);
        }
    }

    @Test
    void who_brings_the_work_does_not_wait_for_a_client_that_reads_slowly() throws Exception {
        String head =
                ApiFixture.message("POST", "/jobs/claims", "worker", JSON, "Prefer: wait=30", "Connection: close");
        String request = head.replaceFirst("\r\n\r\n$", "\r\nContent-Length: " + BODY.length + "\r\n\r\n")
                + new String(BODY, StandardCharsets.UTF_8);
        try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            slow.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            WaitingClients.Waiter waiter = api.waiting().next();
            Payload large = new Payload('"' + "x".repeat(1_000_000) + '"');
            for (int i = 0; i < 10; i++) {
                Jobs.accepted(api.store().schedule(Jobs.newJob().withPayload(large), Jobs.EXPECTED));
            }
            CompletableFuture.runAsync(() -> api.waiting().serve(waiter)).get(5, TimeUnit.SECONDS);
            slow.setSoTimeout(5_000);
            assertThat(new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200")
                    .hasSizeGreaterThan(4_000_000)
                    .endsWith("}]}");
        }
    }

    @Test
    void a_server_that_stops_lets_all_go_at_once_and_takes_no_jobs_for_them() throws Exception {
        Future<RawHttp.Answer> claiming = claiming("Prefer: wait=55");
        WaitingClients.Waiter waiter = api.waiting().next();
        Future<?> closing = clients.submit(api::close);
        RawHttp.Answer answer = answer(claiming);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(NOTHING);
        assertThat(waiter.answer().complete(List.of())).isFalse();
        closing.get(5, TimeUnit.SECONDS);
    }

    @Test
    void a_hosts_time_limit_and_errors_are_not_those_of_claims() throws Exception {
        JobStore store = new InMemoryJobStore(WorkPolicy.defaults(), new SettableClock(), new LocalJobSignals());
        WaitingClients room = new WaitingClients(store);
        Javalin host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.asyncTimeout = 100;
            config.registerPlugin(new WorkApi(
                    JobUseCases.over(store, WorkPolicy.defaults()),
                    room,
                    Jobs::newId,
                    Jobs.LEASE,
                    ApiFixture::authenticate,
                    HttpSettings.defaults()));
            config.routes.exception(Exception.class, (e, ctx) -> ctx.status(418).result("own error"));
        });
        host.start("127.0.0.1", 0);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), host.port())) {
            String head = ApiFixture.message("POST", "/jobs/claims", "worker", JSON, "Prefer: wait=30");
            socket.getOutputStream()
                    .write((head.replaceFirst("\r\n\r\n$", "\r\nContent-Length: " + BODY.length + "\r\n\r\n")
                                    + new String(BODY, StandardCharsets.UTF_8))
                            .getBytes(StandardCharsets.ISO_8859_1));
            WaitingClients.Waiter waiter = room.next();
            socket.setSoTimeout(1_500); // Jetty looks for what is overdue once a second
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> socket.getInputStream().read());
            waiter.answer().completeExceptionally(new StoreUnavailable(new IOException("away")));
            socket.setSoTimeout(10_000);
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 503");
        } finally {
            host.stop();
        }
    }
}
