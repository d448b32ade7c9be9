package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.Context;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.jspecify.annotations.Nullable;

/**
 * Answers that are held back until there is something to say, the client hangs up, or the server stops. A held answer
 * keeps no thread. Thread-safe.
 */
public final class DeferredResponses {
    private final Set<Runnable> endings = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /**
     * Answers the request once there is something to say, on a thread of the server, which may block. What goes wrong
     * is answered as in any handler.
     *
     * @param coming what the answer is made of
     * @param ending makes that come soon: run if the client hangs up or the server stops before, and quick itself
     * @param answer makes it
     */
    public <T> void hold(Context ctx, CompletionStage<T> coming, Runnable ending, Consumer<T> answer) {
        CompletableFuture<T> value = coming.toCompletableFuture();
        Executor threads = threadsFor(ctx);
        keepOpen(ctx, value, ending, heard -> {
            CompletableFuture<@Nullable Void> answered = new CompletableFuture<>();
            var unused = heard.whenComplete((v, thrown) -> threads.execute(() -> {
                try {
                    HttpExchange.answer(ctx, c -> answer.accept(valueOf(value)));
                } finally {
                    answered.complete(null);
                }
            }));
            return answered;
        });
    }

    /**
     * What goes on while a request is kept open: begun with what is completed at its end, once the connection is free
     * for the answer; answers with what is to be completed then, on a thread of the server's.
     */
    @FunctionalInterface
    public interface Answering {
        CompletableFuture<?> begin(CompletableFuture<?> end);
    }

    /**
     * Keeps a request open.
     *
     * @param end when that is over
     * @param ending makes {@code end} come soon, as in {@link #hold}
     * @param answering begun once the request is open
     */
    @SuppressWarnings("FutureReturnValueIgnored") // what is done at the end is done by then
    public void keepOpen(Context ctx, CompletableFuture<?> end, Runnable ending, Answering answering) {
        endings.add(ending);
        end.whenComplete((v, thrown) -> endings.remove(ending));
        if (stopping) {
            ending.run();
        }
        ctx.future(() -> {
            // What comes has a limit of its own, and a host's would be told in the host's words.
            ctx.req().getAsyncContext().setTimeout(0);
            Runnable deaf = DisconnectListener.listen(ctx.req(), ending);
            return answering.begin(end.whenComplete((v, thrown) -> deaf.run()));
        });
    }

    /** Holds answers from now on. */
    public void open() {
        stopping = false;
    }

    /** Lets all answers go, and holds none from now on. */
    public void close() {
        stopping = true;
        List.copyOf(endings).forEach(Runnable::run);
    }

    /**
     * The server's threads, for what may block or write. They are not the request's own, which refuse, and log, what
     * comes when it has just been answered.
     */
    public static Executor threadsFor(Context ctx) {
        Executor threads = ServletContextRequest.getServletContextRequest(ctx.req())
                .getComponents()
                .getExecutor();
        return task -> {
            try {
                threads.execute(task);
            } catch (RejectedExecutionException e) { // the server has stopped: better here than never
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
