package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.UnreliableJobStore;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A worker over an in-memory store, and what its tests share. Closes the workers after each test. */
@Timeout(60)
abstract class WorkerFixture {
    static final WorkPolicy POLICY = JobStoreContract.POLICY;

    /** So long that only a signal can cause a claim. */
    static final Duration AN_HOUR = Duration.ofHours(1);

    static final Duration LEASE = Duration.ofMinutes(10);
    static final Duration A_BLINK = Duration.ofMillis(10);
    static final WorkerSettings SETTINGS =
            new WorkerSettings(new WorkerId("embedded"), 4, LEASE, A_BLINK, AN_HOUR, AN_HOUR, Duration.ofSeconds(30));
    static final JobHandler SUCCEEDS = job -> Jobs.DONE;

    final SettableClock clock = new SettableClock();
    final LocalJobSignals signals = new LocalJobSignals();
    final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, signals);
    final UnreliableJobStore store = new UnreliableJobStore(memory);
    final JobUseCases jobs = JobUseCases.over(store, POLICY);
    final List<JobWorker> workers = new ArrayList<>();
    final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        workers.forEach(JobWorker::close);
    }

    void throwErrorOnce(Intent intent) {
        store.beforeEach(intent, () -> {
            store.recover(intent);
            throw new StackOverflowError("on purpose");
        });
    }

    JobWorker worker(JobHandler handler) {
        return worker(handler, SETTINGS, signals);
    }

    JobWorker worker(JobHandler handler, WorkerSettings settings, JobSignals heard) {
        JobWorker worker = new JobWorker(jobs, heard, Map.of(KIND, handler), settings);
        workers.add(worker);
        return worker;
    }

    JobHandler waitingForGate(Semaphore started) {
        return job -> {
            started.release();
            assertThat(gate.await(30, SECONDS)).isTrue();
            return Jobs.DONE;
        };
    }

    NewJob schedule(NewJob job) {
        accepted(memory.schedule(job, EXPECTED));
        return job;
    }

    List<NewJob> scheduleMany(int count) {
        return Stream.generate(() -> schedule(newJob())).limit(count).toList();
    }

    AsyncJob read(NewJob job) {
        return memory.find(OWNER, job.id()).orElseThrow().job();
    }

    String failureOf(NewJob job) {
        return ((AsyncJob.Failed) read(job)).failure().message();
    }

    String failureAfter(Throwable thrown) {
        return failureOf(attemptedWith(thrown));
    }

    /** A job after its only attempt, whose handler threw this. */
    NewJob attemptedWith(Throwable thrown) {
        NewJob job = schedule(newJob().withMaxAttempts(1));
        worker(claimed -> {
                    if (thrown instanceof Error error) {
                        throw error;
                    }
                    throw (Exception) thrown;
                })
                .runDueJobs();
        return job;
    }

    /** The job as it ended, waited for. */
    AsyncJob endOf(NewJob job) throws InterruptedException {
        Semaphore changed = new Semaphore(0);
        JobSignals.Subscription subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                changed.release();
            }
        });
        while (read(job).status() == JobStatus.PENDING) {
            assertThat(changed.tryAcquire(30, SECONDS)).as("the job ended").isTrue();
        }
        subscription.close();
        return read(job);
    }

    /** Lets the lease run out while it cannot be renewed, and claims the job for another. */
    ClaimedJob stealFromWorker(NewJob job) throws InterruptedException {
        store.breakDown(Intent.RENEW);
        store.awaitFreshCall(Intent.RENEW);
        clock.advance(LEASE);
        ClaimedJob stolen = claimed(memory, job.id());
        store.recover(Intent.RENEW);
        return stolen;
    }

    static StoreUnavailable unavailable() {
        return new StoreUnavailable(new IOException("down on purpose"));
    }

    static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException ignored) {
                // keeps waiting on purpose
            }
        }
    }

    static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("asyncjob-"))
                .collect(Collectors.toSet());
    }
}
