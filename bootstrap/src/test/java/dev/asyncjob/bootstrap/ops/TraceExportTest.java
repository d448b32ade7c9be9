package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Eventually;
import io.opentelemetry.api.trace.Tracer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceExportTest {
    private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private final TraceCollector collector = new TraceCollector();
    private final ConcurrentLinkedQueue<String> warnings = new ConcurrentLinkedQueue<>();

    @AfterEach
    void stop() {
        collector.close();
    }

    private TraceExport start(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of(ENDPOINT, collector.url()));
        environment.putAll(more);
        return Objects.requireNonNull(
                TraceExport.start(new TraceVariables(environment), warnings::add), warnings.toString());
    }

    private static void makeSpan(TraceExport export) {
        Tracer tracer = export.telemetry().getTracer("test");
        tracer.spanBuilder("one").startSpan().end();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318                                  | true
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces                 | true
            OTEL_EXPORTER_OTLP_ENDPOINT=                                               | false
            OTEL_SERVICE_NAME=jobs                                                     | false
            OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=none        | false
            OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=true           | false
            """)
    void nothing_is_exported_without_a_collector_or_where_it_is_switched_off(String variables, boolean wanted) {
        Map<String, String> environment = new HashMap<>();
        for (String variable : List.of(variables.split(" "))) {
            int at = variable.indexOf('=');
            environment.put(variable.substring(0, at), variable.substring(at + 1));
        }
        assertThat(new TraceVariables(environment).isWanted()).isEqualTo(wanted);
    }

    @Test
    void the_last_spans_are_exported_at_the_end_under_the_name_of_the_program() {
        try (TraceExport export = start(Map.of())) {
            makeSpan(export);
        }
        assertThat(collector.spans()).singleElement().satisfies(span -> {
            assertThat(span.name()).isEqualTo("one");
            assertThat(span.service()).isEqualTo("asyncjob");
        });
        assertThat(warnings).isEmpty();
    }

    @Test
    void the_variables_of_opentelemetry_are_honoured() {
        try (TraceExport export = start(Map.of(
                "OTEL_SERVICE_NAME", "jobs-of-clinics",
                "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test",
                "OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20YTpi",
                "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc",
                "OTEL_METRICS_EXPORTER", "otlp",
                "OTEL_PROPAGATORS", "b3",
                "OTEL_TRACES_EXPORTER", "otlp"))) {
            makeSpan(export);
        }
        assertThat(collector.spans()).singleElement().satisfies(span -> {
            assertThat(span.service()).isEqualTo("jobs-of-clinics");
            assertThat(span.text()).contains("deployment.environment");
        });
        assertThat(collector.authorizations()).containsExactly("Basic YTpi");
    }

    @Test
    void a_name_among_the_attributes_of_the_resource_counts() {
        try (TraceExport export = start(Map.of("OTEL_RESOURCE_ATTRIBUTES", "service.name=other"))) {
            makeSpan(export);
        }
        assertThat(collector.named("one").get(0).service()).isEqualTo("other");
    }

    @Test
    void a_sampler_decides_what_is_exported() {
        try (TraceExport export =
                start(Map.of("OTEL_TRACES_SAMPLER", "traceidratio", "OTEL_TRACES_SAMPLER_ARG", "0"))) {
            makeSpan(export);
        }
        assertThat(collector.spans()).isEmpty();
    }

    @Test
    void variables_that_cannot_be_used_are_a_warning() {
        assertThat(TraceExport.start(
                        new TraceVariables(Map.of(ENDPOINT, collector.url(), "OTEL_TRACES_SAMPLER", "banana")),
                        warnings::add))
                .isNull();
        assertThat(warnings).singleElement().asString().contains("no traces are exported", "banana");
    }

    @Test
    void a_collector_that_is_not_there_is_one_warning_and_delays_no_one() {
        collector.close();
        long begin = System.nanoTime();
        try (TraceExport export = start(Map.of("OTEL_BSP_SCHEDULE_DELAY", "10"))) {
            for (int i = 0; i < 10_000; i++) {
                makeSpan(export);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
            Eventually.answer(Duration.ofSeconds(30), () -> List.copyOf(warnings), lines -> !lines.isEmpty());
        }
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("the collector does not take spans: java.net.ConnectException");
    }

    @Test
    void a_collector_that_refuses_spans_is_a_warning() {
        collector.answer(401);
        try (TraceExport export = start(Map.of())) {
            makeSpan(export);
        }
        assertThat(warnings).containsExactly("the collector does not take spans: it refuses them");
    }

    @Test
    void a_header_that_cannot_be_sent_is_a_warning_without_its_value() {
        try (TraceExport export =
                start(Map.of("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20c2VjcmV0%0Ac2VjcmV0"))) {
            makeSpan(export);
        }
        assertThat(warnings)
                .singleElement()
                .asString()
                .startsWith("the collector does not take spans: ")
                .doesNotContain("c2VjcmV0");
    }

    @Test
    void a_collector_that_does_not_answer_delays_the_end_by_a_limit() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            TraceExport export = start(Map.of(ENDPOINT, "http://127.0.0.1:" + silent.getLocalPort()));
            makeSpan(export);
            long begin = System.nanoTime();
            export.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(TraceExport.STOP_LIMIT.dividedBy(2), TraceExport.STOP_LIMIT.multipliedBy(2));
        }
    }
}
