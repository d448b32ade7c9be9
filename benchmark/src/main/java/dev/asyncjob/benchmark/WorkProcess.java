package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The process of a {@link JobSystem}, with five measurements. */
final class WorkProcess {
    private static final int PRODUCERS = 8;
    private static final int BATCH = 1000;
    private static final int FIRST_LOAD = 1000;
    private static final int TIMEOUT_SECONDS = 120;

    private final JobSystem system;
    private double rate;

    private WorkProcess(JobSystem system) {
        this.system = system;
    }

    /**
     * Arguments: the measurement ({@code run}, {@code drain}, {@code schedule}, {@code batch} or {@code pick-up}), the
     * system, and the URL of its database.
     */
    public static void main(String[] arguments) throws Exception {
        String url = arguments[2];
        WorkProcess process = new WorkProcess(
                switch (arguments[1]) {
                    case "asyncjob" -> new AsyncjobSystem(url);
                    case "db-scheduler" -> new DbSchedulerSystem(url, true);
                    case "db-scheduler-default" -> new DbSchedulerSystem(url, false);
                    case "jobrunr" -> new JobRunrSystem(url, true);
                    case "jobrunr-default" -> new JobRunrSystem(url, false);
                    default -> throw new IllegalArgumentException(arguments[1]);
                });
        ProcessProtocol.give(
                switch (arguments[0]) {
                    case "run" -> process::run;
                    case "drain" -> process::drain;
                    case "schedule" -> process::schedule;
                    case "batch" -> process::batch;
                    case "pick-up" -> process::pickUp;
                    default -> throw new IllegalArgumentException(arguments[0]);
                });
    }

    /**
     * Runs preloaded jobs: jobs per second, from the first call of the handler until the database has no unfinished
     * job.
     */
    @SuppressWarnings("try") // closed, not used
    private Sample run(Duration time) throws Exception {
        int jobs = (int) Math.max(FIRST_LOAD, rate * time.toMillis() / 1000);
        system.preload(jobs);
        CountDownLatch handled = new CountDownLatch(jobs);
        AtomicLong first = new AtomicLong();
        Runnable handler = () -> {
            if (first.get() == 0) {
                first.compareAndSet(0, System.nanoTime());
            }
            handled.countDown();
        };
        try (Closeable worker = system.work(handler)) {
            if (!handled.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(handled.getCount() + " jobs did not run");
            }
            while (system.isUnfinished()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
            rate = jobs / ((System.nanoTime() - first.get()) / 1e9);
        }
        return new Sample(rate, 0, "jobs=" + jobs);
    }

    /** Runs jobs that another process inserted, with other workers, until none is left: its own jobs per second. */
    @SuppressWarnings("try") // closed, not used
    private Sample drain(Duration time) throws Exception {
        AtomicLong handled = new AtomicLong();
        long start = System.nanoTime();
        try (Closeable worker = system.work(handled::incrementAndGet)) {
            while (system.isUnfinished()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Sample(handled.get() / seconds, 0, "jobs=" + handled);
        }
    }

    /** Schedules single jobs from several threads: jobs per second. */
    private Sample schedule(Duration time) throws Exception {
        AtomicLong scheduled = new AtomicLong();
        ExecutorService producers = Executors.newFixedThreadPool(PRODUCERS);
        long start = System.nanoTime();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            all.add(producers.submit(() -> {
                while (System.nanoTime() - start < time.toNanos()) {
                    system.scheduleOne();
                    scheduled.incrementAndGet();
                }
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        producers.shutdown();
        system.clear();
        return new Sample(scheduled.get() / seconds, 0, "jobs=" + scheduled);
    }

    /** Schedules jobs in batches: jobs per second. */
    private Sample batch(Duration time) throws Exception {
        long start = System.nanoTime();
        int scheduled = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            system.scheduleMany(BATCH);
            scheduled += BATCH;
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        system.clear();
        return new Sample(scheduled / seconds, 0, "jobs=" + scheduled);
    }

    /**
     * Schedules single jobs on an idle system: milliseconds from the call until the handler starts. It schedules the
     * next job when the handler of the last one started, or after a second.
     */
    @SuppressWarnings("try") // closed, not used
    private Sample pickUp(Duration time) throws Exception {
        Semaphore entered = new Semaphore(0);
        Queue<Long> called = new ConcurrentLinkedQueue<>();
        Queue<Long> handled = new ConcurrentLinkedQueue<>();
        Runnable handler = () -> {
            handled.add(System.nanoTime());
            entered.release();
        };
        try (Closeable worker = system.work(handler)) {
            long start = System.nanoTime();
            while (System.nanoTime() - start < time.toNanos()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(
                        ThreadLocalRandom.current().nextInt(10, 100)));
                called.add(System.nanoTime());
                system.scheduleOne();
                if (entered.tryAcquire(1, TimeUnit.SECONDS)) {
                    entered.drainPermits();
                }
            }
            while (handled.size() < called.size()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
        List<Double> millis = new ArrayList<>();
        called.forEach(at -> millis.add((handled.remove() - at) / 1e6));
        Stats stats = Stats.of(millis);
        String detail = String.format(
                Locale.ROOT, "p50 %.1f ms, p99 %.1f ms of %d", stats.median(), stats.at(0.99), millis.size());
        return new Sample(stats.median(), 0, detail);
    }
}
