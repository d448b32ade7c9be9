package dev.asyncjob.http;

import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.exchange.Routes;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.eclipse.jetty.server.Request;

/**
 * Pages for people that another module makes, beside the API; what is no page there is answered as everywhere. The
 * handlers decide themselves who may see them. Safe for use from any thread.
 */
public final class PagesApi extends Api {
    /** Bodies of forms at once, of all senders: they have no credentials yet, and share the memory for bodies. */
    static final int MAX_FORMS = 64;

    /**
     * Serves pages.
     *
     * @param pages the handlers of GET, by the path of their route
     * @param forms the handlers of POST, by the path of their route; their bodies have the limits of all, and more than
     *     64 at once are answered 503
     * @param live the content of those pages that a browser can also have as a stream of server-sent events, by the
     *     path of their route: called at once, and every two seconds while the request is open, by one thread at a
     *     time; empty when the page is no longer there for this reader. More than 100 streams at once are answered 503
     */
    public PagesApi(
            Map<String, Handler> pages,
            Map<String, Handler> forms,
            Map<String, Function<Context, Optional<String>>> live) {
        PageStreams streams = new PageStreams(deferredResponses());
        pages.forEach((path, handler) -> {
            Function<Context, Optional<String>> view = live.get(path);
            routes().add(
                            HandlerType.GET,
                            path,
                            HttpExchange.of(
                                    view == null
                                            ? handler
                                            : ctx -> {
                                                boolean asStream = ctx.method().equals(HandlerType.GET)
                                                        && Representation.prefersEvents(
                                                                HttpExchange.headers(ctx, "Accept"));
                                                if (asStream) {
                                                    streams.stream(ctx, view);
                                                } else {
                                                    handler.handle(ctx);
                                                }
                                            }));
        });
        Semaphore places = new Semaphore(MAX_FORMS);
        forms.forEach((path, handler) ->
                routes().add(HandlerType.POST, path, new Form(HttpExchange.of(whole(handler)), places)));
    }

    /** A handler that gets a body that has arrived; Javalin keeps what it has read. */
    private static Handler whole(Handler handler) {
        return ctx -> {
            try {
                var unused = ctx.bodyAsBytes();
            } catch (Exception e) { // Kotlin declares no exceptions
                if (e instanceof IOException broken) {
                    throw JsonBody.brokenOff(ctx, broken);
                }
                throw e;
            }
            handler.handle(ctx);
        };
    }

    /** Admits everybody within the limit, so that the body is read before the request occupies a thread. */
    private record Form(Handler handler, Semaphore places) implements Routes.Admission {
        @Override
        public CompletableFuture<?> admit(Request request) {
            if (!places.tryAcquire()) {
                return CompletableFuture.failedFuture(ApiError.unavailable(2));
            }
            try {
                Request.addCompletionListener(request, failure -> places.release());
            } catch (Throwable e) { // of memory
                places.release();
                throw e;
            }
            return CompletableFuture.completedFuture(request);
        }

        @Override
        public void handle(Context ctx) throws Exception {
            handler.handle(ctx);
        }
    }
}
