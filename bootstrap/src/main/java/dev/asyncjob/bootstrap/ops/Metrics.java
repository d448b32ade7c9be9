package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.MetricsApi;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.settings.HttpSettings;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What the process counts and times.
 *
 * <p>The number of series is bounded whatever clients send: methods and statuses outside HTTP's own become one word,
 * and after {@value #MAX_SERIES} combinations every new route does. Safe for use from any thread.
 */
public final class Metrics implements RequestObserver, AutoCloseable {
    /** Combinations of method, route and status at most, before {@link #OTHER} takes the rest. */
    static final int MAX_SERIES = 500;

    /** The word for everything that has none of its own. */
    static final String OTHER = "other";

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Duration[] BUCKETS = Stream.of(1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Map<Series, Timer> requests = new ConcurrentHashMap<>();

    private record Series(String method, String route, String status) {}

    /** Counts the JVM's memory, threads, collections and uptime from now on. */
    public Metrics() {
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /**
     * Tells operators on a port of its own, with threads and limits of its own: it answers also when the API's server
     * is busy.
     *
     * @param port 0 for any
     * @throws IOException if the port cannot be had; the message names the setting
     */
    public JobServer listen(String host, int port) throws IOException {
        HttpSettings settings = HttpSettings.defaults().listeningOn(host, port);
        try {
            return JobServer.start(settings, List.of(new MetricsApi(this::scrape)), request -> {});
        } catch (IllegalStateException e) {
            throw new IOException("management.port: " + e.getMessage(), e);
        }
    }

    /** Counts one answered request, by the template that matched, never by the path that was asked for. */
    @Override
    public void answered(Exchanged request) {
        int status = request.status();
        Series series = new Series(
                METHODS.contains(request.method()) ? request.method() : OTHER,
                request.route(),
                status >= 100 && status <= 599 ? Integer.toString(status) : OTHER);
        Timer known = requests.get(series);
        (known == null ? newTimer(series) : known).record(request.took());
    }

    private Timer newTimer(Series series) {
        boolean room = requests.size() < MAX_SERIES;
        return requests.computeIfAbsent(room ? series : new Series(series.method, OTHER, series.status), this::timer);
    }

    /** Everything, in the text format of Prometheus, version 0.0.4. */
    String scrape() {
        return registry.scrape();
    }

    /** Stops listening to the JVM. */
    @Override
    public void close() {
        gc.close();
        registry.close();
    }

    private Timer timer(Series series) {
        return Timer.builder("http.server.requests")
                .description("answered requests")
                .tags("method", series.method, "route", series.route, "status", series.status)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
