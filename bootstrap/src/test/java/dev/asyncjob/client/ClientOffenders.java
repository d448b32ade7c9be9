package dev.asyncjob.client;

import dev.asyncjob.domain.JobId;

/** Breaks the rules of the client's package, for {@code ArchitectureBitesTest}. */
public final class ClientOffenders {
    private ClientOffenders() {}

    /** Depends on the domain. */
    public record UsesDomain(JobId id) {}
}
