package dev.asyncjob.bootstrap.ops;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A collector of traces on 127.0.0.1: it keeps what it receives by OTLP over HTTP. */
public final class TraceCollector implements AutoCloseable {
    private final ConcurrentLinkedQueue<Received> spans = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> authorizations = new ConcurrentLinkedQueue<>();
    private final HttpServer server;
    private volatile int status = 200;

    /**
     * A span.
     *
     * @param service the name of the service that made it
     * @param parent the id of its parent; empty for none
     * @param links the ids of the spans to which it is linked
     * @param text all of it, with its resource
     */
    public record Received(
            String service,
            String name,
            Span.SpanKind kind,
            String trace,
            String id,
            String parent,
            List<String> links,
            Map<String, String> attributes,
            String text) {}

    /** Begins to listen. */
    public TraceCollector() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/traces", this::receive);
        server.start();
    }

    /** The value of {@code OTEL_EXPORTER_OTLP_ENDPOINT}. */
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Answers with this status from now on. */
    void answer(int newStatus) {
        status = newStatus;
    }

    /** What has come until now. */
    public List<Received> spans() {
        return List.copyOf(spans);
    }

    /** The spans of a name. */
    public List<Received> named(String name) {
        return matching(span -> span.name().equals(name));
    }

    /** The spans that have a property. */
    public List<Received> matching(Predicate<Received> property) {
        return spans.stream().filter(property).toList();
    }

    /** The header {@code Authorization} of each request that had one. */
    public List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (authorization != null) {
                authorizations.add(authorization);
            }
            for (ResourceSpans one : ExportTraceServiceRequest.parseFrom(exchange.getRequestBody())
                    .getResourceSpansList()) {
                one.getScopeSpansList()
                        .forEach(scope -> scope.getSpansList().forEach(span -> spans.add(received(one, span))));
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private static Received received(ResourceSpans from, Span span) {
        return new Received(
                attributes(from.getResource().getAttributesList()).getOrDefault("service.name", ""),
                span.getName(),
                span.getKind(),
                hex(span.getTraceId()),
                hex(span.getSpanId()),
                hex(span.getParentSpanId()),
                span.getLinksList().stream().map(link -> hex(link.getSpanId())).toList(),
                attributes(span.getAttributesList()),
                from.getResource() + "\n" + span);
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static Map<String, String> attributes(List<KeyValue> attributes) {
        return attributes.stream().collect(Collectors.toMap(KeyValue::getKey, one -> text(one.getValue())));
    }

    private static String text(AnyValue value) {
        return value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
