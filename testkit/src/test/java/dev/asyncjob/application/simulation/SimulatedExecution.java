package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.VirtualTime.Event;
import dev.asyncjob.application.simulation.VirtualTime.Host;
import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The time and the threads of one node: tasks begin within a moment, in an order that the seed draws. */
final class SimulatedExecution extends Execution {
    private static final long MOMENT = Duration.ofMillis(1).toNanos();

    private final VirtualTime time;
    private final Host process;
    private final SplittableRandom random;
    private final long origin;

    SimulatedExecution(VirtualTime time, Host process, long seed) {
        this.time = time;
        this.process = process;
        this.random = new SplittableRandom(seed);
        this.origin =
                random.nextBoolean() ? Long.MAX_VALUE - Duration.ofSeconds(5).toNanos() : random.nextLong();
    }

    private Duration moment() {
        return Duration.ofNanos(random.nextLong(MOMENT));
    }

    @Override
    public long nanoTime() {
        return origin + time.now();
    }

    @Override
    public void execute(Runnable task) {
        time.post(process, moment(), task);
    }

    @Override
    public Runnable after(Duration delay, Runnable task) {
        return time.post(process, delay, task)::cancel;
    }

    @Override
    public boolean await(CompletableFuture<?> future, Duration limit) {
        return time.await(process, future, limit);
    }

    @Override
    public ExecutorService pool(String name, int threads, boolean virtual) {
        return new Pool(threads);
    }

    @Override
    public BackgroundLoop loop(String name, BackgroundLoop.Step step, Consumer<Throwable> onFailure) {
        return new Loop(name, step, onFailure);
    }

    private final class Loop extends BackgroundLoop {
        private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
        private boolean started;
        private boolean running;
        private boolean failed;
        private boolean signalled;
        private boolean stopping;
        private Runnable last = () -> {};
        private @Nullable Event next;

        Loop(String name, Step step, Consumer<Throwable> onFailure) {
            super(name, step, onFailure);
        }

        @Override
        public void start() {
            started = true;
            repeatIn(moment());
        }

        @Override
        public void signal() {
            signalled = true;
            if (started && !running && !failed) {
                repeatIn(moment());
            }
        }

        @Override
        public boolean stop(Runnable lastStep, Duration timeout) {
            last = lastStep;
            stopping = true;
            if (started && !running) {
                repeatIn(moment());
            }
            return !started || time.await(process, ended, timeout);
        }

        private void repeatIn(Duration pause) {
            if (next != null) {
                next.cancel();
            }
            next = time.post(process, pause, this::repeat);
        }

        @SuppressWarnings("ReferenceEquality")
        private void repeat() {
            if (ended.isDone() || running) {
                return;
            }
            running = true;
            signalled = false;
            Duration pause = stopping ? Duration.ZERO : runOnce();
            failed = pause == AFTER_FAILURE;
            if (stopping) {
                last.run();
                ended.complete(true);
            } else {
                repeatIn(signalled && !failed ? moment() : pause);
            }
            running = false;
        }
    }

    private final class Pool extends AbstractExecutorService {
        private final CompletableFuture<Boolean> terminated = new CompletableFuture<>();
        private final Queue<Runnable> queue = new ArrayDeque<>();
        private final int threads;
        private int running;
        private boolean shutDown;

        Pool(int threads) {
            this.threads = threads;
        }

        @Override
        public void execute(Runnable task) {
            if (shutDown) {
                throw new RejectedExecutionException("shut down");
            }
            queue.add(task);
            if (running < threads) {
                running++;
                time.post(process, moment(), this::run);
            }
        }

        private void run() {
            for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
                task.run();
                var unused = Thread.interrupted();
            }
            running--;
            endIfDone();
        }

        private void endIfDone() {
            if (shutDown && running == 0) {
                terminated.complete(true);
            }
        }

        @Override
        public void shutdown() {
            shutDown = true;
            endIfDone();
        }

        @Override
        public List<Runnable> shutdownNow() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return terminated.isDone();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return time.await(process, terminated, Duration.of(timeout, unit.toChronoUnit()));
        }
    }
}
