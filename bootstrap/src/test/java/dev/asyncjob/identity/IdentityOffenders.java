package dev.asyncjob.identity;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class IdentityOffenders {
    private IdentityOffenders() {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}
}
