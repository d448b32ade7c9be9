package dev.asyncjob.http;

import io.javalin.http.Context;
import jakarta.servlet.AsyncContext;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers that are held back until there is something to say, or the server stops. A held answer keeps no thread.
 * Thread-safe.
 */
final class HeldAnswers {
    private final Set<Runnable> endings = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /**
     * Answers the request once there is something to say, on a thread of the server, which may block. What goes wrong
     * is answered as in any handler.
     *
     * @param coming what the answer is made of; completed by this if the server stops before
     * @param nothing what the answer is made of then
     * @param answer makes it
     */
    <T> void hold(Context ctx, CompletionStage<T> coming, T nothing, Consumer<T> answer) {
        CompletableFuture<T> value = coming.toCompletableFuture();
        Runnable ending = () -> value.complete(nothing);
        endings.add(ending);
        var unused = value.whenComplete((v, thrown) -> endings.remove(ending));
        if (stopping) {
            ending.run();
        }
        ctx.future(() -> answered(ctx, value, answer));
    }

    /** Holds answers from now on. */
    void open() {
        stopping = false;
    }

    /** Lets all answers go, and holds none from now on. */
    void close() {
        stopping = true;
        List.copyOf(endings).forEach(Runnable::run);
    }

    private static <T> CompletableFuture<?> answered(Context ctx, CompletableFuture<T> coming, Consumer<T> answer) {
        AsyncContext async = ctx.req().getAsyncContext();
        async.setTimeout(0); // what comes has a limit of its own, and a host's would be told in the host's words
        CompletableFuture<@Nullable Void> answered = new CompletableFuture<>();
        var unused = coming.whenComplete((value, thrown) -> onServersThread(async, () -> {
            try {
                Exchange.answer(ctx, c -> answer.accept(valueOf(coming)));
            } finally {
                answered.complete(null);
            }
        }));
        return answered;
    }

    private static void onServersThread(AsyncContext async, Runnable task) {
        try {
            async.start(task);
        } catch (RejectedExecutionException e) { // the server has stopped: better here than never
            task.run();
        }
    }

    private static <T> T valueOf(CompletableFuture<T> coming) throws Exception {
        try {
            return coming.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
