package dev.asyncjob.bootstrap;

import com.typesafe.config.ConfigUtil;
import dev.asyncjob.http.RequestObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * Writes one line of JSON for every request to the logger {@value #NAME}: when it came, its id, who asked, by which
 * route, with which status, after how many milliseconds. Nothing else of a request is ever logged. Thread-safe.
 */
final class RequestLog implements RequestObserver {
    /** The logger that nothing else writes to. */
    static final String NAME = "asyncjob.requests";

    private static final Logger LOG = System.getLogger(NAME);

    @Override
    public void answered(Exchanged request) {
        LOG.log(Level.INFO, line(request));
    }

    /** Of all values, only a client's name has characters that JSON must escape. */
    static String line(Exchanged request) {
        String client = request.client()
                .map(name -> ",\"client\":" + ConfigUtil.quoteString(name.value()))
                .orElse("");
        return String.format(
                Locale.ROOT,
                "{\"time\":\"%s\",\"request_id\":\"%s\"%s,\"route\":\"%s %s\",\"status\":%d,\"duration_ms\":%.3f}",
                request.at(),
                request.requestId(),
                client,
                request.method(),
                request.route(),
                request.status(),
                request.took().toNanos() / 1e6);
    }
}
