package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.JettyAnswers;
import dev.asyncjob.http.internal.exchange.RequestId;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.URIUtil;

/**
 * Writes Jetty's own errors, for requests that no route receives, as the contract's JSON.
 *
 * <p>Jetty replaces a request whose first line it cannot parse by one of its own making with the method {@code BAD}.
 * The response to a HEAD whose target or version is unreadable therefore has a body; the connection is closed after it.
 */
public final class JettyErrors extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ApiError error = ApiError.ofStatus(status(request, response));
        if (error.status() == 400) {
            response.getHeaders().put("Connection", "close"); // the bytes that follow cannot be trusted either
        }
        write(request, response, callback, error, url(request, error), path(request, error));
        return true;
    }

    /** Answers a readable request with an error. */
    public static void write(Request request, Response response, Callback callback, ApiError error) {
        HttpURI uri = request.getHttpURI();
        StringBuilder url = new StringBuilder();
        URIUtil.appendSchemeHostPort(
                url, uri.getScheme(), Request.getServerName(request), Request.getServerPort(request));
        write(request, response, callback, error, url.append(uri.getPath()).toString(), uri.getPath());
    }

    private static void write(
            Request request, Response response, Callback callback, ApiError error, String url, String path) {
        var accept = request.getHeaders().getValuesList(HttpHeader.ACCEPT);
        JettyAnswers.writeError(
                request, response, callback, Errors.answer(error, accept, url, path, RequestId.of(request)));
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
