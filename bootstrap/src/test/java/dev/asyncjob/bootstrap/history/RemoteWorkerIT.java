package dev.asyncjob.bootstrap.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.ServerProcess;
import dev.asyncjob.client.ClaimedJob;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.JobState;
import dev.asyncjob.client.JobState.Status;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteHandler;
import dev.asyncjob.client.RemoteWorker;
import dev.asyncjob.client.RemoteWorkerSettings;
import dev.asyncjob.identity.Eventually;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client's remote worker against the built jar on an H2 file, through a line that loses answers. */
@Tag("soak")
@Timeout(120)
class RemoteWorkerIT {
    private static final String KIND = "invoice.mail";
    private static final String TOKEN = "planted-token";
    private static final String API_KEY = "planted-api-key";
    private static final Outcome DONE = Outcome.completed("shop/invoice", "invoice/7");
    private static final Duration SHORT = Duration.ofSeconds(2);

    @TempDir
    private Path folder;

    private volatile int port;
    private final FaultyLine line = new FaultyLine(() -> port);
    private final URI url = URI.create("http://127.0.0.1:" + line.port());
    private final JobClient client = new JobClient(ClientSettings.of(url, TOKEN, API_KEY));
    private final BlockingQueue<ClaimedJob> handled = new LinkedBlockingQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    @AfterEach
    void closeLine() {
        over.countDown();
        line.close();
    }

    private ServerProcess started() {
        Map<String, String> environment = Map.of("ASYNCJOB_DB_URL", "jdbc:h2:file:" + folder.resolve("jobs"));
        ServerProcess server = ServerProcess.start(folder, "sandbox", environment);
        port = URI.create(server.url()).getPort();
        return server;
    }

    private RemoteWorker working(int parallelism, RemoteHandler handler) {
        RemoteWorkerSettings settings = RemoteWorkerSettings.named("mailer")
                .withParallelism(parallelism)
                .withLease(Duration.ofSeconds(6));
        RemoteWorker worker = new RemoteWorker(client, Map.of(KIND, handler), settings);
        worker.start();
        return worker;
    }

    private UUID scheduled(JobRequest job) throws Exception {
        return client.schedule(job).get(30, TimeUnit.SECONDS).id();
    }

    private static JobRequest job() {
        return JobRequest.of(KIND, "shop/invoice");
    }

    private Outcome await(ClaimedJob job) throws InterruptedException {
        handled.add(job);
        over.await();
        return DONE;
    }

    private ClaimedJob nextHandled() throws InterruptedException {
        ClaimedJob job = handled.poll(30, TimeUnit.SECONDS);
        assertThat(job).isNotNull();
        return job;
    }

    private static <T> T soon(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    @Test
    void lost_answers_repeat_no_job_and_a_killed_server_loses_none() throws Exception {
        ServerProcess first = started();
        List<UUID> jobs = scheduled(30);
        line.set(FaultyLine.Mode.CUT_ANSWER, 0.2, Duration.ZERO);
        RemoteWorker worker = working(4, job -> {
            handled.add(job);
            return DONE;
        });

        assertThat(soon(client.awaitAll(jobs)).values())
                .hasSize(30)
                .extracting(JobState::status)
                .containsOnly(Status.DONE);
        assertThat(line.strikes()).isPositive();
        assertThat(handled).extracting(ClaimedJob::id).containsExactlyInAnyOrderElementsOf(jobs);
        assertThat(handled).extracting(ClaimedJob::attempt).containsOnly(1);

        handled.clear();
        jobs = scheduled(60);
        for (int i = 0; i < 10; i++) {
            nextHandled();
        }
        first.kill();
        first.close();
        try (ServerProcess second = started()) {
            assertThat(second.isRunning()).isTrue();
            assertThat(soon(client.awaitAll(jobs)).values())
                    .hasSize(60)
                    .extracting(JobState::status)
                    .containsOnly(Status.DONE);
            worker.close();
        }
    }

    private List<UUID> scheduled(int count) throws Exception {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(scheduled(job()));
        }
        return ids;
    }

    @Test
    void a_worker_that_was_cut_off_stops_when_another_has_its_job() throws Exception {
        try (ServerProcess server = started()) {
            UUID id = scheduled(job());
            CompletableFuture<Boolean> lost = new CompletableFuture<>();
            RemoteWorker worker = working(2, job -> {
                try {
                    return await(job);
                } catch (InterruptedException e) {
                    lost.complete(job.isLost());
                    return Outcome.failed("too late");
                }
            });
            nextHandled();
            line.set(FaultyLine.Mode.REFUSE, 1, Duration.ZERO);
            line.resetOpen();
            JobClient direct = new JobClient(ClientSettings.of(URI.create(server.url()), TOKEN, API_KEY));
            ClaimedJob again = soon(direct.claim("other", Set.of(KIND), 1, Duration.ofMinutes(1)))
                    .get(0);
            assertThat(again.id()).isEqualTo(id);
            line.pass();

            assertThat(soon(lost)).isTrue();
            assertThat(soon(direct.settle(again, DONE)).status()).isEqualTo(Status.DONE);
            worker.close();
            assertThat(soon(direct.await(id)).status()).isEqualTo(Status.DONE);
        }
    }

    @Test
    void a_worker_that_is_closed_during_a_claim_leaves_the_jobs_to_others() throws Exception {
        try (ServerProcess server = started()) {
            assertThat(server.isRunning()).isTrue();
            RemoteWorker closed = working(2, this::await);
            Eventually.answer(Duration.ofSeconds(30), line::requests, requests -> requests > 0);
            closed.close();
            UUID id = scheduled(job());
            RemoteWorker worker = working(2, job -> DONE);

            assertThat(soon(client.await(id)).status()).isEqualTo(Status.DONE);
            worker.close();
            assertThat(handled).isEmpty();
        }
    }

    @Test
    void a_job_that_is_cancelled_stops_its_handler() throws Exception {
        try (ServerProcess server = started()) {
            assertThat(server.isRunning()).isTrue();
            UUID id = scheduled(job().withIdempotencyKey("order-17"));
            assertThat(scheduled(job().withIdempotencyKey("order-17"))).isEqualTo(id);
            CompletableFuture<Boolean> lost = new CompletableFuture<>();
            RemoteWorker worker = working(1, job -> {
                try {
                    return await(job);
                } catch (InterruptedException e) {
                    lost.complete(job.isLost());
                    throw e;
                }
            });
            nextHandled();

            assertThat(soon(client.cancel(id)).status()).isEqualTo(Status.FAILED);

            assertThat(soon(lost)).isTrue();
            worker.close();
        }
    }

    @Test
    void a_handler_that_throws_an_error_is_tried_again() throws Exception {
        try (ServerProcess server = started()) {
            assertThat(server.isRunning()).isTrue();
            UUID id = scheduled(job());
            RemoteWorker worker = working(2, job -> {
                if (job.attempt() == 1) {
                    throw new StackOverflowError();
                }
                return DONE;
            });

            assertThat(soon(client.await(id)).status()).isEqualTo(Status.DONE);
            worker.close();
        }
    }

    @Test
    void the_last_attempt_after_a_lost_lease_waits_until_it_is_alone() throws Exception {
        try (ServerProcess server = started()) {
            assertThat(server.isRunning()).isTrue();
            UUID suspect = scheduled(job().withMaxAttempts(2));
            assertThat(soon(client.claim("dies", Set.of(KIND), 1, SHORT))).hasSize(1);
            UUID other = scheduled(job());
            RemoteWorker worker = working(8, this::await);
            assertThat(nextHandled().id()).isEqualTo(other);
            assertThat(handled.poll(4, TimeUnit.SECONDS)).isNull();

            over.countDown();

            assertThat(nextHandled().id()).isEqualTo(suspect);
            assertThat(soon(client.await(suspect)).status()).isEqualTo(Status.DONE);
            worker.close();
        }
    }
}
