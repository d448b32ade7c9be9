package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.AwaitJobStatus.Waiting;
import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Statements;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StatusWatchTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY;
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, signals);
    private final UnreliableJobStore store = new UnreliableJobStore(memory);

    @AutoClose
    private final StatusWatch watch = new StatusWatch(store, signals);

    private static boolean hasEnded(JobSnapshot snapshot) {
        return snapshot.job().status() != JobStatus.PENDING;
    }

    private JobId scheduled() {
        NewJob job = newJob();
        accepted(memory.schedule(job, EXPECTED));
        return job.id();
    }

    private void finish(JobId id) {
        settle(memory, claimed(memory, id), Jobs.DONE);
    }

    private Waiting waitFor(JobId id) {
        return watch.awaitStatus(new JobKey(OWNER, id), StatusWatchTest::hasEnded, A_MINUTE);
    }

    /** Waits, and returns when a query for it has ended: at the latest in the first of the two below. */
    private Waiting queried(JobId id) throws Exception {
        Waiting waiting = waitFor(id);
        assertThat(given(waitFor(newId()))).isEmpty();
        assertThat(given(waitFor(newId()))).isEmpty();
        return waiting;
    }

    private static Optional<JobSnapshot> given(Waiting waiting) throws Exception {
        return waiting.answer().toCompletableFuture().get(30, SECONDS);
    }

    private static JobStatus status(Waiting waiting) throws Exception {
        return given(waiting).orElseThrow().job().status();
    }

    @Test
    void a_change_before_the_wait_ends_it_at_once() throws Exception {
        watch.start();
        JobId id = scheduled();
        finish(id);

        assertThat(status(waitFor(id))).isEqualTo(JobStatus.DONE);
    }

    @Test
    void the_end_of_a_job_reaches_all_readers_by_one_query() throws Exception {
        watch.start();
        JobId id = scheduled();
        List<Waiting> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(waitFor(id));
        }
        store.awaitCalls(Intent.FIND_ALL, 1);
        Waiting last = waitFor(id);
        store.awaitCalls(Intent.FIND_ALL, 1);
        AtomicInteger queries = new AtomicInteger();
        store.beforeEach(Intent.FIND_ALL, queries::incrementAndGet);

        finish(id);

        assertThat(status(last)).isEqualTo(JobStatus.DONE);
        for (Waiting waiting : all) {
            assertThat(status(waiting)).isEqualTo(JobStatus.DONE);
        }
        assertThat(queries).hasValueLessThanOrEqualTo(2);
        assertThat(watch.waiting()).isZero();
    }

    @Test
    void other_owners_and_unknown_jobs_are_answered_at_once() throws Exception {
        watch.start();
        JobId id = scheduled();

        assertThat(given(watch.awaitStatus(new JobKey(OTHER_OWNER, id), StatusWatchTest::hasEnded, A_MINUTE)))
                .isEmpty();
        assertThat(given(waitFor(newId()))).isEmpty();
    }

    @Test
    void a_statement_that_is_not_seen_yet_is_queried_again_when_it_is_and_by_one_timer() throws Exception {
        List<Duration> timers = new CopyOnWriteArrayList<>();
        Execution counted = new Execution() {
            @Override
            public Runnable after(Duration delay, Runnable task) {
                if (delay.equals(A_MINUTE)) {
                    return () -> {};
                }
                timers.add(delay);
                return super.after(Duration.ofMillis(1), () -> {
                    clock.advance(delay);
                    task.run();
                });
            }
        };
        NewJob job = newJob();
        ClaimedJob claimed = scheduledAndClaimed(memory, job);
        for (int i = 1; i <= 50; i++) {
            memory.renew(
                    job.id(), claimed.lease().token(), new LeaseExtension(Jobs.LEASE, null, (double) i, "step " + i));
        }
        try (StatusWatch timed = new StatusWatch(store, new LocalJobSignals(), counted)) {
            timed.start();
            List<Waiting> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.add(timed.awaitStatus(
                        new JobKey(OWNER, job.id()),
                        seen -> Objects.equals(seen.details().statement().message(), "step 50"),
                        A_MINUTE));
            }
            for (Waiting waiting : all) {
                assertThat(given(waiting)).isPresent();
            }
        }
        assertThat(timers).containsOnly(Statements.PACE).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void the_reader_decides_which_change_ends_the_wait() throws Exception {
        watch.start();
        JobId id = scheduled();
        JobSnapshot known = memory.find(OWNER, id).orElseThrow();
        Waiting waiting =
                watch.awaitStatus(new JobKey(OWNER, id), job -> !job.eta().equals(known.eta()), A_MINUTE);
        store.awaitCalls(Intent.FIND_ALL, 1);

        clock.advance(EXPECTED.plusSeconds(1)); // no signal reports that a job is overdue

        assertThat(given(waiting).orElseThrow().eta()).isAfter(known.eta());
    }

    @Test
    void when_the_time_is_up_the_answer_is_the_job_as_it_stands() throws Exception {
        watch.start();
        JobId id = scheduled();

        assertThat(status(watch.awaitStatus(new JobKey(OWNER, id), StatusWatchTest::hasEnded, Duration.ofMillis(20))))
                .isEqualTo(JobStatus.PENDING);
    }

    @Test
    void a_wait_that_is_ended_early_is_answered_with_the_job_as_it_stands() throws Exception {
        watch.start();
        Waiting waiting = queried(scheduled());

        waiting.answerNow().run();
        waiting.answerNow().run();

        assertThat(status(waiting)).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void an_end_whose_signal_is_lost_is_seen_by_the_next_tick() throws Exception {
        JobSignals withoutSignals = listener -> () -> {};
        try (StatusWatch slow = new StatusWatch(store, withoutSignals)) {
            slow.start();
            JobId id = scheduled();
            Waiting waiting = slow.awaitStatus(new JobKey(OWNER, id), StatusWatchTest::hasEnded, A_MINUTE);
            store.awaitCalls(Intent.FIND_ALL, 1);

            finish(id);

            assertThat(status(waiting)).isEqualTo(JobStatus.DONE);
        }
    }

    @Test
    void an_end_during_the_first_query_is_seen() throws Exception {
        watch.start();
        JobId id = scheduled();
        store.beforeEach(Intent.FIND_ALL, () -> {
            store.recover(Intent.FIND_ALL);
            finish(id);
        });

        assertThat(status(waitFor(id))).isEqualTo(JobStatus.DONE);
    }

    @Test
    void signals_of_jobs_without_readers_cause_no_query() throws Exception {
        watch.start();
        Waiting waiting = queried(scheduled());
        AtomicInteger queries = new AtomicInteger();
        store.beforeEach(Intent.FIND_ALL, queries::incrementAndGet);

        memory.cancel(OWNER, scheduled());
        memory.cancel(OWNER, scheduled());
        waiting.answerNow().run();

        assertThat(status(waiting)).isEqualTo(JobStatus.PENDING);
        assertThat(queries).hasValue(1);
    }

    @Test
    void an_outage_fails_new_readers_and_others_keep_waiting() throws Exception {
        watch.start();
        JobId id = scheduled();
        Waiting patient = queried(id);
        store.breakDown(Intent.FIND_ALL);
        Waiting newReader = waitFor(id);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(newReader))
                .withCauseInstanceOf(StoreUnavailable.class);
        assertThat(patient.answer().toCompletableFuture()).isNotDone();
        finish(id);
        store.awaitFreshCall(Intent.FIND_ALL);
        store.recover(Intent.FIND_ALL);

        assertThat(status(patient)).isEqualTo(JobStatus.DONE);
    }

    @Test
    void an_outage_at_the_end_of_the_wait_fails_the_reader() throws Exception {
        watch.start();
        Waiting waiting = queried(scheduled());
        store.breakDown(Intent.FIND_ALL);

        waiting.answerNow().run();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(waiting))
                .withCauseInstanceOf(StoreUnavailable.class);
        assertThat(watch.waiting()).isZero();
    }

    @Test
    void a_reader_whose_predicate_throws_does_not_affect_other_readers() throws Exception {
        watch.start();
        JobId id = scheduled();
        Waiting waiting = queried(id);
        Waiting throwing = watch.awaitStatus(
                new JobKey(OWNER, id),
                job -> {
                    throw new AssertionError("on purpose");
                },
                A_MINUTE);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(throwing))
                .withCauseInstanceOf(AssertionError.class);
        finish(id);
        assertThat(status(waiting)).isEqualTo(JobStatus.DONE);
    }

    @Test
    void an_error_in_a_query_fails_new_readers_and_ends_neither_the_watch_nor_other_waits() throws Exception {
        watch.start();
        JobId id = scheduled();
        Waiting patient = queried(id);
        failWithError();
        Waiting newReader = waitFor(id);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(newReader))
                .withCauseInstanceOf(StackOverflowError.class);
        assertThat(patient.answer().toCompletableFuture()).isNotDone();
        store.recover(Intent.FIND_ALL);
        finish(id);

        assertThat(status(patient)).isEqualTo(JobStatus.DONE);
        assertThat(status(waitFor(id))).isEqualTo(JobStatus.DONE);
    }

    private void failWithError() {
        store.beforeEach(Intent.FIND_ALL, () -> {
            throw new StackOverflowError("on purpose");
        });
    }

    @Test
    void an_interrupt_ends_neither_the_watch_nor_a_wait() throws Exception {
        watch.start();
        JobId id = scheduled();
        Waiting patient = queried(id);
        store.beforeEach(Intent.FIND_ALL, () -> {
            store.recover(Intent.FIND_ALL);
            Thread.currentThread().interrupt();
        });

        assertThat(given(waitFor(newId()))).isEmpty();
        finish(id);

        assertThat(status(patient)).isEqualTo(JobStatus.DONE);
        assertThat(status(waitFor(id))).isEqualTo(JobStatus.DONE);
    }

    @Test
    void closing_leaves_no_reader_waiting_even_after_an_error() throws Exception {
        watch.start();
        Waiting waiting = queried(scheduled());
        failWithError();

        watch.close();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> given(waiting))
                .withCauseInstanceOf(StackOverflowError.class);
        assertThat(watch.waiting()).isZero();
    }

    @Test
    void closing_answers_all_with_the_job_as_it_stands_and_later_readers_do_not_wait() throws Exception {
        watch.start();
        JobId id = scheduled();
        Waiting waiting = queried(id);

        watch.close();

        assertThat(status(waiting)).isEqualTo(JobStatus.PENDING);
        assertThat(waitFor(id).answer().toCompletableFuture()).isDone();
        assertThat(watch.waiting()).isZero();
        watch.start();
        assertThat(waitFor(id).answer().toCompletableFuture()).isDone();
    }

    @Test
    void before_the_start_and_without_a_timeout_no_reader_waits() throws Exception {
        JobId id = scheduled();
        assertThat(waitFor(id).answer().toCompletableFuture()).isDone();
        watch.start();
        assertThat(watch.awaitStatus(new JobKey(OWNER, id), StatusWatchTest::hasEnded, Duration.ZERO)
                        .answer()
                        .toCompletableFuture())
                .isDone();
        store.breakDown(Intent.FIND);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(
                        () -> given(watch.awaitStatus(new JobKey(OWNER, id), StatusWatchTest::hasEnded, Duration.ZERO)))
                .withCauseInstanceOf(StoreUnavailable.class);
    }

    @Test
    void many_jobs_are_read_in_few_queries() throws Exception {
        watch.start();
        CountDownLatch all = new CountDownLatch(1);
        AtomicInteger queries = new AtomicInteger();
        store.beforeEach(Intent.FIND_ALL, () -> {
            queries.incrementAndGet();
            all.await();
        });
        List<JobId> ids = new ArrayList<>();
        List<Waiting> readers = new ArrayList<>();
        for (int i = 0; i < 5 * StatusWatch.BATCH; i++) {
            ids.add(scheduled());
            readers.add(waitFor(ids.get(i)));
        }
        all.countDown();
        ids.forEach(id -> memory.cancel(OWNER, id));

        for (Waiting reader : readers) {
            assertThat(status(reader)).isEqualTo(JobStatus.FAILED);
        }
        assertThat(queries).hasValueBetween(2, 15);
    }

    @Test
    void readers_beyond_the_limit_are_answered_at_once() throws Exception {
        watch.start();
        JobId id = scheduled();
        for (int i = 0; i < StatusWatch.MAX_WAITING; i++) {
            waitFor(id);
        }

        assertThat(waitFor(id).answer().toCompletableFuture()).isDone();
    }
}
