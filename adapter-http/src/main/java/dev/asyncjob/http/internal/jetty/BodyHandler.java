package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Routes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request before the request occupies a thread, but after its credentials were checked.
 *
 * <h2>Order</h2>
 *
 * <p>A request that has a body is first admitted by its route: credentials, rate, scope and {@code Accept}. Only then
 * is the body read, and a client that sent {@code Expect: 100-continue} told to send it. A route that admits everybody,
 * or no route, needs no body: it is not read, and Jetty closes the connection if the body does not arrive with the
 * head.
 *
 * <h2>Memory</h2>
 *
 * <p>Bodies are copied out of the buffers of their connection, so that a body of many small pieces occupies as much as
 * one that arrives at once. All of them share a {@link MemoryBudget}, until their responses are sent; a body for which
 * nothing is left is answered 503.
 *
 * <p>Ours because Jetty's {@code EagerContentHandler} has a limit for each body, but none for all of them.
 */
public final class BodyHandler extends Handler.Wrapper {
    /** Bytes for which memory is taken at least; most bodies fit. */
    private static final int FIRST = 1 << 10;

    private final List<Routes> routes;
    private final int maxBody;
    private final MemoryBudget budget;

    /**
     * @param routes the routes that admit requests
     * @param maxBody bytes of one body at most
     * @param budget the budget for all bodies
     */
    public BodyHandler(List<Routes> routes, int maxBody, MemoryBudget budget) {
        this.routes = routes;
        this.maxBody = maxBody;
        this.budget = budget;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        long length = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        if (length <= 0 && !request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)) {
            return super.handle(request, response, callback);
        }
        try {
            Optional<Routes.Found> route = routes.stream()
                    .flatMap(all ->
                            all.find(request.getMethod(), request.getHttpURI().getPath()).stream())
                    .findFirst();
            if (route.isPresent()) {
                request.setAttribute(HttpExchange.ROUTE, route.get().template());
                HttpExchange.requireReadable(request.getHttpURI().getQuery());
                CompletableFuture<?> admission = route.get().admission().admit(request);
                boolean asked = !admission.isDone(); // then it completes on another thread
                var unused = admission.whenComplete((admitted, refusal) -> {
                    try {
                        if (refusal != null) {
                            request.consumeAvailable();
                            JettyAnswers.fail(request, response, callback, refusal);
                        } else {
                            readBody(request, response, callback, length, asked);
                        }
                    } catch (Throwable e) { // the future would hide it, and the request would stay open
                        JettyAnswers.fail(request, response, callback, e);
                    }
                });
                return true;
            }
            if (length > maxBody) {
                throw ApiError.ofStatus(413);
            }
            return super.handle(request, response, callback);
        } catch (ApiError e) {
            refuse(request, response, callback, e);
            return true;
        }
    }

    private void readBody(Request request, Response response, Callback callback, long length, boolean asked) {
        if (length > maxBody) {
            refuse(request, response, callback, ApiError.ofStatus(413));
        } else {
            new Body(request, response, callback, length < 0 ? maxBody : (int) length, asked).read();
        }
    }

    private static void refuse(Request request, Response response, Callback callback, ApiError error) {
        request.consumeAvailable(); // closes the connection after the response if some of the body is still to come
        JettyAnswers.writeError(request, response, callback, error);
    }

    private final class Body implements Invocable.Task {
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final MemoryBudget.Share share = budget.new Share();
        private final int limit;
        private byte[] bytes = {};
        private int size;
        private boolean waited;

        Body(Request request, Response response, Callback callback, int limit, boolean waited) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            this.limit = limit;
            this.waited = waited;
            Request.addCompletionListener(request, failure -> share.close());
        }

        /** Reads what has arrived, and the rest later. */
        void read() {
            while (true) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    waited = true;
                    request.demand(this);
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    pass(chunk);
                    return;
                }
                boolean last = chunk.isLast();
                int refusal = append(chunk);
                if (refusal != 0) {
                    refuse(request, response, callback, ApiError.ofStatus(refusal));
                    return;
                }
                if (last) {
                    pass(Content.Chunk.EOF);
                    return;
                }
            }
        }

        /** Copies and releases a piece; the status of the refusal, or 0. */
        private int append(Content.Chunk chunk) {
            try {
                ByteBuffer piece = chunk.getByteBuffer();
                int needed = size + piece.remaining();
                if (needed > maxBody) {
                    return 413;
                }
                if (needed > bytes.length) {
                    int capacity = Math.min(Math.max(needed, limit), Math.max(FIRST, Math.max(needed, 2 * size)));
                    if (!share.growTo(capacity)) {
                        return 503;
                    }
                    bytes = Arrays.copyOf(bytes, capacity);
                }
                piece.get(bytes, size, needed - size);
                size = needed;
                return 0;
            } finally {
                chunk.release();
            }
        }

        private void pass(Content.Chunk end) {
            Request whole = new WholeBody(request, ByteBuffer.wrap(bytes, 0, size), end);
            if (waited) { // this thread serves all connections
                request.getContext().execute(() -> handleNow(whole));
            } else {
                handleNow(whole);
            }
        }

        private void handleNow(Request whole) {
            try {
                if (!BodyHandler.super.handle(whole, response, callback)) {
                    throw ApiError.ofStatus(404);
                }
            } catch (Throwable e) {
                JettyAnswers.fail(request, response, callback, e);
            }
        }

        @Override
        public void run() {
            try {
                read();
            } catch (Throwable e) {
                JettyAnswers.fail(request, response, callback, e);
            }
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }

    /** A request with its body in memory, and with what came after it: the end or a failure. */
    private static final class WholeBody extends Request.Wrapper {
        private Content.@Nullable Chunk body;
        private final Content.Chunk end;

        WholeBody(Request request, ByteBuffer body, Content.Chunk end) {
            super(request);
            this.body = body.hasRemaining() ? Content.Chunk.from(body, false) : null;
            this.end = end;
        }

        @Override
        public Content.Chunk read() {
            Content.Chunk next = body == null ? end : body;
            body = null;
            return next;
        }

        @Override
        public void demand(Runnable available) {
            available.run(); // everything is here
        }
    }
}
