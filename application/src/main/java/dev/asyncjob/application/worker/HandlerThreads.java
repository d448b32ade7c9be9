package dev.asyncjob.application.worker;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Creates the threads of handlers: virtual where the JVM has them (JEP 444, Java 21), platform threads elsewhere. */
final class HandlerThreads {
    private static final String NAME = "asyncjob-work-";
    private static final int IDLE_SECONDS = 60;

    private HandlerThreads() {}

    /** A pool with one queue and {@code threads} threads at most; a thread ends when it has been idle for a minute. */
    static ExecutorService newExecutor(int threads) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory()) {
                    @Override
                    public void execute(Runnable task) {
                        try {
                            super.execute(task);
                        } catch (OutOfMemoryError e) { // the system has no thread to spare: those that run must do
                            if (getPoolSize() == 0 || !getQueue().offer(task)) {
                                throw e;
                            }
                        }
                    }
                };
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Runs a task in the caller's thread; nothing that it does to the thread reaches the next task. */
    @SuppressWarnings("ThreadPriorityCheck") // the priority is only restored
    static void isolate(Runnable task) {
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        int priority = thread.getPriority();
        try {
            task.run();
        } finally {
            thread.setContextClassLoader(loader);
            if (thread.getPriority() != priority) {
                thread.setPriority(priority);
            }
            var unused = Thread.interrupted();
        }
    }

    /** Uses reflection, since this is compiled for Java 17. */
    private static ThreadFactory factory() {
        try {
            Class<?> type = Class.forName("java.lang.Thread$Builder$OfVirtual");
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Object named = type.getMethod("name", String.class, long.class).invoke(builder, NAME, 1L);
            return (ThreadFactory) type.getMethod("factory").invoke(named);
        } catch (ReflectiveOperationException e) { // a JVM before 21, or one where they are a preview
            AtomicInteger number = new AtomicInteger();
            return task -> new Thread(task, NAME + number.incrementAndGet());
        }
    }
}
