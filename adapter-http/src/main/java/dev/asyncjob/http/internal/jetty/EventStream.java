package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A response of server-sent events (the HTML standard, section 9.2) that is open until its {@link #end()}. It occupies
 * no thread. Safe for use from any thread.
 */
public final class EventStream {
    private final Context ctx;
    private final Scheduler scheduler;
    private final Executor threads;
    private final NonBlockingWriter out;
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    private volatile Scheduler.Task next = () -> false;

    /** Prepares the head of the response. */
    public EventStream(Context ctx) {
        this.ctx = ctx;
        ctx.disableCompression();
        ctx.contentType(Representation.EVENTS);
        ctx.header("X-Accel-Buffering", "no"); // without it nginx buffers the events
        this.scheduler = HttpExchange.request(ctx).getComponents().getScheduler();
        this.threads = DeferredResponses.threadsFor(ctx);
        this.out = NonBlockingWriter.of(ctx, this::finish);
    }

    /**
     * Completed when the stream ends: by {@link #finish}, when the client disconnects or a task fails, and when the
     * server stops.
     */
    public CompletableFuture<?> end() {
        return end;
    }

    /** Ends the stream, from any thread and at any time. */
    public void finish() {
        end.complete(null);
    }

    /** Whether the stream has ended. */
    public boolean isOver() {
        return end.isDone();
    }

    /**
     * Keeps the request open until the end, and begins with a task.
     *
     * @param first run on a thread of the server
     * @param onEnd run at the end; it must return quickly
     */
    public void open(DeferredResponses deferredResponses, Runnable first, Runnable onEnd) {
        orFinish(() -> deferredResponses.keepOpen(ctx, end, this::finish, ended -> {
            DeferredResponses.Last last = new DeferredResponses.Last(ctx, threads, out::close, () -> {
                next.cancel();
                onEnd.run();
            });
            out.begin();
            var unused = ended.whenComplete(last);
            run(first);
            return last.answered;
        }));
    }

    /** Runs a task on a thread of the server; one that cannot run ends the stream, and the client reconnects. */
    public void run(Runnable task) {
        orFinish(() -> threads.execute(() -> orFinish(task)));
    }

    private void orFinish(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            if (end.complete(null)) { // otherwise the request has ended meanwhile
                throw e;
            }
        }
    }

    /** Runs a task after a delay, unless the stream has ended; there is one such task at a time. */
    public void after(Duration delay, Runnable task) {
        next = scheduler.schedule(() -> run(task), delay.toMillis(), TimeUnit.MILLISECONDS);
        if (isOver()) {
            next.cancel();
        }
    }

    /** Writes as {@link NonBlockingWriter#write} does. */
    public void write(String event, Runnable sent) {
        out.write(event, sent);
    }

    /** Writes as {@link NonBlockingWriter#writeIfIdle} does. */
    public void writeIfIdle(String event) {
        out.writeIfIdle(event);
    }
}
