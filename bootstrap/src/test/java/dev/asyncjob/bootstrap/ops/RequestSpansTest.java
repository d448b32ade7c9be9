package dev.asyncjob.bootstrap.ops;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.IndexApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.MetricsApi;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.RequestTracer;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestSpansTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final RequestSpans tracer = new RequestSpans(OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .build());
    private final BlockingQueue<RequestObserver.Exchanged> answered = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> current = new LinkedBlockingQueue<>();
    private volatile boolean failing;

    private final JobServer server = JobServer.start(
            HttpSettings.defaults().listeningOn("127.0.0.1", 0),
            List.of(new MetricsApi(this::scrape), new IndexApi("", Map.of("metrics", "/metrics")), workApi()),
            new RequestObserver() {
                @Override
                public void answered(Exchanged request) {
                    answered.add(request);
                }

                @Override
                public RequestTracer tracer() {
                    return tracer;
                }
            });

    /** Lists jobs, for a client of which a provider decides in another thread. */
    private WorkApi workApi() {
        JobStore store = new InMemoryJobStore(WorkPolicy.defaults(), new SettableClock(), new LocalJobSignals());
        JobUseCases jobs = new JobUseCases(store, WorkPolicy.defaults()) {
            @Override
            public JobPage list(JobFilter filter) {
                current.add(Span.current().getSpanContext().getSpanId());
                return super.list(filter);
            }
        };
        Owner client = new Owner("ops");
        Authenticator.Verdict granted = new Authenticator.Granted(new Access(client, Set.of(Scope.JOB_ADMIN)));
        return new WorkApi(
                jobs,
                new WaitingClaims(jobs, new LocalJobSignals()),
                Jobs::newId,
                Jobs.LEASE,
                (token, apiKey) -> new Authenticator.AskProvider(
                        client, false, () -> CompletableFuture.supplyAsync(() -> granted)),
                HttpSettings.defaults(),
                WorkApi.Part.ALL,
                (owner, kind) -> false);
    }

    private String scrape(String type) {
        current.add(Span.current().getSpanContext().getSpanId());
        if (failing) {
            throw new IllegalStateException("secret text");
        }
        return type;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Returns what the observer learned of the request; its span has ended. */
    private RequestObserver.Exchanged ask(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        CLIENT.send(
                (headers.length == 0 ? request : request.headers(headers)).build(),
                HttpResponse.BodyHandlers.ofString());
        return requireNonNull(answered.poll(10, TimeUnit.SECONDS));
    }

    private SpanData only() {
        return Eventually.answer(Duration.ofSeconds(10), spans::getFinishedSpanItems, all -> !all.isEmpty())
                .get(0);
    }

    private static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }

    @Test
    void a_request_has_a_span_that_continues_its_trace() throws Exception {
        RequestObserver.Exchanged request = ask(
                "GET",
                "/?token=secret",
                "traceparent",
                "00-" + TRACE_ID + "-b7ad6b7169203331-01",
                "tracestate",
                "congo=t61rcWkgMzE");
        SpanData span = only();
        assertThat(span.getName()).isEqualTo("GET /");
        assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(span.getTraceId()).isEqualTo(TRACE_ID);
        assertThat(span.getParentSpanId()).isEqualTo("b7ad6b7169203331");
        assertThat(span.getSpanContext().getTraceState().get("congo")).isEqualTo("t61rcWkgMzE");
        assertThat(span.getStatus()).isEqualTo(StatusData.unset());
        assertThat(attributes(span))
                .isEqualTo(Map.of(
                        "http.request.method", "GET",
                        "url.scheme", "http",
                        "http.route", "/",
                        "http.response.status_code", (long) request.status(),
                        "server.address", "127.0.0.1",
                        "server.port", (long) server.port()));
        assertThat(request.traceId()).contains(TRACE_ID);
        assertThat(span.toString()).doesNotContain("secret");
    }

    @Test
    void a_request_without_a_trace_begins_one_which_the_log_has() throws Exception {
        RequestObserver.Exchanged request = ask("GET", "/");
        assertThat(request.traceId()).contains(only().getTraceId());
        assertThat(only().getParentSpanId()).isEqualTo("0000000000000000");
    }

    @Test
    void a_path_without_a_route_is_in_no_span() throws Exception {
        ask("DELETE", "/secret/path");
        SpanData span = only();
        assertThat(span.getName()).isEqualTo("DELETE");
        assertThat(attributes(span)).doesNotContainKey("http.route").containsEntry("http.response.status_code", 404L);
        assertThat(span.getStatus()).isEqualTo(StatusData.unset());
        assertThat(span.toString()).doesNotContain("secret");
    }

    @Test
    void a_probe_has_a_span_only_if_it_failed_and_the_span_is_current_for_its_handler() throws Exception {
        ask("GET", "/metrics");
        failing = true;
        ask("GET", "/metrics");
        SpanData span = only();
        assertThat(spans.getFinishedSpanItems()).hasSize(1);
        assertThat(span.getName()).isEqualTo("GET /metrics");
        assertThat(span.getStatus()).isEqualTo(StatusData.error());
        assertThat(attributes(span)).containsEntry("error.type", "500");
        assertThat(span.toString()).doesNotContain("secret");
        assertThat(current).hasSize(2).doesNotHaveDuplicates().last().isEqualTo(span.getSpanId());
    }

    @Test
    void the_span_is_current_for_a_handler_that_waited_for_a_provider() throws Exception {
        assertThat(ask("GET", "/jobs", "Authorization", "Bearer t", "api-key", "k")
                        .status())
                .isEqualTo(200);
        SpanData span = only();
        assertThat(span.getName()).isEqualTo("GET /jobs");
        assertThat(current).containsExactly(span.getSpanId());
        assertThat(span.toString()).doesNotContain("ops");
    }

    @Test
    void an_unreadable_request_has_none() throws Exception {
        ask("GET", "/%01");
        assertThat(spans.getFinishedSpanItems()).isEmpty();
    }
}
