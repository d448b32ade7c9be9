package dev.asyncjob.http;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.RequestId;
import dev.asyncjob.http.internal.jetty.AsyncBodyHandler;
import dev.asyncjob.http.internal.jetty.BodyDeadlineHandler;
import dev.asyncjob.http.internal.jetty.BodyHandler;
import dev.asyncjob.http.internal.jetty.Connections;
import dev.asyncjob.http.internal.jetty.JettyAnswers;
import dev.asyncjob.http.internal.jetty.MemoryBudget;
import dev.asyncjob.http.internal.jetty.RequestValidationHandler;
import dev.asyncjob.http.internal.jetty.StrictHttpConnection;
import dev.asyncjob.http.internal.jetty.TlsContext;
import dev.asyncjob.http.internal.jetty.WatchedConnector;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.HttpResponseException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * A hardened server for the API's plugins. Safe for use from any thread.
 *
 * <p>It is strict about URIs and framing, writes every error as the contract's JSON, reads bodies before it occupies a
 * thread, and completes requests in progress on {@link #close()}.
 */
public final class JobServer implements AutoCloseable {
    /** The time in which requests in progress may complete when the server closes. */
    public static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    /** The time in which the head of a request must arrive, from its first byte or the opening of the connection. */
    public static final Duration HEAD_TIMEOUT = Duration.ofSeconds(10);

    /** The time in which the body of a request must arrive. */
    public static final Duration BODY_TIMEOUT = Duration.ofSeconds(10);

    /**
     * The time after which a connection is closed if its client does not read a response, or sends nothing of a body.
     */
    public static final Duration PROGRESS_TIMEOUT = Duration.ofSeconds(10);

    /** Questions in a row after which a server that does not answer is not {@linkplain #isServing serving}. */
    public static final int UNANSWERED_LIMIT = 20;

    /** Connections that may wait to be accepted; with Jetty's 50, clients of a burst retry after a second. */
    private static final int ACCEPT_QUEUE = 2048;

    /**
     * Bytes of a response that the operating system buffers for a client that does not read. By default Linux buffers
     * up to 4 MiB for each, and copying that for hundreds of such clients takes a second.
     */
    public static final int SEND_BUFFER = 128 << 10;

    /** Bytes of the buffer that an open stream of events keeps; Jetty's default is four times as many. */
    private static final int OUTPUT_BUFFER = 8 << 10;

    /** RFC 3986, and {@code %25} is allowed, because nothing here decodes twice. */
    private static final UriCompliance URIS =
            UriCompliance.RFC3986.with("RFC3986_PERCENT", UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING);

    private final Javalin javalin;
    private final @Nullable TlsContext tls;

    private JobServer(Javalin javalin, @Nullable TlsContext tls) {
        this.javalin = javalin;
        this.tls = tls;
    }

    /** {@linkplain #start(HttpSettings, KeyStore, List, RequestObserver) Starts} a server without TLS. */
    public static JobServer start(HttpSettings settings, List<Api> apis, RequestObserver observer) {
        return start(settings, null, apis, observer);
    }

    /**
     * Starts a server, which listens from then on.
     *
     * @param identity one private key, protected by the empty password, with its chain of certificates: the server then
     *     speaks HTTP/1.1 over TLS only; null for no TLS
     * @param apis the plugins to serve
     * @param observer receives every completed request
     * @throws IllegalStateException if the address is taken or not allowed
     */
    public static JobServer start(
            HttpSettings settings, @Nullable KeyStore identity, List<Api> apis, RequestObserver observer) {
        TlsContext tls = identity == null ? null : new TlsContext(identity);
        Javalin javalin = Javalin.create(config -> {
            quiet(config);
            harden(config, settings, tls, apis, observer.tracer());
            apis.forEach(config::registerPlugin);
            config.routes.before(HttpExchange::beginReadable);
            config.routes.exception(
                    HttpResponseException.class,
                    (e, ctx) -> HttpExchange.writeError(ctx, ApiError.ofStatus(e.getStatus())));
            config.routes.exception(
                    Exception.class,
                    (e, ctx) -> HttpExchange.answer(ctx, c -> {
                        throw e;
                    }));
            config.jetty.modifyServer(
                    server -> server.setRequestLog((request, response) -> observe(observer, request, response)));
        });
        try {
            javalin.start();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "cannot listen on " + settings.host() + ":" + settings.port() + ": " + e.getMessage(), e);
        }
        return new JobServer(javalin, tls);
    }

    /** The port on which it listens, also if the settings name port 0. */
    public int port() {
        return javalin.port();
    }

    /**
     * Shows another certificate to clients that connect from now on.
     *
     * @throws IllegalStateException if the server has no TLS, or cannot use the certificate
     */
    public void replace(KeyStore identity) {
        if (tls == null) {
            throw new IllegalStateException("the server has no TLS");
        }
        tls.replace(identity);
    }

    /**
     * Whether its port is served. To be asked once a second or so: it is not when the thread that reads requests has
     * not answered {@link #UNANSWERED_LIMIT} questions in a row. That thread may end when the heap is exhausted, and
     * nothing but another process replaces it. A server that is closed has nothing to serve, and answers true.
     */
    public boolean isServing() {
        return Arrays.stream(javalin.jettyServer().server().getConnectors())
                .map(WatchedConnector.class::cast)
                .allMatch(connector -> connector.unanswered() < UNANSWERED_LIMIT);
    }

    /** Refuses new requests, waits up to {@link #STOP_TIMEOUT} for those in progress, and stops. */
    @Override
    public void close() {
        javalin.stop();
    }

    private static void quiet(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
    }

    private static void harden(
            JavalinConfig config,
            HttpSettings settings,
            @Nullable TlsContext tls,
            List<Api> apis,
            @Nullable RequestTracer tracer) {
        config.concurrency.useVirtualThreads = settings.virtualThreads();
        config.router.ignoreTrailingSlashes = false;
        config.http.compressionStrategy = CompressionStrategy.NONE; // an entity tag names the exact bytes
        Connections connections = new Connections(settings.limits(), HEAD_TIMEOUT, tls != null);
        config.jetty.modifyHttpConfiguration(http -> strict(http, settings.limits()));
        config.jetty.modifyServer(server -> {
            server.setErrorHandler(new JettyAnswers());
            server.setStopTimeout(STOP_TIMEOUT.toMillis());
            server.insertHandler(new AsyncBodyHandler());
            server.insertHandler(new BodyHandler(
                    apis.stream().map(Api::routes).toList(), settings.maxBody(), new MemoryBudget(memory(settings))));
            server.insertHandler(new BodyDeadlineHandler(BODY_TIMEOUT));
            for (Api api : apis) {
                if (api instanceof JobApi jobs) {
                    server.insertHandler(jobs.fastPath());
                }
            }
            if (tracer != null) {
                server.insertHandler(new SpanHandler(tracer));
            }
            server.insertHandler(new RequestValidationHandler());
            server.insertHandler(connections);
        });
        config.jetty.modifyServletContextHandler(context -> context.setErrorHandler(new JettyAnswers()));
        config.jetty.addConnector((server, http) -> connector(server, http, settings, tls, connections));
    }

    private static void strict(HttpConfiguration http, HttpLimits limits) {
        http.setRequestHeaderSize(limits.maxHeader());
        http.setUriCompliance(URIS);
        http.setHttpCompliance(HttpCompliance.STRICT);
        http.setOutputBufferSize(OUTPUT_BUFFER);
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
    }

    /** Bytes that one kind of a client's bytes may occupy; at least one body, which would never fit otherwise. */
    private static int memory(HttpSettings settings) {
        return Math.max(settings.maxBody(), settings.limits().memory());
    }

    private static Connector connector(
            Server server,
            HttpConfiguration http,
            HttpSettings settings,
            @Nullable TlsContext tls,
            Connections connections) {
        int memory = memory(settings);
        HttpConnectionFactory plain = new StrictHttpConnection.Factory(http, settings.maxBody(), memory);
        WatchedConnector connector = new WatchedConnector(
                server,
                new ArrayByteBufferPool(0, -1, -1, Integer.MAX_VALUE, memory, memory),
                tls == null ? new ConnectionFactory[] {plain} : tls.before(plain));
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        connector.setAcceptQueueSize(ACCEPT_QUEUE);
        connector.setAcceptedSendBufferSize(SEND_BUFFER);
        connector.addEventListener(connections);
        connector.setIdleTimeout(PROGRESS_TIMEOUT.toMillis());
        return connector;
    }

    private static void observe(RequestObserver observer, Request request, Response response) {
        var span = attribute(request, SpanHandler.SPAN, RequestTracer.RequestSpan.class);
        RequestObserver.Exchanged answered = new RequestObserver.Exchanged(
                Instant.ofEpochMilli(Request.getTimeStamp(request)),
                RequestId.of(request),
                attribute(request, HttpExchange.GRANTED, Authenticator.Granted.class)
                        .map(granted -> granted.access().client()),
                attribute(request, HttpExchange.JOB, JobId.class),
                span.map(RequestTracer.RequestSpan::traceId).or(() -> traceId(request)),
                RequestValidationHandler.METHODS.contains(request.getMethod()) ? request.getMethod() : "OTHER",
                attribute(request, HttpExchange.ROUTE, String.class).orElse("none"),
                response.getStatus(),
                Duration.ofNanos(System.nanoTime() - request.getHeadersNanoTime()));
        observer.answered(answered);
        span.ifPresent(begun -> begun.end(answered.route(), answered.status()));
    }

    private static Optional<String> traceId(Request request) {
        List<String> parent = request.getHeaders().getValuesList("traceparent");
        return parent.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(TraceContext.read(parent, List.of())).map(TraceContext::traceId);
    }

    private static <T> Optional<T> attribute(Request request, String name, Class<T> type) {
        return Optional.ofNullable(request.getAttribute(name)).map(type::cast);
    }
}
