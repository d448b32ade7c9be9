package dev.asyncjob.tracing;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class TracingOffenders {
    private TracingOffenders() {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}
}
