package dev.asyncjob.application;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for handlers: virtual ones where the JVM has them (JEP 444, Java 21), platform threads elsewhere. */
final class HandlerThreads {
    private static final String NAME = "asyncjob-work-";

    private HandlerThreads() {}

    /** As many threads as there are tasks at once; none yet. */
    static ExecutorService newExecutor() {
        try {
            return virtual();
        } catch (NoSuchMethodException | ClassNotFoundException | InvocationTargetException e) {
            return platform(); // a JVM before 21, or one that only previews them
        } catch (IllegalAccessException e) {
            throw new AssertionError("public since Java 21", e);
        }
    }

    /** By reflection, since this is compiled for Java 17. */
    private static ExecutorService virtual()
            throws NoSuchMethodException, ClassNotFoundException, InvocationTargetException, IllegalAccessException {
        Class<?> type = Class.forName("java.lang.Thread$Builder$OfVirtual");
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        Object named = type.getMethod("name", String.class, long.class).invoke(builder, NAME, 1L);
        ThreadFactory factory = (ThreadFactory) type.getMethod("factory").invoke(named);
        return (ExecutorService) Executors.class
                .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
                .invoke(null, factory);
    }

    private static ExecutorService platform() {
        AtomicInteger number = new AtomicInteger();
        return Executors.newCachedThreadPool(task -> new Thread(task, NAME + number.incrementAndGet()));
    }
}
