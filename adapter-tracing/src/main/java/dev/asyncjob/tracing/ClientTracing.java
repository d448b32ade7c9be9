package dev.asyncjob.tracing;

import dev.asyncjob.client.ClaimedJob;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteHandler;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans in a program that schedules or works jobs over HTTP, in its own {@link OpenTelemetry}. Those of
 * scheduling and settling are made by the server. Safe for use from any thread.
 */
public final class ClientTracing {
    private static final int MAX_STATE = 512;

    private final JobSpans spans;

    private ClientTracing(JobSpans spans) {
        this.spans = spans;
    }

    /** Spans of the tracer {@code dev.asyncjob}. */
    public static ClientTracing with(OpenTelemetry telemetry) {
        return new ClientTracing(new JobSpans(telemetry));
    }

    /** The same job as a part of the trace of the caller's current span; as it is if there is no such span. */
    public JobRequest continued(JobRequest job) {
        JobRequest.Trace current = JobSpans.written(Span.current().getSpanContext(), ClientTracing::trace);
        return current == null ? job : job.withTrace(current);
    }

    /**
     * The same handlers, each in a span {@code process KIND}, which is current for what the handler does in its thread:
     * a child of the span that scheduled the job at attempt 1, with a link to it at later ones.
     */
    public Map<String, RemoteHandler> handlers(Map<String, RemoteHandler> handlers) {
        return handlers.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> traced(entry.getValue())));
    }

    private RemoteHandler traced(RemoteHandler handler) {
        return job -> {
            Span span = spans.process(job.kind(), job.id(), job.attempt(), contextOf(job));
            return JobSpans.within(span, () -> {
                Outcome outcome = handler.handle(job);
                if (outcome != null && !outcome.isCompleted()) {
                    JobSpans.failed(span, "failed");
                }
                return outcome;
            });
        };
    }

    /** The server drops a longer state, too. */
    private static JobRequest.Trace trace(String traceparent, @Nullable String tracestate) {
        return new JobRequest.Trace(
                traceparent, tracestate == null || tracestate.length() > MAX_STATE ? null : tracestate);
    }

    private static Context contextOf(ClaimedJob job) {
        JobRequest.Trace trace = job.trace();
        return trace == null ? Context.root() : JobSpans.read(trace.traceparent(), trace.tracestate());
    }
}
