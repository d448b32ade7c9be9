package dev.asyncjob.http;

import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Routes;
import io.javalin.http.HandlerType;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * What only operators see: {@code GET /metrics}, in the text format of Prometheus, without authentication. It belongs
 * on an address of its own. Thread-safe.
 */
public final class MetricsApi extends Api {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** @param metrics the text as it is now; asked once per request */
    public MetricsApi(Supplier<String> metrics) {
        super(new Routes());
        routes().add(HandlerType.GET, "/metrics", HttpExchange.of(ctx -> {
            ctx.header("Cache-Control", "no-store");
            HttpExchange.body(ctx, CONTENT_TYPE, metrics.get().getBytes(StandardCharsets.UTF_8));
        }));
    }
}
