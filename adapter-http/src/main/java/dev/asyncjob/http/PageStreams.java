package dev.asyncjob.http;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.internal.jetty.EventStream;
import io.javalin.http.Context;
import io.javalin.http.ServiceUnavailableResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Views of a page as server-sent events (the HTML standard, section 9.2): the content of a view, and again whenever it
 * has changed. A stream occupies no thread. Safe for use from any thread.
 *
 * <p>Events without a name have the content as their data; {@code same} says that it has not changed, {@code fault}
 * that it cannot be read now, {@code again} that the browser shall open another stream, and {@code end} that the view
 * is no longer there for this reader. A slow reader skips states: content is made again only after the last event has
 * been sent.
 */
final class PageStreams {
    /** The time between two looks at a view; four times as long as the last one took, if that is more. */
    static final Duration INTERVAL = Duration.ofSeconds(2);

    /** The longest time between two looks. */
    private static final Duration MAX_INTERVAL = Duration.ofSeconds(10);

    /** Streams at once; a browser that gets none asks again and again instead. */
    static final int MAX_STREAMS = 100;

    /** The longest stream; the browser opens another then, with what a proxy says of the reader at that time. */
    private static final Duration MAX_LENGTH = Duration.ofMinutes(5);

    private static final int PAUSE = 4;
    private static final String FAULT = "event: fault\ndata:\n\n";

    private final DeferredResponses deferredResponses;
    private final Semaphore places = new Semaphore(MAX_STREAMS);

    PageStreams(DeferredResponses deferredResponses) {
        this.deferredResponses = deferredResponses;
    }

    /** Answers with a stream; with 204, after which a browser does not ask again, if the view is not there. */
    void stream(Context ctx, Function<Context, Optional<String>> view) {
        ctx.header("Cache-Control", "no-store");
        Optional<String> first;
        try {
            first = view.apply(ctx);
        } catch (StoreUnavailable | ServiceUnavailableResponse e) {
            first = Optional.of(""); // the stream looks again, and says so
        }
        if (first.isEmpty()) {
            HttpExchange.writeNoContent(ctx);
            return;
        }
        if (!places.tryAcquire()) {
            throw ApiError.unavailable(2);
        }
        ctx.header("X-Content-Type-Options", "nosniff");
        Stream stream;
        try {
            stream = new Stream(ctx, view);
            var unused = stream.events.end().whenComplete((v, thrown) -> places.release());
        } catch (Throwable e) {
            places.release();
            throw e;
        }
        Optional<String> content = first;
        try {
            stream.events.open(deferredResponses, () -> stream.send(content, Duration.ZERO), () -> {});
        } catch (Throwable e) {
            stream.events.finish();
            throw e;
        }
    }

    private static final class Stream {
        private final Context ctx;
        private final Function<Context, Optional<String>> view;
        private final long until = System.nanoTime() + MAX_LENGTH.toNanos();
        private final EventStream events;
        private String last = "";

        Stream(Context ctx, Function<Context, Optional<String>> view) {
            this.ctx = ctx;
            this.view = view;
            this.events = new EventStream(ctx);
        }

        private void look() {
            if (events.isOver()) {
                return;
            }
            if (System.nanoTime() >= until) {
                events.write("event: again\ndata:\n\n", events::finish);
                return;
            }
            long begun = System.nanoTime();
            try {
                Optional<String> content = view.apply(ctx);
                send(content, Duration.ofNanos(System.nanoTime() - begun));
            } catch (StoreUnavailable | ServiceUnavailableResponse e) {
                last = "";
                write(FAULT, Duration.ofNanos(System.nanoTime() - begun));
            }
        }

        private void send(Optional<String> content, Duration took) {
            if (content.isEmpty()) {
                events.write("event: end\ndata:\n\n", events::finish);
            } else if (content.get().isEmpty()) {
                write(FAULT, took);
            } else if (content.get().equals(last)) {
                write("event: same\ndata:\n\n", took);
            } else {
                last = content.get();
                write("data: " + last.replaceAll("\r\n|\r|\n", "\ndata: ") + "\n\n", took);
            }
        }

        /** Writes an event, and looks again some time after it has been sent. */
        private void write(String event, Duration took) {
            long pause = Math.max(INTERVAL.toMillis(), Math.min(PAUSE * took.toMillis(), MAX_INTERVAL.toMillis()));
            events.write(event, () -> events.after(Duration.ofMillis(pause), this::look));
        }
    }
}
