package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} passes on what handlers tell the readers of a job. */
class WorkerStatementsTest extends WorkerFixture {
    private static final WorkerSettings LONG_LEASES =
            new WorkerSettings(SETTINGS.name(), 2, LEASE, LEASE.dividedBy(3), AN_HOUR, AN_HOUR, Duration.ofSeconds(30));

    private final BlockingQueue<Statement> stated = new LinkedBlockingQueue<>();
    private final AtomicInteger passedOn = new AtomicInteger();
    private final JobUseCases recorded = JobUseCases.over(
            new ForwardingJobStore(store) {
                @Override
                public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
                    RenewResult result = super.renew(id, token, extension);
                    if (!extension.statement().isNone()) {
                        passedOn.incrementAndGet();
                        stated.add(extension.statement());
                    }
                    return result;
                }
            },
            POLICY);

    private JobWorker recordedWorker(JobHandler.WithProgress handler) {
        Map<JobKind, JobHandler> handlers = Map.of(KIND, JobHandler.withProgress(handler));
        JobWorker worker = new JobWorker(recorded, signals, handlers, LONG_LEASES);
        workers.add(worker);
        return worker;
    }

    private Statement next() throws InterruptedException {
        return Objects.requireNonNull(stated.poll(30, SECONDS));
    }

    private Statement seen(NewJob job) {
        return memory.find(OWNER, job.id()).orElseThrow().details().statement();
    }

    @Test
    void many_statements_are_passed_on_once_a_second_and_the_last_always() throws Exception {
        NewJob job = schedule(newJob());
        long begin = System.nanoTime();
        CompletableFuture<Statement> seenFirst = new CompletableFuture<>();
        recordedWorker((claimed, readers) -> {
                    for (int percent = 1; percent <= 100; percent++) {
                        readers.accept(new Statement((double) percent, null));
                        if (percent == 1) {
                            seenFirst.complete(next());
                        }
                    }
                    readers.accept(new Statement(null, "nearly there"));
                    assertThat(gate.await(30, SECONDS)).isTrue();
                    return Jobs.DONE;
                })
                .start();

        Statement last = seenFirst.get(30, SECONDS);
        assertThat(last).isEqualTo(new Statement(1.0, null));
        while (!last.equals(new Statement(100.0, "nearly there"))) {
            last = last.then(next());
        }
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SECONDS.toNanos(1));
        clock.advance(Duration.ofSeconds(2));
        assertThat(seen(job)).isEqualTo(last);
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        assertThat(passedOn).hasValueLessThanOrEqualTo(3);
    }

    @Test
    void what_is_stated_last_is_passed_on_before_the_outcome() throws Exception {
        NewJob job = schedule(newJob());
        recordedWorker((claimed, readers) -> {
                    readers.accept(new Statement(10.0, "first"));
                    assertThat(next()).isEqualTo(new Statement(10.0, "first"));
                    readers.accept(new Statement(100.0, "last"));
                    return Jobs.DONE;
                })
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        assertThat(seen(job)).isEqualTo(new Statement(100.0, "last"));
    }

    @Test
    void an_outcome_waits_for_the_renewal_that_passes_a_statement_on() throws Exception {
        NewJob job = schedule(newJob());
        CountDownLatch inFlight = new CountDownLatch(1);
        CountDownLatch settled = new CountDownLatch(1);
        store.beforeEach(Intent.RENEW, () -> {
            inFlight.countDown();
            assertThat(settled.await(500, MILLISECONDS)).as("settled first").isFalse();
        });
        store.beforeEach(Intent.SETTLE, settled::countDown);
        recordedWorker((claimed, readers) -> {
                    readers.accept(new Statement(100.0, "all"));
                    assertThat(inFlight.await(30, SECONDS)).isTrue();
                    return Jobs.DONE;
                })
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        assertThat(seen(job)).isEqualTo(new Statement(100.0, "all"));
    }

    @Test
    void a_statement_that_the_store_does_not_take_is_passed_on_later_below_what_was_stated_meanwhile()
            throws Exception {
        NewJob job = schedule(newJob());
        CountDownLatch inFlight = new CountDownLatch(1);
        CountDownLatch overtaken = new CountDownLatch(1);
        store.beforeEach(Intent.RENEW, () -> {
            if (overtaken.getCount() > 0) {
                inFlight.countDown();
                assertThat(overtaken.await(30, SECONDS)).isTrue();
                throw unavailable();
            }
        });
        recordedWorker((claimed, readers) -> {
                    readers.accept(new Statement(40.0, "some"));
                    assertThat(inFlight.await(30, SECONDS)).isTrue();
                    readers.accept(new Statement(50.0, null));
                    overtaken.countDown();
                    assertThat(gate.await(30, SECONDS)).isTrue();
                    return Jobs.DONE;
                })
                .start();

        assertThat(next()).isEqualTo(new Statement(50.0, "some"));
        gate.countDown();
        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
    }

    @Test
    void nothing_is_renewed_for_a_handler_that_states_nothing_or_too_late() throws Exception {
        NewJob job = schedule(newJob());
        BlockingQueue<Consumer<Statement>> kept = new LinkedBlockingQueue<>();
        recordedWorker((claimed, readers) -> {
                    kept.add(readers);
                    return Jobs.DONE;
                })
                .start();

        assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        kept.remove().accept(new Statement(1.0, "late"));
        workers.forEach(JobWorker::close);
        assertThat(stated).isEmpty();
        assertThat(seen(job)).isEqualTo(Statement.NONE);
        assertThat(threads()).noneMatch(thread -> thread.getName().equals("asyncjob-state"));
    }

    @Test
    void the_example_of_a_handler_that_tells_readers_works() {
        ResourceLinks links = Jobs.RESULT;
        // README: statements
        JobHandler report = JobHandler.withProgress((job, readers) -> {
            readers.accept(new Statement(40.0, "page 4 of 10"));
            return Outcome.completed(links, new JobResult("{\"pages\":10}"));
        });
        // end
        NewJob job = schedule(newJob());

        assertThat(worker(report).runDueJobs()).isEqualTo(1); // in this thread, too

        assertThat(seen(job)).isEqualTo(new Statement(40.0, "page 4 of 10"));
        assertThat(memory.find(OWNER, job.id()).orElseThrow().details().result())
                .isEqualTo(new JobResult("{\"pages\":10}"));
    }
}
