package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.RequestId;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.URIUtil;

/**
 * Writes an {@link Answer} where a request does not reach Javalin, and Jetty's own errors as the contract's JSON. Safe
 * for use from any thread.
 *
 * <p>Jetty replaces a request whose first line it cannot parse by one of its own making with the method {@code BAD}.
 * The response to a HEAD whose target or version is unreadable therefore has a body; the connection is closed after it.
 */
public final class JettyAnswers extends ErrorHandler {
    private static final HttpField NO_SNIFF = new PreEncodedHttpField("X-Content-Type-Options", "nosniff");
    private static final HttpField VARY = new PreEncodedHttpField(HttpHeader.VARY, HttpExchange.VARY);
    private static final HttpField VARY_COOKIE =
            new PreEncodedHttpField(HttpHeader.VARY, HttpExchange.VARY + HttpExchange.COOKIE);

    /** Writes to a response to which no handler has added fields: this adds without looking for earlier ones. */
    public static void write(Request request, Response response, Callback callback, Answer answer) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.add(RequestId.HEADER, RequestId.of(request));
        headers.add(NO_SNIFF);
        headers.add(request.getAttribute(HttpExchange.OTHERWISE) == null ? VARY : VARY_COOKIE);
        List<HttpField> fields = answer.fields();
        for (int i = 0; i < fields.size(); i++) {
            headers.add(fields.get(i));
        }
        send(request, response, callback, answer);
    }

    private static void send(Request request, Response response, Callback callback, Answer answer) {
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(answer.status());
        headers.put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        if (answer.hasContent()) {
            headers.put(answer.contentType());
        }
        boolean bodySent = answer.hasContent() && !"HEAD".equals(request.getMethod());
        response.write(true, bodySent ? ByteBuffer.wrap(answer.body()) : null, callback);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ApiError unread = request.getAttribute(ERROR_EXCEPTION) instanceof Throwable cause // as a head without memory
                ? Errors.withoutMemory(cause)
                : null;
        ApiError error = unread == null ? ApiError.ofStatus(status(request, response)) : unread;
        if (error.status() == 400 || unread != null) {
            response.getHeaders().put("Connection", "close"); // the bytes that follow cannot be trusted either
        }
        writeError(request, response, callback, error, url(request, error), path(request, error));
        return true;
    }

    /** Answers a readable request with an error. */
    public static void writeError(Request request, Response response, Callback callback, ApiError error) {
        HttpURI uri = request.getHttpURI();
        StringBuilder url = new StringBuilder();
        URIUtil.appendSchemeHostPort(
                url, uri.getScheme(), Request.getServerName(request), Request.getServerPort(request));
        writeError(request, response, callback, error, url.append(uri.getPath()).toString(), uri.getPath());
    }

    /** Answers with the error that was thrown, unless a part of a response is sent already. */
    public static void fail(Request request, Response response, Callback callback, Throwable thrown) {
        if (response.isCommitted()) {
            close(request, callback, thrown);
            return;
        }
        try {
            response.reset();
            writeError(request, response, callback, Errors.of(thrown, RequestId.of(request)));
        } catch (Throwable e) { // such as a heap that is too short for an answer: the connection is closed
            close(request, callback, e);
        }
    }

    private static void close(Request request, Callback callback, Throwable reason) {
        try {
            callback.failed(reason);
        } catch (Throwable e) {
            request.getConnectionMetaData().getConnection().getEndPoint().close(reason);
        }
    }

    /** Writes an error instead of the fields that handlers may have prepared. */
    private static void writeError(
            Request request, Response response, Callback callback, ApiError error, String url, String path) {
        List<String> accept = request.getHeaders().getValuesList(HttpHeader.ACCEPT);
        Answer answer = Errors.answer(error, accept, url, path, RequestId.of(request));
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(Answer.NO_STORE);
        headers.put(NO_SNIFF);
        headers.put(RequestId.HEADER, RequestId.of(request));
        headers.put(VARY);
        answer.fields().forEach(headers::put);
        send(request, response, callback, answer);
    }

    private static int status(Request request, Response response) {
        Object cause = request.getAttribute(ERROR_EXCEPTION);
        int status = cause instanceof HttpException http ? http.getCode() : response.getStatus();
        return status == HttpStatus.UPGRADE_REQUIRED_426 ? HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 : status;
    }

    /** The URL of the request; an unreadable one is not repeated. */
    private static String url(Request request, ApiError error) {
        HttpURI uri = request.getHttpURI();
        boolean readable = error.status() != 400 && uri != null && uri.getHost() != null;
        return readable
                ? uri.getScheme() + "://" + uri.getHost() + (uri.getPort() > 0 ? ":" + uri.getPort() : "")
                        + path(request, error)
                : "/";
    }

    private static String path(Request request, ApiError error) {
        HttpURI uri = request.getHttpURI();
        boolean readable = error.status() != 400 && error.status() != 414 && uri != null && uri.getPath() != null;
        return readable ? uri.getPath() : "/";
    }
}
