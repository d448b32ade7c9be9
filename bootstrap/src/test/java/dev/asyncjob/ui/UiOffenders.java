package dev.asyncjob.ui;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class UiOffenders {
    private UiOffenders() {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}
}
