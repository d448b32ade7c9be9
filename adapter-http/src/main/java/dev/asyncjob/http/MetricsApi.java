package dev.asyncjob.http;

import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import io.javalin.http.HandlerType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;

/**
 * {@code GET /metrics} in the text format of Prometheus, or of OpenMetrics if the client prefers that, without
 * authentication; serve it on an address that only operators can reach. Safe for use from any thread.
 */
public final class MetricsApi extends Api {
    private static final HttpField PROMETHEUS = Answer.contentType("text/plain; version=0.0.4; charset=utf-8");
    private static final HttpField OPEN_METRICS =
            Answer.contentType(Representation.OPEN_METRICS + "; version=1.0.0; charset=utf-8");
    private static final HttpField VARY = new PreEncodedHttpField(HttpHeader.VARY, "Accept");

    /**
     * Serves metrics.
     *
     * @param metrics the present text in the format of a content type; called once per request
     */
    public MetricsApi(UnaryOperator<String> metrics) {
        routes().add(HandlerType.GET, "/metrics", HttpExchange.of(ctx -> {
            HttpField type =
                    Representation.prefersOpenMetrics(HttpExchange.headers(ctx, "Accept")) ? OPEN_METRICS : PROMETHEUS;
            byte[] text = metrics.apply(type.getValue()).getBytes(StandardCharsets.UTF_8);
            HttpExchange.write(ctx, new Answer(200, List.of(Answer.NO_STORE, VARY), type, text));
        }));
    }
}
