package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.exchange.RequestId;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.URIUtil;

/** Lets Jetty's own errors, for requests that never become one to a route, speak the contract's JSON too. */
public final class JettyErrors extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ApiError error = ApiError.ofStatus(status(request, response));
        if (error.status() == 400) {
            response.getHeaders().put("Connection", "close"); // who cannot be read now cannot be read on
        }
        answer(request, response, callback, error, url(request, error), path(request, error));
        return true;
    }

    /** Answers a readable request that met no route. */
    public static void answer(Request request, Response response, Callback callback, ApiError error) {
        HttpURI uri = request.getHttpURI();
        StringBuilder url = new StringBuilder();
        URIUtil.appendSchemeHostPort(
                url, uri.getScheme(), Request.getServerName(request), Request.getServerPort(request));
        answer(request, response, callback, error, url.append(uri.getPath()).toString(), uri.getPath());
    }

    private static void answer(
            Request request, Response response, Callback callback, ApiError error, String url, String path) {
        String requestId = RequestId.of(request);
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(error.status());
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put(RequestId.HEADER, requestId);
        headers.put("Vary", HttpExchange.VARY);
        error.headers().forEach(headers::put);
        if (HttpStatus.hasNoBody(error.status())) {
            callback.succeeded();
            return;
        }
        boolean problem = Representation.of(request.getHeaders().getValuesList(HttpHeader.ACCEPT))
                == Representation.JSON_WITH_PROBLEMS;
        byte[] body = problem ? JobJson.problem(error, path, requestId) : JobJson.error(error, url, requestId);
        headers.put("Content-Type", problem ? Errors.PROBLEM_JSON : Errors.JSON);
        headers.put("Content-Length", body.length);
        boolean head = "HEAD".equals(request.getMethod());
        response.write(true, ByteBuffer.wrap(head ? new byte[0] : body), callback);
    }

    private static int status(Request request, Response response) {
        Object cause = request.getAttribute(ERROR_EXCEPTION);
        int status = cause instanceof HttpException http ? http.getCode() : response.getStatus();
        return status == HttpStatus.UPGRADE_REQUIRED_426 ? HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 : status;
    }

    /** Where the request went to; what could not be read is not repeated. */
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
