package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.IndexApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.MetricsApi;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.settings.HttpSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The metrics of the process.
 *
 * <p>Clients cannot create any number of series: unknown methods and statuses are counted as {@value #OTHER}, and after
 * {@value #MAX_SERIES} combinations so is every new route. Safe for use from any thread.
 */
public final class Metrics implements RequestObserver, AutoCloseable {
    /** The maximum number of combinations of method, route and status. */
    static final int MAX_SERIES = 500;

    /** The label of everything without a label of its own. */
    static final String OTHER = "other";

    /** The path of the metrics. */
    static final String METRICS = "/metrics";

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Duration[] BUCKETS = Stream.of(1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Map<Series, Timer> requests = new ConcurrentHashMap<>();

    private volatile LongSupplier droppedLines = () -> 0;

    private record Series(String method, String route, String status) {}

    /** Starts to measure the memory, threads, garbage collections and uptime of the JVM. */
    public Metrics() {
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Returns what the metrics of other parts are bound to. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Adds the number of log lines that were dropped. */
    public void countDroppedLines(LongSupplier lines) {
        droppedLines = lines; // the counter refers to its source weakly
        FunctionCounter.builder("asyncjob.log.lines.dropped", this, metrics -> metrics.droppedLines.getAsLong())
                .description("log lines that the output did not take")
                .register(registry);
    }

    /** Adds the number of valid secrets of clients that end soon; not a number while the clients file is unreadable. */
    public void countExpiring(Callable<Long> secrets) {
        Supplier<Number> count = () -> {
            try {
                return secrets.call();
            } catch (Exception e) {
                return Double.NaN;
            }
        };
        Gauge.builder("asyncjob.secrets.expiring", count)
                .description("secrets of clients that end within 30 days")
                .strongReference(true)
                .register(registry);
    }

    /**
     * Counts the credentials that an authenticator left undecided, as it does while an identity provider does not
     * answer.
     */
    public Authenticator counted(Authenticator authenticator) {
        Counter undecided = Counter.builder("asyncjob.credentials.undecided")
                .description("requests answered 503, since no identity provider decided about their credentials")
                .register(registry);
        UnaryOperator<Authenticator.Verdict> count = verdict -> {
            if (verdict instanceof Authenticator.Undecided) {
                undecided.increment();
            }
            return verdict;
        };
        return (token, apiKey) -> {
            Authenticator.Verdict verdict = authenticator.authenticate(token, apiKey);
            return verdict instanceof Authenticator.AskProvider ask
                    ? new Authenticator.AskProvider(
                            ask.client(), ask.guess(), () -> ask.answer().get().thenApply(count))
                    : count.apply(verdict);
        };
    }

    /**
     * Serves the metrics on a port of its own, with threads and limits of its own, so that it responds while the server
     * of the API is overloaded.
     *
     * @param beside what else is served there
     * @param links what of it people look for, as {@link IndexApi} takes it
     * @param observer receives every completed request
     * @throws IOException if the port is not available; the message names the settings
     */
    public JobServer listen(
            HttpSettings settings, List<Api> beside, Map<String, String> links, RequestObserver observer)
            throws IOException {
        Map<String, String> paths = new HashMap<>(links);
        paths.put("metrics", METRICS);
        List<Api> apis = new ArrayList<>(beside);
        apis.add(new MetricsApi(this::scrape));
        apis.add(new IndexApi("", paths));
        try {
            return JobServer.start(settings, apis, observer);
        } catch (IllegalStateException e) {
            throw new IOException("management.host, management.port: " + e.getMessage(), e);
        }
    }

    /** Counts a request under the template of its route, never under its path; not those for the metrics. */
    @Override
    public void answered(Exchanged request) {
        if (request.route().equals(METRICS)) {
            return;
        }
        int status = request.status();
        Series series = new Series(
                METHODS.contains(request.method()) ? request.method() : OTHER,
                request.route(),
                status >= 100 && status <= 599 ? Integer.toString(status) : OTHER);
        Timer known = requests.get(series);
        (known == null ? newTimer(series) : known).record(request.took());
    }

    private Timer newTimer(Series series) {
        boolean newRoute = requests.size() < MAX_SERIES;
        return requests.computeIfAbsent(
                newRoute ? series : new Series(series.method, OTHER, series.status), this::timer);
    }

    /** All metrics, in the text format of Prometheus, version 0.0.4. */
    String scrape() {
        return registry.scrape();
    }

    /** All metrics, in the text format of a content type. */
    String scrape(String contentType) {
        return registry.scrape(contentType);
    }

    /** Stops the measurements of the JVM. */
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
