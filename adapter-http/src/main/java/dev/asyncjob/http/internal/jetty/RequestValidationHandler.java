package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.settings.HttpLimits;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Turns away, before Javalin sees them, requests that no route could answer rightly, and takes from the others the
 * headers by which Javalin would route them elsewhere.
 */
public final class RequestValidationHandler extends Handler.Wrapper {
    /** All that any route could be asked by. */
    public static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY");

    /** Javalin obeys the first on every method, and takes any request with the second for a web socket. */
    private static final Set<String> MISLEADING = Set.of("x-http-method-override", "sec-websocket-version");

    /** Controls, slashes and backslashes in disguise: Jetty looks for them, but not behind a semicolon. */
    private static final Pattern MISLEADING_ESCAPE = Pattern.compile("%(?:[01].|2[Ff]|5[Cc]|7[Ff])");

    /** RFC 3986 section 3.2.2, as far as Jetty does not look: an address of IPv6 has brackets, a port has digits. */
    private static final Pattern HOST = Pattern.compile("(?:\\[[^\\[\\]]+]|[^:\\[\\]]+)(?::[0-9]+)?");

    private final long maxBody;

    public RequestValidationHandler(long maxBody) {
        this.maxBody = maxBody;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        int refusal = refusal(request);
        if (refusal != 0) {
            Response.writeError(request, response, callback, refusal);
            return true;
        }
        return super.handle(
                isMisleading(request) ? new Straightened(request) : request, new Literal(request, response), callback);
    }

    /** The status to refuse with, or 0. */
    private int refusal(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        boolean readable = path != null
                && path.startsWith("/")
                && "http".equalsIgnoreCase(uri.getScheme())
                && isVisibleAscii(path)
                && HttpExchange.isDecodable(path)
                && !(path.indexOf('%') >= 0 && MISLEADING_ESCAPE.matcher(path).find())
                && isVisibleAscii(uri.getQuery())
                && isHost(request.getHeaders().get(HttpHeader.HOST));
        if (!readable || request.getMethod().equals("CONNECT")) {
            return 400;
        }
        if (!METHODS.contains(request.getMethod())) {
            return 501;
        }
        if (request.getHeaders().size() > HttpLimits.MAX_HEADER_COUNT) {
            return 431;
        }
        return bodyRefusal(request);
    }

    private int bodyRefusal(Request request) {
        String coding = request.getHeaders().get(HttpHeader.TRANSFER_ENCODING);
        if (coding != null && !coding.equalsIgnoreCase("chunked")) {
            return 501; // RFC 9112 section 6.1
        }
        if (coding != null && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0) {
            return 400;
        }
        return request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > maxBody ? 413 : 0;
    }

    private static boolean isVisibleAscii(@Nullable String text) {
        if (text == null) {
            return true;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHost(@Nullable String text) {
        return text == null || HOST.matcher(text).matches();
    }

    private static boolean isMisleading(Request request) {
        for (String name : MISLEADING) {
            if (request.getHeaders().contains(name)) {
                return true;
            }
        }
        return false;
    }

    private static final class Straightened extends Request.Wrapper {
        private final HttpFields headers;

        Straightened(Request request) {
            super(request);
            HttpFields.Mutable kept = HttpFields.build();
            for (HttpField field : request.getHeaders()) {
                if (!MISLEADING.contains(field.getLowerCaseName())) {
                    kept.add(field);
                }
            }
            headers = kept.asImmutable();
        }

        @Override
        public HttpFields getHeaders() {
            return headers;
        }
    }

    /** Keeps the space in {@code application/json; charset=utf-8}, which Jetty's servlets take out. */
    private static final class Literal extends Response.Wrapper {
        private static final Map<String, HttpField> SPELLINGS = Stream.of(Errors.JSON, Errors.PROBLEM_JSON)
                .collect(Collectors.toMap(
                        type -> type.replace(" ", ""), type -> new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, type)));

        private final HttpFields.Mutable headers;

        Literal(Request request, Response response) {
            super(request, response);
            headers = new HttpFields.Mutable.Wrapper(response.getHeaders()) {
                @Override
                public HttpField onAddField(HttpField field) {
                    return literal(field);
                }

                @Override
                public HttpField onReplaceField(HttpField oldField, HttpField newField) {
                    return literal(newField);
                }
            };
        }

        private static HttpField literal(HttpField field) {
            return field.getHeader() == HttpHeader.CONTENT_TYPE
                    ? SPELLINGS.getOrDefault(field.getValue(), field)
                    : field;
        }

        @Override
        public HttpFields.Mutable getHeaders() {
            return headers;
        }
    }
}
