package dev.asyncjob.bootstrap;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.ops.TraceCollector;
import dev.asyncjob.bootstrap.ops.TraceCollector.Received;
import dev.asyncjob.bootstrap.ops.TraceExport;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.JobState;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteWorker;
import dev.asyncjob.client.RemoteWorkerSettings;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.PostgresServer;
import dev.asyncjob.tracing.ClientTracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built server makes spans of jobs and requests where a collector is named, and none where it is not. */
class SpansIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String COMPOSITION = "0daaad78-6cfb-11ea-9cd6-afab698838bc";

    private final TraceCollector collector = new TraceCollector();

    @AfterEach
    void stop() {
        collector.close();
    }

    private Map<String, String> exporting(String service) {
        return Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.url(),
                "OTEL_SERVICE_NAME",
                service,
                "OTEL_BSP_SCHEDULE_DELAY",
                "100");
    }

    /** The only span of this name, once it has come. */
    private Received only(String name) {
        List<Received> found = Eventually.answer(PATIENCE, () -> collector.named(name), spans -> !spans.isEmpty());
        assertThat(found).as("%s among %s", name, collector.spans()).hasSize(1);
        return found.get(0);
    }

    @Nested
    class InTheSandbox {
        @TempDir
        private Path folder;

        private String loadedClasses(ServerProcess server) throws IOException {
            String id = ServerOnDatabase.idIn(server.sign(COMPOSITION).body());
            Eventually.answer(PATIENCE, () -> server.status(id).body(), body -> body.contains("DONE"));
            return Files.readString(folder.resolve("classes"));
        }

        private ServerProcess start(Map<String, String> environment) {
            List<String> options = List.of("-Xlog:class+load:file=" + folder.resolve("classes"));
            Map<String, String> all = new HashMap<>(environment);
            all.put("ASYNCJOB_SANDBOX_DURATION", "100ms");
            return ServerProcess.start(folder, options, "sandbox", all);
        }

        @Test
        void a_request_its_job_the_attempt_and_the_outcome_are_one_trace() throws Exception {
            try (ServerProcess server = start(exporting("sandbox"))) {
                assertThat(loadedClasses(server)).contains("io.opentelemetry.sdk.");
                assertThat(server.threads()).contains("BatchSpanProcessor");
                server.metrics();
                assertThat(server.stop()).isZero();
            }
            Received request = only("PATCH /patients/composition/{compositionId}/sign");
            Received send = only("send composition.sign");
            Received process = only("process composition.sign");
            Received settle = only("settle composition.sign");
            assertThat(request.parent()).isEmpty();
            assertThat(send.parent()).isEqualTo(request.id());
            assertThat(process.parent()).isEqualTo(send.id());
            assertThat(settle.parent()).isEqualTo(process.id());
            assertThat(List.of(send, process, settle)).allSatisfy(span -> {
                assertThat(span.trace()).isEqualTo(request.trace());
                assertThat(span.service()).isEqualTo("sandbox");
            });
            assertThat(collector.matching(span -> Pattern.compile("metrics|health")
                            .matcher(span.name())
                            .find()))
                    .isEmpty();
            assertThat(collector.spans())
                    .allSatisfy(span -> assertThat(span.text())
                            .doesNotContain(COMPOSITION, ServerProcess.TOKEN, ServerProcess.API_KEY));
        }

        @Test
        void without_a_collector_nothing_of_opentelemetry_is_loaded() throws Exception {
            try (ServerProcess server = start(Map.of("OTEL_SERVICE_NAME", "sandbox"))) {
                assertThat(loadedClasses(server))
                        .contains("dev.asyncjob.bootstrap.")
                        .doesNotContain("io.opentelemetry.", "dev.asyncjob.tracing.");
                assertThat(server.threads()).doesNotContain("BatchSpanProcessor");
            }
        }

        @Test
        @Tag("soak")
        void a_collector_that_is_not_there_harms_nothing() throws Exception {
            collector.close();
            try (ServerProcess server = start(exporting("sandbox"))) {
                assertThat(loadedClasses(server)).contains("io.opentelemetry.sdk.");
                String line = "the collector does not take spans";
                Eventually.answer(PATIENCE, server::log, log -> log.contains(line));
                assertThat(server.sign(COMPOSITION).statusCode()).isEqualTo(200);
                long begin = System.nanoTime();
                assertThat(server.stop()).isZero();
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isLessThan(TraceExport.STOP_LIMIT.plusSeconds(6));
                assertThat(server.log().split(line, -1)).hasSize(2);
                assertThat(server.log()).doesNotContain("io.opentelemetry", "i.o.e");
            }
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends ServerOnDatabase {
        private final String url = PostgresServer.shared().newDatabase();
        private final InMemorySpanExporter own = InMemorySpanExporter.create();
        private final OpenTelemetry telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(own))
                        .build())
                .build();

        @Override
        String databaseUrl() {
            return url;
        }

        private ServerProcess serve(String service) {
            Map<String, String> all = new HashMap<>(environment);
            all.putAll(exporting(service));
            return ServerProcess.start(folder, "serve", all);
        }

        private static JobClient client(ServerProcess node, ServerProcess.Credentials credentials) {
            return new JobClient(ClientSettings.of(URI.create(node.url()), credentials.token(), credentials.apiKey()));
        }

        private SpanData ownSpan(String name, int number) {
            Supplier<List<SpanData>> named = () -> own.getFinishedSpanItems().stream()
                    .filter(span -> span.getName().equals(name))
                    .toList();
            return Eventually.answer(PATIENCE, named, spans -> spans.size() >= number)
                    .get(number - 1);
        }

        @Test
        void a_trace_goes_from_the_request_of_a_client_to_the_handler_on_another_node() throws Exception {
            ServerProcess.Credentials shop = addClient("secret-shop", "job:schedule,composition:read");
            ServerProcess.Credentials printer = addClient("printer", "job:work");
            ClientTracing tracing = ClientTracing.with(telemetry);
            try (ServerProcess accepting = serve("accepting");
                    ServerProcess working = serve("working");
                    RemoteWorker worker = new RemoteWorker(
                            client(working, printer),
                            tracing.handlers(Map.of("mail", job -> {
                                telemetry
                                        .getTracer("test")
                                        .spanBuilder("letter")
                                        .startSpan()
                                        .end();
                                return job.attempt() == 1
                                        ? Outcome.retry("secret-error")
                                        : Outcome.completed("shop/secret-link", "b");
                            })),
                            RemoteWorkerSettings.named("printer"))) {
                worker.start();
                JobClient producer = client(accepting, shop);
                Span order = telemetry.getTracer("test").spanBuilder("order").startSpan();
                JobRequest request = JobRequest.of("mail", "shop/secret-link")
                        .withPayload("{\"patient\":\"secret-payload\"}")
                        .withReference("secret-reference");
                JobState job = Context.current()
                        .with(order)
                        .wrapSupplier(() -> producer.schedule(tracing.continued(request)))
                        .get()
                        .get(30, SECONDS);
                order.end();
                assertThat(producer.await(job.id()).get(60, SECONDS).status()).isEqualTo(JobState.Status.DONE);

                Received post = only("POST /jobs");
                Received send = only("send mail");
                assertThat(post.service()).isEqualTo("accepting");
                assertThat(post.trace()).isEqualTo(order.getSpanContext().getTraceId());
                assertThat(post.parent()).isEqualTo(order.getSpanContext().getSpanId());
                assertThat(post.attributes())
                        .containsEntry("http.request.method", "POST")
                        .containsEntry("url.scheme", "http")
                        .containsEntry("http.route", "/jobs")
                        .containsEntry("http.response.status_code", "202")
                        .containsEntry("server.address", "127.0.0.1")
                        .containsKey("server.port");
                assertThat(send.trace()).isEqualTo(post.trace());
                assertThat(send.parent()).isEqualTo(post.id());
                assertThat(send.attributes())
                        .containsEntry("messaging.system", "asyncjob")
                        .containsEntry("messaging.destination.name", "mail")
                        .containsEntry("messaging.message.id", job.id().toString());

                SpanData first = ownSpan("process mail", 1);
                SpanData second = ownSpan("process mail", 2);
                assertThat(first.getTraceId()).isEqualTo(send.trace());
                assertThat(first.getParentSpanId()).isEqualTo(send.id());
                assertThat(second.getTraceId()).isNotEqualTo(send.trace());
                assertThat(second.getLinks())
                        .singleElement()
                        .satisfies(link ->
                                assertThat(link.getSpanContext().getSpanId()).isEqualTo(send.id()));
                assertThat(ownSpan("letter", 1).getParentSpanId()).isEqualTo(first.getSpanId());
                assertThat(ownSpan("letter", 2).getParentSpanId()).isEqualTo(second.getSpanId());

                Received failed = only("POST /jobs/{id}/failed");
                Received done = only("POST /jobs/{id}/done");
                List<Received> settles =
                        Eventually.answer(PATIENCE, () -> collector.named("settle mail"), spans -> spans.size() == 2);
                assertThat(List.of(failed, done)).allSatisfy(span -> {
                    assertThat(span.service()).isEqualTo("working");
                    assertThat(span.trace()).isEqualTo(send.trace());
                    assertThat(span.parent()).isEqualTo(send.id());
                });
                assertThat(settles).extracting(Received::parent).containsExactly(failed.id(), done.id());
                String line = "\"trace_id\":\"" + post.trace() + "\",\"route\":\"POST /jobs\"";
                assertThat(accepting.logWith(line)).contains(line);
            }
            assertThat(collector.spans())
                    .isNotEmpty()
                    .allSatisfy(span -> assertThat(span.text()).doesNotContain("secret-"));
            assertThat(own.getFinishedSpanItems().toString()).doesNotContain("secret-");
        }
    }
}
