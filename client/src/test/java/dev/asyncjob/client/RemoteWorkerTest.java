package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The remote worker against a server that gives out the jobs of a test. */
@Timeout(60)
class RemoteWorkerTest {
    private static final UUID A = new UUID(0, 0xa);
    private static final UUID B = new UUID(0, 0xb);
    private static final Outcome DONE = Outcome.completed("a/b", "b/7");
    private static final Logger LOGGER = Logger.getLogger(RemoteLease.class.getName());

    private final WorkServer server = new WorkServer();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final RemoteWorkerSettings settings =
            RemoteWorkerSettings.named("w").withLease(Duration.ofSeconds(1)).withStopTimeout(Duration.ofSeconds(5));
    private final BlockingQueue<ClaimedJob> handled = new LinkedBlockingQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    /** A log that fails, after it has taken the record. */
    private final Handler records = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            log.add(new SimpleFormatter().format(entry));
            throw new IllegalStateException("the log fails");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(records);
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.close();
        LOGGER.removeHandler(records);
        LOGGER.setUseParentHandlers(true);
        assertThat(String.join("\n", log)).doesNotContain("t0ken", "k3y", "secret");
    }

    private RemoteWorker started(RemoteWorkerSettings how, RemoteHandler handler) {
        RemoteWorker worker = new RemoteWorker(new JobClient(server.settings()), Map.of("a", handler), how);
        worker.start();
        return worker;
    }

    private static WorkServer.Asked next(BlockingQueue<WorkServer.Asked> queue) throws InterruptedException {
        WorkServer.Asked asked = queue.poll(20, TimeUnit.SECONDS);
        assertThat(asked).isNotNull();
        return asked;
    }

    private Outcome hang(ClaimedJob job) {
        handled.add(job);
        boolean waits = true;
        while (waits) {
            try {
                over.await();
                waits = false;
            } catch (InterruptedException e) {
                waits = over.getCount() > 0;
            }
        }
        return DONE;
    }

    private Outcome await(ClaimedJob job) throws InterruptedException {
        handled.add(job);
        over.await();
        return DONE;
    }

    @Test
    void a_job_is_claimed_renewed_with_its_progress_and_settled() throws Exception {
        server.gives(WorkServer.job(A, 1));
        CountDownLatch renewed = new CountDownLatch(1);

        RemoteWorker worker = started(settings, job -> {
            handled.add(job);
            job.progress(12.5);
            renewed.await();
            return DONE;
        });
        assertThat(next(server.renewals))
                .isEqualTo(new WorkServer.Asked(
                        "PUT /jobs/" + A + "/lease",
                        "{\"token\":9007199254740993,\"lease\":\"PT1S\",\"progress\":12.5}"));
        renewed.countDown();
        assertThat(next(server.outcomes))
                .isEqualTo(new WorkServer.Asked(
                        "POST /jobs/" + A + "/done",
                        "{\"token\":9007199254740993,\"links\":[{\"entity\":\"a/b\",\"href\":\"b/7\"}]}"));
        assertThat(next(server.claims).body())
                .startsWith("{\"kinds\":[\"a\"],\"max\":8,\"lease\":\"PT1S\",\"worker\":\"w\",\"claimId\":");
        assertThat(next(server.claims).body()).contains("\"max\":7,");
        worker.close();

        ClaimedJob job = handled.remove();
        assertThat(job.payload()).isEqualTo("{\"secret\":1.10}");
        assertThat(job.links()).containsExactly(new JobState.Link("a/b", null, null));
        assertThat(job).hasToString("ClaimedJob[id=" + A + ", kind=a, attempt=1]");
        assertThat(job.isLost()).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> job.progress(Double.NaN));
    }

    @Test
    void statements_are_passed_on_once_a_second_and_the_last_before_the_outcome() throws Exception {
        server.gives(WorkServer.job(A, 1));
        RemoteWorkerSettings longLease = settings.withLease(Duration.ofMinutes(5));
        long begin = System.nanoTime();

        RemoteWorker worker = started(longLease, job -> {
            job.progress(1);
            assertThat(next(server.renewals).body()).endsWith("\"progress\":1.0}");
            for (int percent = 2; percent <= 50; percent++) {
                job.progress(percent, "page " + percent);
            }
            assertThat(next(server.renewals).body()).endsWith("\"progress\":50.0,\"message\":\"page 50\"}");
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(1));
            job.progress(100);
            return DONE;
        });

        WorkServer.Asked outcome = next(server.outcomes);
        assertThat(outcome.line()).isEqualTo("POST /jobs/" + A + "/done");
        assertThat(server.renewals)
                .singleElement()
                .satisfies(last -> assertThat(last.body()).endsWith("\"progress\":100.0,\"message\":\"page 50\"}"));
        worker.close();
    }

    @Test
    void a_lease_is_renewed_until_the_outcome_is_settled_also_after_a_last_statement() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("done", 429);

        RemoteWorker worker = started(settings, job -> {
            job.progress(100);
            return DONE;
        });

        assertThat(next(server.renewals).body()).contains("\"progress\":100.0");
        assertThat(next(server.outcomes).line()).endsWith("/done");
        server.renewals.clear();
        assertThat(next(server.renewals).body()).doesNotContain("progress");
        assertThat(next(server.outcomes).line()).endsWith("/done");
        worker.close();
    }

    @Test
    void a_statement_that_the_server_refuses_is_dropped_and_the_lease_renewed() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("lease", 422);

        RemoteWorker worker = started(settings.withLease(Duration.ofMinutes(5)), job -> {
            job.progress(5, "\u0000");
            return await(job);
        });

        assertThat(next(server.renewals).body()).contains("\"message\"");
        assertThat(next(server.renewals).body()).doesNotContain("progress", "message");
        over.countDown();
        assertThat(next(server.outcomes).line()).endsWith("/done");
        worker.close();
    }

    static Stream<RemoteHandler> badHandlers() {
        return Stream.of(
                job -> {
                    throw new StackOverflowError();
                },
                job -> {
                    throw new IllegalStateException() {
                        @Override
                        public String getMessage() {
                            throw new OutOfMemoryError();
                        }
                    };
                },
                job -> {
                    Thread.currentThread().interrupt();
                    throw new ThreadDeath();
                },
                RemoteWorkerTest::nothing);
    }

    @SuppressWarnings("NullAway") // against the rule
    private static Outcome nothing(ClaimedJob job) {
        return null;
    }

    @ParameterizedTest
    @MethodSource("badHandlers")
    void a_handler_that_throws_anything_fails_its_own_attempt_only(RemoteHandler bad) throws Exception {
        server.gives(WorkServer.job(A, 1), WorkServer.job(B, 1));

        RemoteWorker worker = started(settings, job -> job.id().equals(A) ? bad.handle(job) : await(job));
        assertThat(next(server.outcomes)).satisfies(asked -> {
            assertThat(asked.line()).isEqualTo("POST /jobs/" + A + "/failed");
            assertThat(asked.body()).contains("\"error\":\"the handler failed\",\"retry\":true");
        });
        over.countDown();
        assertThat(next(server.outcomes).line()).isEqualTo("POST /jobs/" + B + "/done");
        worker.close();
    }

    @Test
    void an_exception_reaches_the_server_as_class_and_message() throws Exception {
        server.gives(WorkServer.job(A, 1));

        try (RemoteWorker worker = started(settings, job -> {
            throw new java.io.IOException("no \u0000 paper \ud800" + "x".repeat(2000));
        })) {
            String prefix = "java.io.IOException: no   paper  ";
            assertThat(next(server.outcomes).body())
                    .endsWith("\"error\":\"the handler failed\",\"retry\":true,\"detail\":\"" + prefix
                            + "x".repeat(1024 - prefix.length()) + "\"}");
            assertThat(worker).isNotNull();
        }
    }

    private static String failed(String error) {
        return Outcome.retry(error).json(9007199254740993L);
    }

    @Test
    void a_handler_whose_lease_is_lost_is_interrupted_and_its_outcome_ignored() throws Exception {
        assertInterruptedAfter(409);
    }

    @Test
    void a_handler_whose_job_is_gone_is_interrupted_although_the_server_was_overloaded() throws Exception {
        assertInterruptedAfter(WorkServer.HANG_UP, 401, 503, WorkServer.SILENT, WorkServer.NO_ROUTE, 404);
        assertThat(server.renewals).hasSize(6);
    }

    private void assertInterruptedAfter(Integer... statuses) throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("lease", statuses);
        CompletableFuture<Boolean> wasLost = new CompletableFuture<>();

        RemoteWorker worker = started(settings, job -> {
            try {
                return await(job);
            } catch (InterruptedException e) {
                wasLost.complete(job.isLost());
                return DONE;
            }
        });
        assertThat(wasLost.get(9, TimeUnit.SECONDS)).isTrue(); // one request without an answer may take 10 s
        worker.close();
        assertThat(server.outcomes).isEmpty();
    }

    @Test
    @Tag("soak")
    void a_handler_that_never_returns_is_given_up_and_another_takes_its_place() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.gives(WorkServer.job(B, 1));
        RemoteWorkerSettings quick = settings.withParallelism(1)
                .withHandlerTimeout(Duration.ofMillis(100))
                .withStopTimeout(Duration.ZERO);

        RemoteWorker worker = started(quick, this::hang);
        assertThat(next(server.outcomes))
                .isEqualTo(new WorkServer.Asked("POST /jobs/" + A + "/failed", failed("timed out")));
        assertThat(next(server.outcomes).line()).isEqualTo("POST /jobs/" + B + "/failed");
        worker.close();
        assertThat(handled).extracting(ClaimedJob::isLost).containsExactly(true, true);
        assertThat(server.claims).hasSize(2);
    }

    @Test
    void a_handler_may_close_its_own_worker() throws Exception {
        server.gives(WorkServer.job(A, 1));
        CompletableFuture<RemoteWorker> own = new CompletableFuture<>();
        RemoteWorker worker = started(settings.withStopTimeout(Duration.ofHours(1)), job -> {
            own.get().close();
            return DONE;
        });
        own.complete(worker);

        assertThat(next(server.outcomes).line()).isEqualTo("POST /jobs/" + A + "/done");
        worker.close();
    }

    @Test
    void a_worker_that_is_closed_gives_up_its_claim_at_once() throws Exception {
        RemoteWorker worker = started(settings.withStopTimeout(Duration.ofHours(1)), this::await);
        next(server.claims);

        worker.close();
        worker.start();

        assertThat(server.claims).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void handlers_that_outlast_the_close_are_interrupted_and_their_jobs_tried_again(boolean heeds) throws Exception {
        server.gives(WorkServer.job(A, 1));
        RemoteWorker worker =
                started(settings.withStopTimeout(Duration.ofMillis(50)), heeds ? this::await : this::hang);
        ClaimedJob job = handled.poll(20, TimeUnit.SECONDS);

        worker.close();

        assertThat(job).isNotNull();
        assertThat(job.isLost()).isTrue();
        assertThat(server.outcomes)
                .containsExactly(new WorkServer.Asked("POST /jobs/" + A + "/failed", failed("the worker stopped")));
    }

    @Test
    @Tag("soak")
    void the_close_ends_although_the_server_does_not_answer() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("failed", 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503);
        RemoteWorker worker = started(settings.withStopTimeout(Duration.ZERO), this::await);
        assertThat(handled.poll(20, TimeUnit.SECONDS)).isNotNull();
        long start = System.nanoTime();

        worker.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void a_job_that_comes_alone_after_an_earlier_attempt_runs_alone() throws Exception {
        server.gives(WorkServer.job(A, 1));
        List<String> order = new CopyOnWriteArrayList<>();
        RemoteWorker worker = started(settings, job -> {
            order.add("begin " + job.attempt());
            if (job.attempt() == 1) {
                await(job);
                order.add("end 1");
            }
            return DONE;
        });
        assertThat(handled.poll(20, TimeUnit.SECONDS)).isNotNull();
        server.gives(WorkServer.job(B, 5));
        while (!next(server.renewals).line().contains(B.toString())) {
            assertThat(order).containsExactly("begin 1");
        }
        int claims = server.claims.size();
        over.countDown();
        next(server.outcomes);
        next(server.outcomes);

        assertThat(order).containsExactly("begin 1", "end 1", "begin 5");
        assertThat(claims).isEqualTo(2);
        worker.close();
    }

    @Test
    void an_outcome_whose_answer_was_lost_is_sent_until_it_is_known() throws Exception {
        assertSentAgainAfter(WorkServer.HANG_UP);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 408, 429, 503})
    @Tag("soak")
    void an_outcome_is_sent_until_it_is_known(int status) throws Exception {
        assertSentAgainAfter(status);
    }

    private void assertSentAgainAfter(int status) throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("done", status, 409);

        RemoteWorker worker = started(settings, job -> DONE);
        for (int i = 0; i < 2; i++) {
            assertThat(next(server.outcomes).line()).isEqualTo("POST /jobs/" + A + "/done");
        }
        worker.close();
        assertThat(server.outcomes).isEmpty();
        assertThat(String.join("\n", log)).contains("goes on trying", "its outcome is ignored");
    }

    @Test
    void an_outcome_that_is_refused_has_the_job_tried_again() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("done", 422);

        RemoteWorker worker = started(settings, job -> DONE);
        next(server.outcomes);
        assertThat(next(server.outcomes).body()).isEqualTo(failed("the outcome was refused"));
        worker.close();
    }

    @Test
    void a_claim_whose_answer_was_lost_is_repeated_and_its_leases_renewed_at_once() throws Exception {
        server.gives(WorkServer.job(A, 1));
        server.fails("claims", WorkServer.HANG_UP);

        RemoteWorker worker = started(settings.withLease(Duration.ofHours(1)), this::await);
        assertThat(next(server.claims).body()).isEqualTo(next(server.claims).body());
        assertThat(next(server.renewals).line()).isEqualTo("PUT /jobs/" + A + "/lease");
        over.countDown();
        worker.close();
    }

    @Test
    void settings_are_checked() {
        List<Runnable> bad = new ArrayList<>(List.of(
                () -> RemoteWorkerSettings.named("a b"),
                () -> settings.withParallelism(0),
                () -> settings.withParallelism(1001),
                () -> settings.withLease(Duration.ofMillis(1500)),
                () -> settings.withLease(Duration.ZERO),
                () -> settings.withLease(Duration.ofSeconds(3601)),
                () -> settings.withHandlerTimeout(Duration.ZERO),
                () -> settings.withStopTimeout(Duration.ofSeconds(-1)),
                () -> new RemoteWorker(new JobClient(server.settings()), Map.of(), settings)));
        bad.forEach(one -> assertThatIllegalArgumentException().isThrownBy(one::run));
    }
}
