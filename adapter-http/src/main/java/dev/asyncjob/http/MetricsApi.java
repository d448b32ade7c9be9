package dev.asyncjob.http;

import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.HandlerType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;

/**
 * {@code GET /metrics} in the text format of Prometheus, without authentication; serve it on an address that only
 * operators can reach. Safe for use from any thread.
 */
public final class MetricsApi extends Api {
    private static final HttpField CONTENT_TYPE = Answer.contentType("text/plain; version=0.0.4; charset=utf-8");

    /**
     * Serves metrics.
     *
     * @param metrics the present text; called once per request
     */
    public MetricsApi(Supplier<String> metrics) {
        routes().add(HandlerType.GET, "/metrics", HttpExchange.of(ctx -> {
            byte[] text = metrics.get().getBytes(StandardCharsets.UTF_8);
            HttpExchange.write(ctx, new Answer(200, List.of(Answer.NO_STORE), CONTENT_TYPE, text));
        }));
    }
}
