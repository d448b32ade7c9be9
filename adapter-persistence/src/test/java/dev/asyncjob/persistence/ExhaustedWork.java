package dev.asyncjob.persistence;

import dev.asyncjob.application.Batcher;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A process that exhausts its heap again and again while jobs are scheduled, worked off, awaited and claimed. Exits
 * with 0 if everything has its answer and all of the worker's threads work when there is memory again, and otherwise
 * with the number of what does not. The first job is done before, since a class that is used for the first time needs
 * memory.
 */
final class ExhaustedWork {
    private static final int TIMES = 10;
    private static final int CONCURRENCY = 4;
    private static final int CALLS = 4_000;
    private static final Duration WAIT = Duration.ofMillis(300);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore store = new InMemoryJobStore(JobStoreContract.POLICY, Clock.systemUTC(), signals);
    private final JobUseCases jobs = JobUseCases.over(store, JobStoreContract.POLICY);
    private final StatusWatch watch = new StatusWatch(store, signals);
    private final WaitingClaims claims = new WaitingClaims(jobs, signals);
    private final Batcher<Integer, Integer> reads =
            new Batcher<>(50, numbers -> numbers.stream().map(Optional::of).toList(), number -> number);
    private final AtomicBoolean together = new AtomicBoolean();
    private final CyclicBarrier all = new CyclicBarrier(CONCURRENCY);
    private final AtomicInteger met = new AtomicInteger();
    private final JobWorker worker = new JobWorker(
            jobs,
            signals,
            Map.of(Jobs.KIND, job -> handle()),
            WorkerSettings.named("worker")
                    .withConcurrency(CONCURRENCY)
                    .withLease(Duration.ofSeconds(3))
                    .withPollInterval(Duration.ofMillis(50)));

    private final AtomicReferenceArray<@Nullable CompletableFuture<?>> answers = new AtomicReferenceArray<>(CALLS);
    private final AtomicInteger calls = new AtomicInteger();
    private final ExecutorService pool = Executors.newFixedThreadPool(2);
    private volatile boolean stopped;

    private Outcome handle() throws Exception {
        if (together.get()) {
            all.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
            met.incrementAndGet();
        }
        return Jobs.DONE;
    }

    public static void main(String[] arguments) throws Exception {
        System.getLogger("start").log(Level.INFO, "{0}", 1); // a class that has no memory to begin never works again
        Runtime.getRuntime().halt(new ExhaustedWork().run());
    }

    private int run() throws Exception {
        watch.start();
        claims.start();
        worker.start();
        NewJob pending = Jobs.newJob(new JobKind("pending"));
        jobs.schedule(pending);
        JobKey key = new JobKey(pending.owner(), pending.id());
        NewJob first = Jobs.newJob();
        jobs.schedule(first);
        List<Thread> callers = List.of(
                caller(() -> jobs.schedule(Jobs.newJob())),
                caller(() -> reads.answerTo(1)),
                caller(() -> reads.answerTo(1)),
                caller(() -> keep(reads.answerTo(2, pool))),
                caller(() -> keep(reads.answerTo(3, pool))),
                caller(() -> keep(watch.awaitStatus(key, job -> false, WAIT).answer())),
                caller(() -> keep(claims.awaitClaim(Jobs.claim(1, Jobs.OTHER_KIND), WAIT))));
        if (!within(() -> store.find(Jobs.OWNER, first.id()).orElseThrow().job().status() == JobStatus.DONE)) {
            return 5;
        }
        for (int i = 0; i < TIMES; i++) {
            try {
                ExhaustedHeapTest.exhaustion().join();
            } catch (OutOfMemoryError e) { // none for the thread
            }
        }
        stopped = true;

        if (!within(() -> callers.stream().noneMatch(Thread::isAlive))) {
            return 1;
        }
        if (!within(() -> IntStream.range(0, CALLS).mapToObj(answers::get).allMatch(ExhaustedWork::isAnswered))) {
            return 2;
        }
        if (!within(() -> watch.waiting() == 0)) {
            return 3;
        }
        together.set(true);
        for (int i = 0; i < 2 * CONCURRENCY; i++) {
            jobs.schedule(Jobs.newJob());
        }
        return within(() -> met.get() >= CONCURRENCY) ? 0 : 4;
    }

    private static boolean isAnswered(@Nullable CompletableFuture<?> answer) {
        return answer == null || answer.isDone();
    }

    /** A thread, started, that makes a call a thousand times a second at most, and goes on after its errors. */
    private Thread caller(Runnable call) {
        Thread thread = new Thread(() -> {
            while (!stopped) {
                try {
                    call.run();
                } catch (Throwable e) { // of memory
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        });
        thread.start();
        return thread;
    }

    private void keep(CompletionStage<?> answer) {
        int place = calls.get();
        if (place < CALLS) {
            answers.set(place, (CompletableFuture<?>) answer);
            calls.incrementAndGet();
        }
    }

    private static boolean within(BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        return condition.getAsBoolean();
    }
}
