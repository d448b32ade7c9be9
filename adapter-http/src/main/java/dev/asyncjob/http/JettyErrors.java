package dev.asyncjob.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Lets Jetty's own errors, for requests that never become one to a route, speak the contract's JSON too. */
final class JettyErrors extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ApiError error = ApiError.ofStatus(status(request, response));
        String requestId = RequestId.of(request.getHeaders().getValuesList(RequestId.HEADER));
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(error.status());
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put(RequestId.HEADER, requestId);
        error.headers().forEach(headers::put);
        if (HttpStatus.hasNoBody(error.status())) {
            callback.succeeded();
            return true;
        }
        byte[] body = JobJson.error(error, origin(request), requestId);
        headers.put("Content-Type", Errors.JSON);
        headers.put("Content-Length", body.length);
        boolean head = "HEAD".equals(request.getMethod());
        response.write(true, ByteBuffer.wrap(head ? new byte[0] : body), callback);
        return true;
    }

    private static int status(Request request, Response response) {
        Object cause = request.getAttribute(ERROR_EXCEPTION);
        return cause instanceof HttpException http ? http.getCode() : response.getStatus();
    }

    /** Where the request went to, without its path: what could not be read is not repeated. */
    private static String origin(Request request) {
        HttpURI uri = request.getHttpURI();
        if (uri == null || uri.getHost() == null) {
            return "/";
        }
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() > 0 ? ":" + uri.getPort() : "") + "/";
    }
}
