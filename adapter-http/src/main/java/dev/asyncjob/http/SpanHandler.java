package dev.asyncjob.http;

import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Begins the span of each request. Safe for use from any thread. */
final class SpanHandler extends Handler.Wrapper {
    /** The request attribute with the {@link RequestTracer.RequestSpan}. */
    static final String SPAN = "dev.asyncjob.span";

    private final RequestTracer tracer;

    SpanHandler(RequestTracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        ConnectionMetaData connection = request.getConnectionMetaData();
        RequestTracer.RequestSpan span = tracer.begin(new RequestTracer.Begun(
                request.getMethod(),
                connection.isSecure(),
                connection.getLocalSocketAddress(),
                TraceContext.read(
                        request.getHeaders().getValuesList("traceparent"),
                        request.getHeaders().getValuesList("tracestate"))));
        request.setAttribute(SPAN, span);
        request.setAttribute(HttpExchange.SURROUNDING, (HttpExchange.Surrounding) span::run);
        return super.handle(request, response, callback);
    }
}
