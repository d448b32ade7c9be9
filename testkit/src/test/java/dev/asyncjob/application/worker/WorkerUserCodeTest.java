package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a handler or a listener does harms nothing but its own attempt. */
class WorkerUserCodeTest extends WorkerFixture {
    private static final WorkerSettings ONE_THREAD = SETTINGS.withConcurrency(1);

    @SuppressWarnings("removal")
    static Stream<Throwable> throwables() {
        return Stream.of(
                new IllegalStateException("on purpose"),
                new Exception("on purpose"),
                new StackOverflowError("on purpose"),
                new OutOfMemoryError("on purpose"),
                new ThreadDeath(),
                new NoClassDefFoundError("on purpose"),
                new InterruptedException("on purpose"),
                new BrokenMessage());
    }

    /** A throwable that cannot be described. */
    private static final class BrokenMessage extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("on purpose");
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whatever_a_handler_throws_the_next_job_runs_on_its_thread(Throwable what) throws InterruptedException {
        NewJob bad = schedule(newJob().withMaxAttempts(1));
        NewJob good = schedule(newJob());
        worker(
                        job -> {
                            if (job.job().id().equals(bad.id())) {
                                throwSneakily(what);
                            }
                            return Jobs.DONE;
                        },
                        ONE_THREAD,
                        signals)
                .start();

        assertThat(endOf(good)).isInstanceOf(AsyncJob.Done.class);
        assertThat(endOf(bad)).isInstanceOf(AsyncJob.Failed.class);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwSneakily(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    @SuppressWarnings("ThreadPriorityCheck")
    void what_a_handler_does_to_its_thread_does_not_reach_the_next() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        AtomicReference<ClassLoader> loader = new AtomicReference<>();
        AtomicReference<Integer> priority = new AtomicReference<>();
        NewJob rude = schedule(newJob());
        NewJob next = schedule(newJob());
        worker(
                        job -> {
                            Thread thread = Thread.currentThread();
                            if (job.job().id().equals(rude.id())) {
                                thread.setContextClassLoader(null);
                                thread.setPriority(Thread.MIN_PRIORITY);
                                thread.interrupt();
                            } else {
                                loader.set(thread.getContextClassLoader());
                                priority.set(thread.getPriority());
                                interrupted.complete(thread.isInterrupted());
                            }
                            return Jobs.DONE;
                        },
                        ONE_THREAD,
                        signals)
                .start();

        assertThat(endOf(rude)).isInstanceOf(AsyncJob.Done.class);
        assertThat(endOf(next)).isInstanceOf(AsyncJob.Done.class);
        assertThat(interrupted.get(30, SECONDS)).isFalse();
        assertThat(loader.get()).isNotNull();
        assertThat(priority.get()).isEqualTo(Thread.NORM_PRIORITY);
    }

    @Test
    void a_handler_that_never_returns_costs_one_thread() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        NewJob stuck = schedule(newJob().withMaxAttempts(1));
        worker(
                        job -> {
                            if (job.job().id().equals(stuck.id())) {
                                started.release();
                                awaitUninterruptibly(gate);
                            }
                            return Jobs.DONE;
                        },
                        SETTINGS.withConcurrency(2),
                        signals)
                .start();
        assertThat(started.tryAcquire(30, SECONDS)).isTrue();

        for (NewJob job : scheduleMany(20)) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
        assertThat(read(stuck).status()).isEqualTo(JobStatus.PENDING);
    }

    @Test
    void handlers_that_outlast_their_interrupt_are_replaced_up_to_their_number() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        List<NewJob> stuck = Stream.generate(() -> schedule(newJob().withMaxAttempts(1)))
                .limit(2)
                .toList();
        Set<JobId> stuckIds = stuck.stream().map(NewJob::id).collect(Collectors.toSet());
        Duration limit = Duration.ofMillis(500);
        WorkerSettings settings = SETTINGS.withConcurrency(2).withHandlerTimeout(limit);
        worker(
                        job -> {
                            if (stuckIds.contains(job.job().id())) {
                                started.release();
                                awaitUninterruptibly(gate);
                            }
                            return Jobs.DONE;
                        },
                        settings,
                        signals)
                .start();
        assertThat(started.tryAcquire(2, 30, SECONDS)).isTrue();

        for (NewJob job : scheduleMany(20)) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
        assertThat(stuck).allSatisfy(job -> assertThat(failureOf(job)).isEqualTo("timed out"));
        gate.countDown();
        for (NewJob job : scheduleMany(20)) { // in the two threads that are left
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
    }

    @Test
    void a_listener_that_never_returns_delays_no_other_and_loses_what_has_no_room() throws InterruptedException {
        Semaphore called = new Semaphore(0);
        Semaphore heard = new Semaphore(0);
        signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                called.release();
                awaitUninterruptibly(gate);
            }
        });
        signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                heard.release();
            }
        });

        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            for (int i = 0; i < 2 * LocalJobSignals.MAX_WAITING; i++) {
                signals.workAvailable(KIND);
                if (i == 0) {
                    assertThat(called.tryAcquire(30, SECONDS)).isTrue();
                }
                assertThat(heard.tryAcquire(30, SECONDS)).isTrue();
            }
        });
        gate.countDown();
        assertThat(called.tryAcquire(LocalJobSignals.MAX_WAITING, 30, SECONDS)).isTrue();
        signals.workAvailable(KIND);
        assertThat(called.tryAcquire(30, SECONDS)).isTrue();
        assertThat(called.availablePermits()).isZero();
    }

    @Test
    void a_handler_that_closes_its_worker_ends_it_and_the_outcomes_of_others_are_settled() throws Exception {
        CompletableFuture<JobWorker> own = new CompletableFuture<>();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        NewJob closing = newJob();
        JobHandler handler = job -> {
            if (job.job().id().equals(closing.id())) {
                own.join().close();
                closed.complete(true);
            } else {
                begun.countDown();
                assertThat(gate.await(30, SECONDS)).isTrue();
            }
            return Jobs.DONE;
        };
        own.complete(worker(handler, SETTINGS.withStopTimeout(Duration.ofMillis(300)), signals));
        NewJob other = schedule(newJob());
        own.join().start();
        assertThat(begun.await(30, SECONDS))
                .as("one that is queued would be released")
                .isTrue();
        schedule(closing);
        gate.countDown();

        assertThat(closed.get(30, SECONDS)).isTrue();
        assertThat(read(other)).isInstanceOf(AsyncJob.Done.class);
        assertThat(memory.claim(new Claim(new WorkerId("next"), Set.of(KIND), 1, LEASE)))
                .extracting(claimed -> claimed.job().id())
                .containsExactly(closing.id());
    }

    @Test
    void a_handler_may_claim_and_settle_itself() throws InterruptedException {
        NewJob outer = schedule(newJob());
        NewJob inner = newJob(Jobs.OTHER_KIND);
        schedule(inner);
        worker(job -> {
                    for (ClaimedJob claimed :
                            jobs.claim(new Claim(new WorkerId("inner"), Set.of(Jobs.OTHER_KIND), 1, LEASE))) {
                        Jobs.settle(memory, claimed, Jobs.DONE);
                    }
                    return Jobs.DONE;
                })
                .start();

        assertThat(endOf(outer)).isInstanceOf(AsyncJob.Done.class);
        assertThat(read(inner).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void a_listener_that_throws_keeps_no_signal_from_others() throws InterruptedException {
        signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                throw new StackOverflowError("on purpose");
            }
        });
        worker(SUCCEEDS).start();
        NewJob job = schedule(newJob());

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }
}
