package dev.asyncjob.bootstrap.ops;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The environment variables of OpenTelemetry. It loads nothing of OpenTelemetry itself. Safe for use from any thread.
 */
public final class TraceVariables {
    private final Map<String, String> environment;

    /** @param environment all variables of the process */
    public TraceVariables(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Whether the environment names a collector, and does not say that nothing is exported. */
    public boolean isWanted() {
        return (isSet("OTEL_EXPORTER_OTLP_ENDPOINT") || isSet("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
                && !environment.getOrDefault("OTEL_SDK_DISABLED", "").strip().equalsIgnoreCase("true")
                && !environment.getOrDefault("OTEL_TRACES_EXPORTER", "").strip().equalsIgnoreCase("none");
    }

    private boolean isSet(String name) {
        return !environment.getOrDefault(name, "").isBlank();
    }

    /** The variables as properties. Of the protocols only the one that is built in is left, and of the signals one. */
    Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        environment.forEach((name, value) -> {
            if (name.startsWith("OTEL_")) {
                properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        properties.put("otel.traces.exporter", "otlp");
        properties.put("otel.propagators", "none"); // the server reads W3C's headers itself
        properties.put("otel.metrics.exporter", "none");
        properties.put("otel.logs.exporter", "none");
        properties.put("otel.exporter.otlp.protocol", "http/protobuf");
        properties.put("otel.exporter.otlp.traces.protocol", "http/protobuf");
        return properties;
    }
}
