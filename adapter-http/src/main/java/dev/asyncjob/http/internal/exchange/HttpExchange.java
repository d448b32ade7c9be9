package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.jetty.AsyncBodyHandler;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What every request goes through before and after its handler, whoever's Javalin it came by. */
public final class HttpExchange {
    /** What an answer depends on besides its URL. */
    public static final String VARY = "Accept, Authorization, api-key";

    /** Attributes of a request, for whoever logs it. */
    public static final String ROUTE = "dev.asyncjob.route";

    public static final String CLIENT = "dev.asyncjob.client";

    private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

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

    /** Answers with what the handler makes, or with the error that it meets. */
    public static void answer(Context ctx, Handler handler) {
        try {
            handler.handle(ctx);
        } catch (Throwable e) { // also an Error gets its answer, and the log
            Errors.answer(ctx, Errors.of(e, requestId(ctx)));
        }
    }

    /** Begins what may have no route. */
    public static void beginReadable(Context ctx) {
        begin(ctx);
        requireReadable(ctx.queryString());
    }

    static void begin(Context ctx) {
        ctx.header(RequestId.HEADER, requestId(ctx));
        ctx.header("X-Content-Type-Options", "nosniff");
        ctx.header("Vary", VARY);
    }

    /** Remembers who asks. */
    public static void identify(Context ctx, Owner client) {
        ctx.attribute(CLIENT, client);
    }

    /** The request's name; the same however often it is asked for. */
    public static String requestId(Context ctx) {
        String known = ctx.attribute(RequestId.ATTRIBUTE);
        if (known != null) {
            return known;
        }
        String id = RequestId.of(headers(ctx, RequestId.HEADER));
        ctx.attribute(RequestId.ATTRIBUTE, id);
        return id;
    }

    /** Answers with a body, which nobody changes, and whose length is told, so that HEAD tells it too. */
    public static void body(Context ctx, String contentType, byte[] body) {
        ctx.disableCompression(); // a host's gzip would change the length, and what the entity tag names
        ctx.contentType(contentType);
        ctx.res().setContentLength(body.length);
        ctx.attribute(AsyncBodyHandler.BODY, body);
        ctx.result(body);
    }

    /** Answers 304 with the length of the 200 it stands for (RFC 9110 section 8.6), and no body. */
    public static void notModified(Context ctx, int length) {
        ctx.disableCompression();
        ctx.status(304);
        ctx.res().setContentType(null);
        ctx.res().setContentLength(length);
    }

    /** The job that the path names; what is no UUID names none (contract section 1). */
    public static JobId jobId(Context ctx, String parameter) {
        try {
            return JobId.parse(ctx.pathParam(parameter));
        } catch (InvalidValueException e) {
            throw ApiError.taskNotFound(ApiError.Invalid.of("path_parameter", parameter, e));
        }
    }

    /** All lines of a header, in order. */
    public static List<String> headers(Context ctx, String name) {
        return Collections.list(ctx.req().getHeaders(name));
    }

    private static void requireReadable(@Nullable String query) {
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
