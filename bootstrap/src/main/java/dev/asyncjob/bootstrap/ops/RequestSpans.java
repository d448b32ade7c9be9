package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.http.RequestTracer;
import dev.asyncjob.tracing.JobTracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;

/**
 * Spans of requests, with the names and attributes of the semantic conventions for HTTP, but without the path and the
 * query, which may name an owner or be anything. Probes that succeed have none. Safe for use from any thread.
 */
public final class RequestSpans implements RequestTracer {
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private final Tracer tracer;

    /** Spans of the tracer {@code dev.asyncjob}. */
    public RequestSpans(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer("dev.asyncjob");
    }

    @Override
    public RequestSpan begin(Begun request) {
        SpanBuilder span = tracer.spanBuilder(request.method())
                .setSpanKind(SpanKind.SERVER)
                .setParent(JobTracing.contextOf(request.trace()))
                .setAttribute(METHOD, request.method())
                .setAttribute(SCHEME, request.secure() ? "https" : "http");
        if (request.local() instanceof InetSocketAddress local) {
            span.setAttribute(ADDRESS, local.getAddress().getHostAddress()).setAttribute(PORT, (long) local.getPort());
        }
        return new Begin(request.method(), span.startSpan());
    }

    private record Begin(String method, Span span) implements RequestSpan {
        @Override
        public String traceId() {
            return span.getSpanContext().getTraceId();
        }

        @Override
        public void run(Callable<?> part) throws Exception {
            Context.current().with(span).wrap(part).call();
        }

        /** A span that does not end is not exported. */
        @Override
        public void end(String route, int status) {
            if (RequestLog.isPassedProbe(route, status)) {
                return;
            }
            if (!route.equals("none")) {
                span.updateName(method + " " + route).setAttribute(ROUTE, route);
            }
            span.setAttribute(STATUS, (long) status);
            if (status >= 500) {
                span.setStatus(StatusCode.ERROR).setAttribute(ERROR_TYPE, Integer.toString(status));
            }
            span.end();
        }
    }
}
