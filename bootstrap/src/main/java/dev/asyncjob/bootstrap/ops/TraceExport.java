package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.spi.RateLimitedLog;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Exports spans to a collector, by OTLP over HTTP, as the environment variables of OpenTelemetry say.
 *
 * <p>Spans wait in a queue of 2,048 for a batch; those that find no room are dropped. A collector that does not take
 * them is logged once a minute and delays nothing but the end, by {@link #STOP_LIMIT} at most. Safe for use from any
 * thread.
 */
public final class TraceExport implements AutoCloseable {
    /** How long the last spans may take at the end. */
    public static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private static final Logger LOG = System.getLogger(TraceExport.class.getName());
    private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");

    private final OpenTelemetrySdk sdk;

    private TraceExport(OpenTelemetrySdk sdk) {
        this.sdk = sdk;
    }

    /** Begins to export; null, with a warning, if the variables cannot be used. */
    public static @Nullable TraceExport start(TraceVariables variables) {
        return start(variables, warning -> LOG.log(Level.WARNING, warning));
    }

    static @Nullable TraceExport start(TraceVariables variables, Consumer<String> warnings) {
        Map<String, String> properties = variables.properties();
        RateLimitedLog log = new RateLimitedLog(System::nanoTime, warnings);
        try {
            return new TraceExport(AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .addPropertiesCustomizer(own -> properties)
                    .addResourceCustomizer((resource, own) -> named(resource))
                    .addSpanExporterCustomizer((exporter, own) -> new Reporting(exporter, log))
                    .build()
                    .getOpenTelemetrySdk());
        } catch (RuntimeException | ServiceConfigurationError | LinkageError e) {
            warnings.accept("no traces are exported: " + e.getMessage());
            return null;
        }
    }

    private static Resource named(Resource resource) {
        String name = resource.getAttribute(SERVICE);
        return name == null || name.startsWith("unknown_service")
                ? resource.toBuilder().put(SERVICE, "asyncjob").build()
                : resource;
    }

    /** What makes the spans that are exported. */
    public OpenTelemetry telemetry() {
        return sdk;
    }

    /** Exports what waits, for {@link #STOP_LIMIT} at most. */
    @Override
    public void close() {
        sdk.shutdown().join(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** An exporter that tells when a batch was not taken. */
    private record Reporting(SpanExporter exporter, Consumer<String> log) implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            CompletableResultCode result = exporter.export(spans);
            return result.whenComplete(() -> {
                if (!result.isSuccess()) {
                    log.accept("the collector does not take spans: " + reason(result.getFailureThrowable()));
                }
            });
        }

        private static String reason(@Nullable Throwable failure) {
            Throwable cause = failure == null ? null : failure.getCause();
            if (cause == null) {
                return "it refuses them";
            }
            // The message of another failure may show a header, and so a secret.
            return cause instanceof IOException
                    ? cause.toString()
                    : cause.getClass().getName();
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }
}
