package dev.asyncjob.application.worker;

import dev.asyncjob.application.spi.Execution;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;

/**
 * The threads of a worker's handlers. A handler that does not end within {@link #GRACE} after it was interrupted keeps
 * its thread, and others get one more in its place, up to twice the concurrency in all: then the worker waits for them.
 * Safe for use from any thread.
 */
final class HandlerThreads {
    /** The time to end after an interrupt. */
    static final Duration GRACE = Duration.ofSeconds(1);

    private static final Logger LOG = System.getLogger(HandlerThreads.class.getName());

    private final ExecutorService pool;
    private final int concurrency;
    private final Consumer<Attempt> onEnd;
    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();

    /** Those whose thread was replaced, which have not ended. Guarded by this. */
    private final Set<Attempt> replaced = new HashSet<>();

    /** @param onEnd gets each attempt once at least, when there is a thread for another handler */
    HandlerThreads(int concurrency, Consumer<Attempt> onEnd, Execution execution) {
        this.pool = execution.pool("asyncjob-work-", concurrency, true);
        this.concurrency = concurrency;
        this.onEnd = onEnd;
    }

    /** Runs the task of an attempt in one of the threads. */
    void execute(Attempt attempt, Runnable task) {
        pool.execute(() -> {
            try {
                running.add(attempt);
                task.run();
            } finally {
                ended(attempt);
            }
        });
    }

    private void ended(Attempt attempt) {
        running.remove(attempt);
        onEnd.accept(attempt);
        if (attempt.wasInterrupted()) {
            takeBack(attempt);
        }
    }

    /** If the thread was replaced, there is one too many. */
    private synchronized void takeBack(Attempt attempt) {
        replaced.remove(attempt);
        resize();
    }

    /** Replaces the threads of handlers that have not ended after their interrupt. */
    void replaceStuck() {
        running.stream().filter(attempt -> attempt.isStuck(GRACE)).forEach(this::replace);
    }

    private synchronized void replace(Attempt attempt) {
        if (running.contains(attempt) && replaced.size() < concurrency && replaced.add(attempt)) {
            LOG.log(
                    Level.WARNING,
                    "the handler of job {0} does not end after an interrupt; it keeps one of {1} threads",
                    attempt.id(),
                    2 * concurrency);
            resize();
            onEnd.accept(attempt);
        }
    }

    private void resize() {
        if (pool instanceof ThreadPoolExecutor threads) {
            int size = concurrency + replaced.size();
            threads.setMaximumPoolSize(Math.max(size, threads.getCorePoolSize()));
            threads.setCorePoolSize(size);
            threads.setMaximumPoolSize(size);
        }
    }

    /** Takes no more tasks, and waits for those that it has; false if they have not ended in time. */
    boolean shutDown(Duration limit) {
        return Execution.shutDown(pool, limit);
    }
}
