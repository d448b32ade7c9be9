package dev.asyncjob.application.spi;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The time, the threads and the waits of the application: those of the JVM. A simulation replaces all of them, so no
 * other class of the application starts a thread, blocks one or measures time. Safe for use from any thread.
 */
public class Execution {
    /** The one that everything uses unless it is given another. */
    public static final Execution JVM = new Execution();

    /** Not the common pool, which an application may occupy. */
    private final ThreadPoolExecutor tasks = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>(), Execution::taskThread);

    /** For subclasses. */
    protected Execution() {}

    /** A clock like {@link System#nanoTime()}. */
    public long nanoTime() {
        return System.nanoTime();
    }

    /** The time from now until an instant of {@link #nanoTime()}; negative after it. */
    public final Duration until(long instant) {
        return Duration.ofNanos(instant - nanoTime());
    }

    /** The time since an instant of {@link #nanoTime()}. */
    public final Duration since(long instant) {
        return Duration.ofNanos(nanoTime() - instant);
    }

    /** Runs a task soon, in another thread. */
    public void execute(Runnable task) {
        tasks.execute(task);
    }

    /**
     * Runs a task when a delay is over, in a thread that many share: the task must not block.
     *
     * @return prevents that the task runs, if it has not begun
     */
    public Runnable after(Duration delay, Runnable task) {
        CompletableFuture<Boolean> timer = new CompletableFuture<>();
        var unused = timer.completeOnTimeout(true, TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS)
                .thenAccept(isOver -> {
                    if (isOver) {
                        task.run();
                    }
                });
        return () -> timer.complete(false);
    }

    /**
     * Blocks the caller until a future is complete.
     *
     * @return false if it is not within the limit, or if the caller is interrupted and stays so
     */
    public boolean await(CompletableFuture<?> future, Duration limit) {
        try {
            var unused = future.get(TimeUnit.NANOSECONDS.convert(limit), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * A pool with one queue and {@code threads} threads at most; a thread ends when it has been idle for a minute.
     *
     * @param name the beginning of the names of its threads
     * @param virtual whether its threads are virtual where the JVM has them (JEP 444, Java 21)
     */
    public ExecutorService pool(String name, int threads, boolean virtual) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        60,
                        TimeUnit.SECONDS,
                        new TaskQueue(),
                        virtual ? virtualThreads(name) : platformThreads(name)) {
                    @Override
                    public void execute(Runnable task) {
                        try {
                            super.execute(() -> isolate(task));
                        } catch (OutOfMemoryError e) { // the system has no thread to spare: those that run must do
                            if (getPoolSize() == 0 || !getQueue().offer(task)) {
                                throw e;
                            }
                        }
                    }
                };
        pool.allowCoreThreadTimeOut(true);
        isolate(() -> {}); // loads what it needs: later there may be no memory for that
        return pool;
    }

    /** Lets a pool end with its tasks; false if they have not ended in time, or if the caller is interrupted. */
    public static boolean shutDown(ExecutorService pool, Duration limit) {
        pool.shutdown();
        try {
            return pool.awaitTermination(TimeUnit.NANOSECONDS.convert(limit), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The tasks of a pool. A shortage of memory does not end the threads that wait for one: no other may start. */
    private static final class TaskQueue extends LinkedBlockingQueue<Runnable> {
        private static final long serialVersionUID = 1L;
        private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(1);

        @Override
        public @Nullable Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
            while (true) {
                try {
                    return super.poll(timeout, unit);
                } catch (OutOfMemoryError e) {
                    LockSupport.parkNanos(PAUSE);
                }
            }
        }
    }

    /** Runs a task in the caller's thread; nothing that it does to the thread reaches the next task. */
    @SuppressWarnings("ThreadPriorityCheck") // the priority is only restored
    private static void isolate(Runnable task) {
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        int priority = thread.getPriority();
        try {
            task.run();
        } catch (OutOfMemoryError e) { // the thread goes on; a task that has anything to say of it has said it
        } finally {
            thread.setContextClassLoader(loader);
            if (thread.getPriority() != priority) {
                thread.setPriority(priority);
            }
            var unused = Thread.interrupted();
        }
    }

    /** Uses reflection, since this is compiled for Java 17. */
    private static ThreadFactory virtualThreads(String name) {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder$OfVirtual");
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Object named = type.getMethod("name", String.class, long.class).invoke(builder, name, 1L);
            return (ThreadFactory) type.getMethod("factory").invoke(named);
        } catch (ReflectiveOperationException e) { // a JVM before 21, or one where they are a preview
            return platformThreads(name);
        }
    }

    private static Thread taskThread(Runnable task) {
        Thread thread = new Thread(task, "asyncjob-task");
        thread.setDaemon(true);
        return thread;
    }

    private static ThreadFactory platformThreads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> new Thread(task, name + number.incrementAndGet());
    }

    /** A loop without a thread, see {@link BackgroundLoop#BackgroundLoop}. */
    public BackgroundLoop loop(String name, BackgroundLoop.Step step, Consumer<Throwable> onFailure) {
        return new BackgroundLoop(name, step, onFailure);
    }
}
