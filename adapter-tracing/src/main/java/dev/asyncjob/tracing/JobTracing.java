package dev.asyncjob.tracing;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.domain.WorkPolicy;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of what happens to jobs, in an {@link OpenTelemetry} of the application.
 *
 * <p>Jobs that are scheduled through {@link #useCases} carry their trace to the handlers of {@link #handlers}, on
 * whichever node these run. Spans that are not sampled change nothing of the trace that a job continues. Safe for use
 * from any thread.
 */
public final class JobTracing {
    private final JobSpans spans;
    private final JobContexts contexts;

    private JobTracing(JobSpans spans, JobContexts contexts) {
        this.spans = spans;
        this.contexts = contexts;
    }

    /** Spans of the tracer {@code dev.asyncjob}. */
    public static JobTracing with(OpenTelemetry telemetry) {
        return new JobTracing(new JobSpans(telemetry), new JobContexts());
    }

    /**
     * The ports over a store, as {@link JobUseCases#over} makes them, with a span {@code send KIND} of each job that is
     * scheduled and {@code settle KIND} of each outcome.
     *
     * <p>The span of a job is a child of the caller's current span, or of the trace that the job names if that is
     * another one, and takes its place in the stored job. An outcome's is a child of the attempt's, if that ran in a
     * handler of this, else of the caller's current span.
     */
    public JobUseCases useCases(JobStore store, WorkPolicy policy) {
        return new TracedUseCases(store, policy, contexts, spans);
    }

    /**
     * The same handlers, each in a span {@code process KIND}, which is current for what the handler does in its thread:
     * a child of the span that scheduled the job at attempt 1, with a link to it at later ones.
     */
    public Map<JobKind, JobHandler> handlers(Map<JobKind, JobHandler> handlers) {
        return handlers.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> new TracedHandler(entry.getValue(), contexts, spans)));
    }

    /** The context of a trace; without a span if there is none. */
    public static Context contextOf(@Nullable TraceContext trace) {
        return JobContexts.contextOf(trace);
    }

    /** The spans of the attempts whose outcomes are not settled. */
    JobContexts contexts() {
        return contexts;
    }
}
