package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.settings.HttpLimits;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, before Javalin sees them, requests that no route could answer correctly.
 *
 * <h2>Refused requests</h2>
 *
 * <p>Jetty's compliance modes refuse most of what breaks RFC 3986 and RFC 9112. This adds what they let pass: targets
 * with raw or misleading characters, hosts that are not hosts, methods that are not implemented, too many header
 * fields, and transfer codings other than {@code chunked}.
 *
 * <h2>Changed requests</h2>
 *
 * <p>Javalin obeys {@code X-HTTP-Method-Override} on every method and takes a request with
 * {@code Sec-WebSocket-Version} for a web socket; both headers are removed.
 */
public final class RequestValidationHandler extends Handler.Wrapper {
    /** The methods that are known here; routes answer those that they do not support with 405. */
    public static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY");

    private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override";
    private static final String WEB_SOCKET_VERSION = "Sec-WebSocket-Version";

    /** Encoded controls, slashes and backslashes: Jetty looks for them, but not behind a semicolon. */
    private static final String MISLEADING = "%(?:[01].|2[Ff]|5[Cc]|7[Ff])";

    private static final Pattern MISLEADING_ESCAPE = Pattern.compile(MISLEADING);

    /** RFC 3986 section 3.2.2, of which Jetty checks little, without the same escapes. */
    private static final Pattern HOST = Pattern.compile(
            "(?:\\[[0-9A-Fa-f:.]+]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|(?!" + MISLEADING + ")%[0-9A-Fa-f]{2})+)(?::[0-9]+)?");

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        int refusal = refusal(request);
        if (refusal != 0) {
            Response.writeError(request, response, callback, refusal);
            return true;
        }
        return super.handle(withoutMisleading(request), response, callback);
    }

    /** The status of the refusal, or 0 if the request is good. */
    private static int refusal(Request request) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath();
        boolean readable = path != null
                && path.startsWith("/")
                && scheme(request).equalsIgnoreCase(uri.getScheme())
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
        return codingRefusal(request);
    }

    private static String scheme(Request request) {
        return request.getConnectionMetaData().isSecure() ? "https" : "http";
    }

    private static int codingRefusal(Request request) {
        String coding = request.getHeaders().get(HttpHeader.TRANSFER_ENCODING);
        if (coding != null && !coding.equalsIgnoreCase("chunked")) {
            return 501; // RFC 9112 section 6.1
        }
        boolean old = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0;
        return coding != null && old ? 400 : 0;
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

    private static Request withoutMisleading(Request request) {
        HttpFields headers = request.getHeaders();
        if (!headers.contains(METHOD_OVERRIDE) && !headers.contains(WEB_SOCKET_VERSION)) {
            return request;
        }
        HttpFields kept = HttpFields.build(headers).remove(METHOD_OVERRIDE).remove(WEB_SOCKET_VERSION);
        return new Request.Wrapper(request) {
            @Override
            public HttpFields getHeaders() {
                return kept;
            }
        };
    }
}
