package dev.asyncjob.bootstrap.ops;

import com.typesafe.config.ConfigUtil;
import dev.asyncjob.http.RequestObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Writes one line of JSON for every request to the logger {@value #NAME}: time, request id, client, job, trace, route,
 * status and duration in milliseconds. Nothing else of a request is logged. Safe for use from any thread.
 */
public final class RequestLog implements RequestObserver {
    /** The name of a logger that is used for nothing else. */
    static final String NAME = "asyncjob.requests";

    private static final Logger LOG = System.getLogger(NAME);

    private final boolean probes;

    /** @param probes whether requests for health and metrics that succeed are logged, too */
    public RequestLog(boolean probes) {
        this.probes = probes;
    }

    @Override
    public void answered(Exchanged request) {
        if (LOG.isLoggable(Level.INFO) && (probes || !isPassedProbe(request.route(), request.status()))) {
            LOG.log(Level.INFO, line(request));
        }
    }

    /** Whether it asked for health or metrics, and did not fail. */
    static boolean isPassedProbe(String route, int status) {
        return status < 500 && isProbe(route);
    }

    private static boolean isProbe(String route) {
        return route.endsWith("/health/live") || route.endsWith("/health/ready") || route.equals(Metrics.METRICS);
    }

    /** Only the name of the client can have characters that JSON must escape. */
    static String line(Exchanged request) {
        StringBuilder line = new StringBuilder(256)
                .append("{\"time\":\"")
                .append(request.at())
                .append("\",\"request_id\":\"")
                .append(request.requestId())
                .append('"');
        request.client().ifPresent(name -> line.append(",\"client\":").append(ConfigUtil.quoteString(name.value())));
        request.job().ifPresent(id -> line.append(",\"job\":\"").append(id).append('"'));
        request.traceId()
                .ifPresent(id -> line.append(",\"trace_id\":\"").append(id).append('"'));
        line.append(",\"route\":\"").append(request.method()).append(' ').append(request.route());
        line.append("\",\"status\":").append(request.status()).append(",\"duration_ms\":");
        return millis(line, request.took()).append('}').toString();
    }

    /** Appends milliseconds with three decimals; {@link String#format} would take longer than all the rest. */
    private static StringBuilder millis(StringBuilder line, Duration took) {
        long micros = (took.toNanos() + 500) / 1000;
        String decimals = Long.toString(1000 + micros % 1000).substring(1);
        return line.append(micros / 1000).append('.').append(decimals);
    }
}
