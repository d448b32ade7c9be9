package dev.asyncjob.callbacks;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class CallbackOffenders {
    private CallbackOffenders() {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}
}
