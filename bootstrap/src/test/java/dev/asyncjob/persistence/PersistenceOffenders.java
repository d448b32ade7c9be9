package dev.asyncjob.persistence;

import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import picocli.CommandLine;

/** Planted for {@code ArchitectureBitesTest}: an adapter that does what it must not do. */
public final class PersistenceOffenders {
    private PersistenceOffenders() {}

    /** Depends on a use case. */
    public record SeesUseCase(GetJobStatus useCase) {}

    /** Knows another adapter. */
    public record KnowsHttp(Access access) {}

    /** Depends on the command line. */
    public record ReadsArguments(CommandLine commandLine) {}
}
