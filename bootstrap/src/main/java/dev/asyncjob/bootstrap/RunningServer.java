package dev.asyncjob.bootstrap;

import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.ops.LogOutput;
import dev.asyncjob.bootstrap.ops.Metrics;
import dev.asyncjob.bootstrap.ops.Readiness;
import dev.asyncjob.bootstrap.ops.RequestLog;
import dev.asyncjob.bootstrap.ops.RequestSpans;
import dev.asyncjob.bootstrap.ops.ServerCertificate;
import dev.asyncjob.bootstrap.ops.TraceExport;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.IndexApi;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.RequestTracer;
import dev.asyncjob.http.ServiceApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.identity.ClientAdministration;
import dev.asyncjob.metrics.JobMetrics;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.ui.PageSettings;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The resources of a running server, and its shutdown.
 *
 * <p>At shutdown it reports that it is not ready, completes the requests in flight, releases the leases of its worker,
 * and closes all resources in the reverse order of opening. The process ends within {@link ProcessWatch#STOP_LIMIT} of
 * a signal, whatever does not close.
 */
final class RunningServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(RunningServer.class.getName());

    /** How long it accepts requests after it was told to stop. */
    private static final Duration DRAIN = Duration.ofSeconds(1);

    private final Settings settings;
    private final List<LogOutput> outputs;
    private final ProcessWatch watch;
    private final Metrics metrics = new Metrics();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>(List.of(metrics));
    private final CountDownLatch notReady = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private @Nullable JobMetrics jobMetrics;
    private @Nullable RequestTracer tracer;
    private volatile String url = ""; // read by the thread that stops the process
    private String managementUrl = "";

    /** A server that SIGTERM and SIGINT stop; the process then ends with exit code 0. */
    RunningServer(Settings settings, List<LogOutput> outputs) {
        this.settings = settings;
        this.outputs = outputs;
        this.watch = ProcessWatch.start(outputs);
        metrics.countDroppedLines(
                () -> outputs.stream().mapToLong(LogOutput::dropped).sum());
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopProcess, "asyncjob-stop"));
    }

    /** Keeps the last uses of the clients' secrets at the end, and shows how many of these end soon. */
    void watch(Authenticator credentials, ClientAdministration clients) {
        metrics.countExpiring(clients::expiring);
        if (credentials instanceof AutoCloseable closeable) {
            opened(closeable);
        }
    }

    /** Shows how many requests are refused since an identity provider does not answer. */
    Authenticator counted(Authenticator authenticator) {
        return metrics.counted(authenticator);
    }

    /** Makes spans of requests that are exported until all else is closed. */
    void trace(TraceExport traces) {
        tracer = new RequestSpans(opened(traces).telemetry());
    }

    /** Opens the database, and starts its regular maintenance. */
    JobDatabase open(DatabaseSettings db, WorkPolicy policy) {
        JobDatabase database = opened(JobDatabase.open(db, policy));
        database.measurePool(metrics.registry());
        jobMetrics = opened(JobMetrics.bind(metrics.registry(), database.store()));
        opened(new Housekeeper(database.store()).observedBy(jobMetrics)).start();
        return database;
    }

    /** Measures the readers of statuses. */
    void measure(JobApi api, StatusWatch watch) {
        if (jobMetrics != null) {
            var unused = jobMetrics
                    .waitingReaders(watch::waiting)
                    .eventStreams(api::eventStreams)
                    .rememberedAnswers(api::rememberedAnswers);
        }
    }

    /**
     * Starts to serve the API, with health and documentation, and the management port.
     *
     * @param apis what is public
     * @param certificate of the public port; null for no TLS
     * @param ready whether the store is
     * @param internal what is served on the management port, beside the metrics, under the same limits
     * @param pages what is served there as well, for people; under limits of its own where there is nothing else
     * @throws IOException if the management port is not available
     */
    void listen(
            @Nullable ServerCertificate certificate,
            List<Api> apis,
            List<Api> internal,
            List<Api> pages,
            Readiness ready)
            throws IOException {
        Settings.Places places = settings.places();
        warnOfPlaintext();
        HttpSettings limits = internal.isEmpty() ? HttpSettings.defaults() : settings.http();
        List<Api> beside = new ArrayList<>(internal);
        beside.addAll(pages);
        JobServer management = watched(metrics.listen(
                limits.listeningOn(places.managementHost(), places.managementPort()),
                beside,
                pages.isEmpty()
                        ? Map.of()
                        : Map.of("page", PageSettings.defaults().path()),
                observer()));
        List<Api> all = new ArrayList<>(apis);
        all.add(new IndexApi(settings.http().basePath(), publicLinks()));
        all.add(new ServiceApi(() -> notReady.getCount() > 0 && ready.getAsBoolean(), settings.http(), apis));
        JobServer server = watched(
                JobServer.start(settings.http(), certificate == null ? null : certificate.identity(), all, observer()));
        if (certificate != null) {
            opened(certificate).follow(server::replace);
        }
        if (!internal.isEmpty()) {
            opened(() -> closeTogether(management, server));
        }
        url = url(certificate == null ? "http" : "https", settings.http().host(), server.port());
        managementUrl = url("http", places.managementHost(), management.port());
    }

    /** What a person can read without credentials. */
    private Map<String, String> publicLinks() {
        Map<String, String> links = new HashMap<>(Map.of("live", "/health/live", "ready", "/health/ready"));
        if (settings.http().docs()) {
            links.putAll(Map.of("docs", "/docs", "openapi", "/openapi.yaml"));
        }
        return links;
    }

    /** The URL of the API, without the base path. */
    String url() {
        return url;
    }

    /** The URL of the management port. */
    String managementUrl() {
        return managementUrl;
    }

    /** Returns when the server is told to stop. */
    void awaitStop() throws InterruptedException {
        stop.await();
    }

    /** Lets both complete their requests in progress at the same time. */
    private static void closeTogether(JobServer one, JobServer other) throws InterruptedException {
        Thread closing = new Thread(one::close, "asyncjob-close");
        closing.start();
        other.close();
        closing.join();
    }

    private void warnOfPlaintext() {
        Settings.Places places = settings.places();
        List<String> plain = new ArrayList<>();
        if (places.tls() == null && !isLoopback(settings.http().host())) {
            plain.add("http.host is " + settings.http().host());
        }
        boolean takesCredentials = places.page().served() || places.workApi() == Settings.WorkApiPlace.MANAGEMENT;
        if (takesCredentials && !isLoopback(places.managementHost())) {
            plain.add("management.host is " + places.managementHost());
        }
        if (!places.behindTls() && !plain.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    String.join(", ", plain) + ": credentials and health data pass the network in plaintext; set"
                            + " http.tls.certificate, or put TLS in front and set http.behind-tls=true");
        }
    }

    /** Whether only this machine reaches the address; an unknown name is refused when the server begins to listen. */
    private static boolean isLoopback(String host) {
        InetAddress address = new InetSocketAddress(host, 0).getAddress();
        return address == null || address.isLoopbackAddress();
    }

    private RequestObserver observer() {
        RequestLog log = new RequestLog(settings.log().probes());
        boolean logged = settings.log().requests();
        RequestTracer spans = tracer;
        return new RequestObserver() {
            @Override
            public void answered(Exchanged request) {
                metrics.answered(request);
                if (logged) {
                    log.answered(request);
                }
            }

            @Override
            public @Nullable RequestTracer tracer() {
                return spans;
            }
        };
    }

    private static String url(String scheme, String host, int port) {
        return scheme + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** Adds a resource, which closes before those that were added earlier. */
    <T extends AutoCloseable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }

    private JobServer watched(JobServer server) {
        return watch.follow(opened(server));
    }

    private void stopProcess() {
        if (stopped.getCount() == 0) {
            return; // it is closed already, and the process ends with an exit code of its own
        }
        watch.stopping();
        notReady.countDown();
        if (!url.isEmpty()) {
            drain();
            close();
        }
        outputs.forEach(LogOutput::close);
        Runtime.getRuntime().halt(0); // the exit code of a JVM after a signal would be 143
    }

    /** Continues to serve while load balancers notice that the server is not ready. */
    private void drain() {
        try {
            stop.await(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        notReady.countDown();
        stop.countDown();
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Throwable e) { // also one of memory: the others are to be closed
                LOG.log(Level.WARNING, "a resource failed to close", e);
            }
        }
        stopped.countDown();
    }
}
