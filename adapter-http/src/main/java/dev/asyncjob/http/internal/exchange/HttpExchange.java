package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.TraceContext;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** What each request passes through before and after its handler in a Javalin, the server's or an application's. */
public final class HttpExchange {
    /** The request headers that select a response, besides the URL. */
    public static final String VARY = "Accept, Authorization, api-key";

    /** The request attribute with the route's template, for logs and metrics. */
    public static final String ROUTE = "dev.asyncjob.route";

    /** The request attribute that says that other things than the pair of credentials identified the client. */
    public static final String OTHERWISE = "dev.asyncjob.otherwise";

    /** What {@link #VARY} lacks then. */
    public static final String COOKIE = ", Cookie";

    /** The request attribute with the verdict about valid credentials, for logs and metrics. */
    public static final String GRANTED = "dev.asyncjob.granted";

    /** The request attribute with the reason why a handler refuses access, for the security log. */
    public static final String REASON = "dev.asyncjob.reason";

    /** The request attribute with the {@link JobId} of the job that an admitted request is about, for logs. */
    public static final String JOB = "dev.asyncjob.job";

    /** The request attribute with the {@link Surrounding} of what handlers do, if there is one. */
    public static final String SURROUNDING = "dev.asyncjob.surrounding";

    /** The request attribute with the {@link Answer}, if it has content. */
    public static final String ANSWER = "dev.asyncjob.answer";

    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    /** Runs a part of the handling within something, such as a span. */
    @FunctionalInterface
    public interface Surrounding {
        /** Runs it in the caller's thread. */
        void run(Callable<?> part) throws Exception;
    }

    private HttpExchange() {}

    /** Wraps a handler: common headers, a readable query, and errors mapped here, so that none leaks into the host. */
    public static Handler of(Handler handler) {
        return ctx -> {
            begin(ctx);
            ctx.attribute(ROUTE, ctx.endpoint().path);
            answer(ctx, readable -> {
                requireReadable(ctx.queryString());
                handler.handle(readable);
            });
        };
    }

    /** Runs the handler and answers with the error that it throws, if any. */
    public static void answer(Context ctx, Handler handler) {
        try {
            surrounded(handler, ctx);
        } catch (Throwable e) { // an Error is answered and logged as well
            writeError(ctx, Errors.of(e, requestId(ctx)));
        }
    }

    private static void surrounded(Handler handler, Context ctx) throws Exception {
        if (request(ctx).getAttribute(SURROUNDING) instanceof Surrounding surrounding) {
            surrounding.run(() -> {
                handler.handle(ctx);
                return ctx;
            });
        } else {
            handler.handle(ctx);
        }
    }

    /** Prepares a request that may match no route. */
    public static void beginReadable(Context ctx) {
        begin(ctx);
        requireReadable(ctx.queryString());
    }

    private static void begin(Context ctx) {
        ctx.header(RequestId.HEADER, requestId(ctx));
        ctx.header("X-Content-Type-Options", "nosniff");
        ctx.header("Vary", VARY);
    }

    /** The request's id; every call for one request returns the same. */
    public static String requestId(Context ctx) {
        return RequestId.of(request(ctx));
    }

    /** Closes the connection of a request for whose response there is no memory. */
    public static void abandon(Context ctx, Throwable reason) {
        request(ctx).getConnectionMetaData().getConnection().getEndPoint().close(reason);
    }

    /** The request as Jetty's server sees it. */
    public static Request request(Context ctx) {
        return ServletContextRequest.getServletContextRequest(ctx.req());
    }

    /** Writes an answer. Its length is always sent, so that HEAD has it too. */
    public static void write(Context ctx, Answer answer) {
        if (request(ctx).getAttribute(OTHERWISE) != null) {
            ctx.header("Vary", ctx.res().getHeader("Vary") + COOKIE);
        }
        ctx.disableCompression(); // a host's gzip would change the length and the bytes that the entity tag names
        ctx.status(answer.status());
        answer.fields().forEach(field -> ctx.header(field.getName(), field.getValue()));
        ctx.res().setContentType(answer.hasContent() ? answer.contentType().getValue() : null);
        ctx.res().setContentLength(answer.body().length);
        if (answer.hasContent()) {
            ctx.attribute(ANSWER, answer);
            ctx.result(answer.body());
        }
    }

    /** Writes an error instead of anything that was prepared. */
    public static void writeError(Context ctx, ApiError error) {
        write(ctx, Errors.answer(error, headers(ctx, "Accept"), ctx.url(), ctx.path(), requestId(ctx)));
    }

    /** Writes 204, without any body and so without a content type. */
    public static void writeNoContent(Context ctx) {
        ctx.status(204);
        ctx.res().setContentType(null);
    }

    /**
     * The id in the path, which is also logged.
     *
     * @throws ApiError 404 if it is not a UUID (contract section 1)
     */
    public static JobId jobId(Context ctx, String parameter) {
        try {
            JobId id = JobId.parse(ctx.pathParam(parameter));
            ctx.attribute(JOB, id);
            return id;
        } catch (InvalidValueException e) {
            throw ApiError.taskNotFound(ApiError.Invalid.of("path_parameter", parameter, e));
        }
    }

    /** The trace that the request is a part of; null if it names none that is valid. */
    public static @Nullable TraceContext trace(Context ctx) {
        return TraceContext.read(headers(ctx, "traceparent"), headers(ctx, "tracestate"));
    }

    /** All lines of a header, in order. */
    public static List<String> headers(Context ctx, String name) {
        return Collections.list(ctx.req().getHeaders(name));
    }

    /**
     * Refuses a query that cannot be decoded.
     *
     * @throws ApiError 400
     */
    public static void requireReadable(@Nullable String query) {
        if (query != null && !isDecodable(query)) {
            throw ApiError.malformed(new ApiError.Invalid(
                    "request", "query", "format", "the query must be percent-encoded UTF-8", List.of()));
        }
    }

    /** Whether a part of a URI is percent-encoded UTF-8 (RFC 3986 section 2.1); the JDK also takes {@code %+1}. */
    public static boolean isDecodable(String part) {
        if (part.indexOf('%') < 0) {
            return true;
        }
        if (BROKEN_ESCAPE.matcher(part).find()) {
            return false;
        }
        try {
            byte[] decoded =
                    URLDecoder.decode(part, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.ISO_8859_1);
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(decoded));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
