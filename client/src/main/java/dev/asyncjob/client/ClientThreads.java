package dev.asyncjob.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of all clients of this JVM; daemons that end when idle. Code of users, which may never return, runs on
 * {@link #CALLS} only, where each task has a thread of its own: neither the timer nor the JVM's common pool waits for
 * it.
 */
final class ClientThreads {
    static final Executor CALLS = Executors.newCachedThreadPool(ClientThreads::daemon);

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private ClientThreads() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, ClientThreads::daemon);
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "asyncjob-client");
        thread.setDaemon(true);
        return thread;
    }

    /** Runs a task on the timer's thread, for which all others wait. */
    static Future<?> in(Duration delay, Runnable task) {
        return TIMER.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Runs a task on {@link #CALLS} after a delay, and later if there is no thread. */
    static Future<?> later(Duration delay, Runnable task) {
        return in(delay, () -> {
            try {
                CALLS.execute(task);
            } catch (Throwable e) {
                var unused = later(Duration.ofSeconds(1), task);
            }
        });
    }

    /** A future whose asynchronous continuations run on {@link #CALLS}. */
    static final class Result<T> extends CompletableFuture<T> {
        @Override
        public Executor defaultExecutor() {
            return CALLS;
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new Result<>();
        }
    }
}
