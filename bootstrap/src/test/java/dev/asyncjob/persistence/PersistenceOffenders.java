package dev.asyncjob.persistence;

import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.http.HttpOffenders;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import picocli.CommandLine;

/** Planted for {@code ArchitectureBitesTest}: an adapter that does what it must not do. */
public final class PersistenceOffenders {
    private PersistenceOffenders() {}

    /** Depends on a use case. */
    public record UsesUseCase(GetJobStatus useCase) {}

    /** Depends on another adapter. */
    public record UsesHttp(HttpOffenders other) {}

    /** Depends on a registry of meters. */
    public record CountsCalls(MeterRegistry registry) {}

    /** Depends on a tracer. */
    public record MakesSpans(Tracer tracer) {}

    /** Depends on the command line. */
    public record ReadsArguments(CommandLine commandLine) {}
}
