package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Responses that are written later: when a value arrives, the client disconnects, or the server stops. A deferred
 * response occupies no thread. Safe for use from any thread.
 *
 * <h2>Life of a deferred response</h2>
 *
 * <p>{@link #keepOpen} registers a cancellation that makes the awaited value arrive soon, and starts Javalin's
 * {@code ctx.future}. The cancellation runs when {@link DisconnectListener} sees that the client has disconnected, and
 * when the server stops. Javalin 7.2.3 loops without end if such a future completes after the stop, so {@link #close}
 * runs all cancellations before it, and waits until the responses are complete.
 *
 * <h2>Threads</h2>
 *
 * <p>The value may arrive on any thread, so the response is written on a thread of the server's pool. That pool, and
 * not the request's own executor, is used because the latter refuses, and logs, tasks of a request that has just
 * completed.
 */
public final class DeferredResponses {
    /**
     * The time in which responses are written that a stop has ended; clients that read too slowly do not get theirs.
     */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

    private final Set<Runnable> cancellations = ConcurrentHashMap.newKeySet();
    private final Set<Request> incomplete = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /**
     * Answers the request when the value arrives, on a thread of the server, which may block. Exceptions are answered
     * as in any handler.
     *
     * @param coming the awaited value
     * @param cancel makes the value arrive soon; it must return quickly
     * @param answer writes the response
     */
    public <T> void defer(Context ctx, CompletionStage<T> coming, Runnable cancel, Consumer<T> answer) {
        CompletableFuture<T> value = coming.toCompletableFuture();
        Executor threads = threadsFor(ctx);
        keepOpen(ctx, value, cancel, ended -> {
            Last last = new Last(
                    ctx, threads, () -> HttpExchange.answer(ctx, c -> answer.accept(valueOf(value))), () -> {});
            var unused = ended.whenComplete(last);
            return last.answered;
        });
    }

    /**
     * The last task of a request, run by a thread of the server. Closes the connection if there is no memory for it, or
     * even for an error's answer.
     */
    static final class Last implements Runnable, BiConsumer<Object, Throwable> {
        final CompletableFuture<@Nullable Void> answered = new CompletableFuture<>();
        private final Context ctx;
        private final Executor threads;
        private final Runnable task;
        private final Runnable before;

        /** @param before runs first, in the thread that ends the request; it must return quickly */
        Last(Context ctx, Executor threads, Runnable task, Runnable before) {
            this.ctx = ctx;
            this.threads = threads;
            this.task = task;
            this.before = before;
        }

        @Override
        public void accept(Object value, Throwable thrown) {
            try {
                before.run();
            } catch (Throwable e) { // of memory: the response must end all the same
            }
            try {
                threads.execute(this);
            } catch (Throwable e) {
                close(e);
            }
        }

        @Override
        public void run() {
            try {
                task.run();
                answered.complete(null);
            } catch (Throwable e) {
                close(e);
            }
        }

        private void close(Throwable e) {
            try {
                HttpExchange.abandon(ctx, e);
            } finally {
                answered.complete(null); // without an exception, which Javalin would answer
            }
        }
    }

    /**
     * Keeps a request open.
     *
     * @param end completed when the request ends
     * @param cancel makes {@code end} complete soon, as in {@link #defer}
     * @param work begins when the request is open; its argument completes when the request ends and the connection is
     *     free for the response, its result, on a thread of the server, when the response is complete
     */
    @SuppressWarnings("FutureReturnValueIgnored") // completed together with end
    public void keepOpen(
            Context ctx, CompletableFuture<?> end, Runnable cancel, UnaryOperator<CompletableFuture<?>> work) {
        Request request = HttpExchange.request(ctx);
        Request.addCompletionListener(request, failure -> completed(request));
        end.whenComplete((v, thrown) -> cancellations.remove(cancel));
        incomplete.add(request);
        cancellations.add(cancel);
        if (stopping || end.isDone()) {
            cancellations.remove(cancel);
            cancel.run();
        }
        ctx.future(() -> {
            try {
                // The value has a limit of its own; a timeout of the host would be answered in the host's format.
                ctx.req().getAsyncContext().setTimeout(0);
                Runnable stopListening = DisconnectListener.listen(request, cancel);
                return work.apply(end.handle((v, thrown) -> ended(stopListening)));
            } catch (Throwable e) {
                cancel.run();
                throw e;
            }
        });
    }

    /** Neither throws nor passes on a failure: each stage that depends on it would need memory for that. */
    private static boolean ended(Runnable stopListening) {
        try {
            stopListening.run();
        } catch (Throwable e) { // the connection may still be free for the response
        }
        return true;
    }

    /** Defers responses from now on. */
    public void open() {
        stopping = false;
    }

    private void completed(Request request) {
        incomplete.remove(request);
        synchronized (incomplete) {
            incomplete.notifyAll();
        }
    }

    /** Cancels all deferred responses, and from now on every new one at once; returns when they are complete. */
    public void close() {
        stopping = true;
        List.copyOf(cancellations).forEach(Runnable::run);
        long begun = System.nanoTime();
        try {
            synchronized (incomplete) {
                for (long left = STOP_PATIENCE.toMillis(); left > 0 && !incomplete.isEmpty(); ) {
                    incomplete.wait(left);
                    left = STOP_PATIENCE.minusNanos(System.nanoTime() - begun).toMillis();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The server's threads, for tasks that may block or write. */
    public static Executor threadsFor(Context ctx) {
        Executor threads = HttpExchange.request(ctx).getComponents().getExecutor();
        return task -> {
            try {
                threads.execute(task);
            } catch (RejectedExecutionException e) { // the server has stopped; the task must still run
                task.run();
            }
        };
    }

    private static <T> T valueOf(CompletableFuture<T> coming) throws Exception {
        try {
            return coming.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
