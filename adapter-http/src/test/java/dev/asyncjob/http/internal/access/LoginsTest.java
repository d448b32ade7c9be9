package dev.asyncjob.http.internal.access;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.FailedLogins;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.ServiceApi;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Credentials that only an identity provider can judge, and the limit of failed logins. */
class LoginsTest {
    private static final HttpSettings SETTINGS = HttpSettings.defaults()
            .listeningOn("127.0.0.1", 0)
            .withVirtualThreads(false)
            .withLimits(HttpLimits.defaults().withFailedLogins(5));
    private static final String WAITING = "Prefer: wait=5";

    /** More than a server has threads. */
    private static final int MANY = 300;

    private final CompletableFuture<Void> provider = new CompletableFuture<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final Authenticator shared = FailedLogins.limitedTogether(this::authenticate, SETTINGS.limits());

    @AutoClose
    private final JobServer first = server();

    @AutoClose
    private final JobServer second = server();

    private JobServer server() {
        Api jobs = new JobApi(LoginsTest::find, LoginsTest::changes, shared, SETTINGS);
        return JobServer.start(
                SETTINGS, List.of(jobs, new ServiceApi(() -> true, SETTINGS, List.of(jobs))), request -> {});
    }

    private static Optional<JobSnapshot> find(Owner reader, JobId id) {
        return Optional.of(new JobSnapshot(ApiFixture.pending(ID, reader), ApiFixture.CREATED))
                .filter(found -> id.toString().equals(ID));
    }

    /** A change that comes soon, on another thread. */
    private static AwaitJobStatus.Waiting changes(JobKey job, Predicate<JobSnapshot> isAwaited, Duration wait) {
        CompletableFuture<Optional<JobSnapshot>> change = new CompletableFuture<>();
        change.completeOnTimeout(find(job.owner(), job.id()), 1, TimeUnit.MILLISECONDS);
        return new AwaitJobStatus.Waiting(change, () -> {});
    }

    /** Tokens that begin with {@code new} or {@code seen} are the provider's; those with {@code good} are valid. */
    private Authenticator.Verdict authenticate(String token, String apiKey) {
        Owner client = new Owner(apiKey.replace("-key", ""));
        Authenticator.Verdict verdict = token.contains("good")
                ? new Authenticator.Granted(new Access(client, Set.of(Scope.COMPOSITION_READ)))
                : new Authenticator.InvalidToken(Authenticator.Cause.of("unknown-token"));
        if (!token.startsWith("new") && !token.startsWith("seen")) {
            return verdict;
        }
        return new Authenticator.AskProvider(client, token.startsWith("new"), () -> {
            asked.incrementAndGet();
            return provider.thenApply(answered -> verdict);
        });
    }

    private static RawHttp.Answer read(JobServer server, String client, String token, String... headers) {
        return RawHttp.send(server.port(), message(client, token, headers));
    }

    private static String message(String client, String token, String... headers) {
        return ApiFixture.head("GET", PATH + ID, headers) + "Connection: close\r\nAuthorization: Bearer " + token
                + "\r\napi-key: " + client + "-key\r\n\r\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"Accept: application/json", WAITING})
    void callers_that_wait_for_the_provider_hold_no_thread(String header) throws IOException {
        List<Socket> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < MANY; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), first.port());
                waiting.add(socket);
                socket.setSoTimeout(10_000);
                socket.getOutputStream()
                        .write(message("clinic-a", "seen-good", header).getBytes(StandardCharsets.US_ASCII));
            }
            while (asked.get() < MANY) {
                assertThat(read(first, "clinic-b", "good", header).status()).isEqualTo(200);
            }
            assertThat(RawHttp.send(first.port(), ApiFixture.head("GET", "/health/live") + "\r\n")
                            .status())
                    .isEqualTo(200);
            provider.complete(null);
            for (Socket socket : waiting) {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 200 ")
                        .endsWith("\"status\":\"PENDING\"}}");
            }
        } finally {
            for (Socket socket : waiting) {
                socket.close();
            }
        }
    }

    @Test
    void a_read_that_waits_for_the_provider_may_then_wait_for_the_job() {
        provider.completeOnTimeout(null, 1, TimeUnit.MILLISECONDS);
        assertThat(read(first, "clinic-a", "new-good", WAITING).status()).isEqualTo(200);
        assertThat(read(first, "clinic-a", "new-bad", WAITING).status()).isEqualTo(401);
        assertThat(read(first, "clinic-a", "new-good", WAITING, "Accept: text/html")
                        .status())
                .isEqualTo(406);
    }

    @Test
    void guesses_reach_the_provider_within_the_limit_and_nothing_else_is_limited() {
        provider.complete(null);
        List<Integer> guesses = IntStream.range(0, 50)
                .map(i -> read(first, "clinic-a", "new-" + i).status())
                .boxed()
                .toList();
        assertThat(guesses).startsWith(401, 401, 401, 401, 401).containsOnly(401, 429);
        assertThat(asked.get()).isBetween(5, 15); // one more every two seconds
        RawHttp.Answer refused = read(second, "clinic-a", "new-50");
        assertThat(refused.header("RateLimit-Policy")).contains("\"failed-logins\";q=5;w=10");
        assertThat(refused.header("Retry-After")).isPresent();
        assertThat(read(first, "clinic-a", "good").status()).isEqualTo(200);
        assertThat(read(first, "clinic-a", "seen-good").status()).isEqualTo(200);
        assertThat(read(first, "clinic-b", "new-good").status()).isEqualTo(200);
    }

    @Test
    void guesses_count_before_the_provider_has_answered() throws Exception {
        ExecutorService callers = Executors.newCachedThreadPool();
        try {
            List<Future<Integer>> guesses = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                String token = "new-" + i;
                guesses.add(callers.submit(() -> read(first, "clinic-a", token).status()));
            }
            long begin = System.nanoTime();
            while (guesses.stream().filter(Future::isDone).count() < 20) {
                assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(10));
            }
            assertThat(asked.get()).isLessThanOrEqualTo(10); // one more every two seconds
            provider.complete(null);
            for (Future<Integer> guess : guesses) {
                assertThat(guess.get()).isIn(401, 429);
            }
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void valid_tokens_are_not_counted() {
        provider.complete(null);
        assertThat(IntStream.range(0, 20)
                        .map(i -> read(first, "clinic-a", "new-good-" + i).status()))
                .containsOnly(200);
    }

    @Test
    void servers_that_share_an_authenticator_share_the_limit_of_failed_logins() {
        assertThat(IntStream.range(0, 5).map(i -> read(first, "clinic-a", "bad").status()))
                .containsOnly(401);
        assertThat(IntStream.range(0, 20)
                        .map(i -> read(second, "clinic-a", "bad").status()))
                .contains(429);
        assertThat(read(second, "clinic-a", "good").status()).isEqualTo(200);
    }

    @Test
    void a_host_application_waits_without_a_thread_too() {
        Javalin host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.asyncTimeout = 1;
            config.registerPlugin(
                    new JobApi(LoginsTest::find, ApiFixture.changesOf(LoginsTest::find), shared, SETTINGS));
        });
        try {
            host.start("127.0.0.1", 0);
            provider.completeOnTimeout(null, 50, TimeUnit.MILLISECONDS);
            String good = message("clinic-a", "new-good");
            assertThat(RawHttp.send(host.port(), good).status()).isEqualTo(200);
            assertThat(RawHttp.send(host.port(), good.replace(ID, MISSING_ID)).status())
                    .isEqualTo(404);
            assertThat(RawHttp.send(host.port(), message("clinic-a", "new-bad")).status())
                    .isEqualTo(401);
        } finally {
            host.stop();
        }
    }
}
