package dev.asyncjob.callbacks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Resolves host names within a time limit. The resolver of the operating system blocks its thread and cannot be
 * interrupted, so it has threads of its own, {@link #MAX_THREADS} at most and one for each name: a name whose servers
 * are slow delays no other name. Safe for use from any thread.
 */
final class HostNames implements AutoCloseable {
    /** Threads, and so names that are resolved at once, at most. */
    static final int MAX_THREADS = 32;

    private final Resolver resolver;
    private final ConcurrentMap<String, CompletableFuture<List<InetAddress>>> asked = new ConcurrentHashMap<>();
    private final ExecutorService threads;

    /** Finds the addresses of a name, in its own order; blocks. */
    @FunctionalInterface
    interface Resolver {
        List<InetAddress> resolve(String name) throws UnknownHostException;
    }

    HostNames(Resolver resolver) {
        this.resolver = resolver;
        this.threads = new ThreadPoolExecutor(0, MAX_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "asyncjob-resolve");
            thread.setDaemon(true); // it may not end
            return thread;
        });
    }

    /**
     * The addresses of a name; callers that ask while it is being resolved get the same answer.
     *
     * @throws UnknownHostException if there is no such name
     * @throws TimeoutException if there is no answer in time, or no thread
     */
    List<InetAddress> resolve(String name, Duration limit)
            throws UnknownHostException, TimeoutException, InterruptedException {
        CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> first = asked.putIfAbsent(name, mine);
        if (first == null) {
            ask(name, mine);
        }
        try {
            return (first == null ? mine : first).get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RejectedExecutionException) {
                throw new TimeoutException("no thread");
            }
            throw new UnknownHostException();
        }
    }

    private void ask(String name, CompletableFuture<List<InetAddress>> answer) {
        try {
            threads.execute(() -> {
                try {
                    List<InetAddress> addresses = resolver.resolve(name);
                    asked.remove(name, answer);
                    answer.complete(addresses);
                } catch (Throwable e) { // also an Error: others would wait for ever
                    asked.remove(name, answer);
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            asked.remove(name, answer);
            answer.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
