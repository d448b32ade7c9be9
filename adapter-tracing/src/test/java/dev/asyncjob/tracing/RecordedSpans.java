package dev.asyncjob.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** The spans that a test made. */
final class RecordedSpans {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetry telemetry;

    RecordedSpans(Sampler sampler) {
        telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .build();
    }

    RecordedSpans() {
        this(Sampler.parentBased(Sampler.alwaysOn()));
    }

    OpenTelemetry telemetry() {
        return telemetry;
    }

    List<String> names() {
        return exporter.getFinishedSpanItems().stream().map(SpanData::getName).toList();
    }

    /** The only span of a name. */
    SpanData only(String name) {
        List<SpanData> found = exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
        assertThat(found).as(name).hasSize(1);
        return found.get(0);
    }

    List<SpanData> all() {
        return exporter.getFinishedSpanItems();
    }

    void forget() {
        exporter.reset();
    }

    /** The attributes of a span by their names. */
    static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }

    /** Runs something in a span of its own, and returns what it returns. */
    <T> T in(String name, Callable<T> work) throws Exception {
        Span span = telemetry.getTracer("test").spanBuilder(name).startSpan();
        try {
            return Objects.requireNonNull(
                    Context.current().with(span).wrap(work).call());
        } finally {
            span.end();
        }
    }
}
