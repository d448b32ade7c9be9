package dev.asyncjob.metrics;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class MetricsOffenders {
    private MetricsOffenders() {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}
}
