package dev.asyncjob.tracing;

import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.TraceContext;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the spans of jobs have their parents: what a job carries, and the attempts in hand. Safe for use from any
 * thread.
 */
final class JobContexts {
    /** Attempts without a settled outcome whose spans are remembered; those of leases that were lost are among them. */
    static final int MAX_REMEMBERED = 10_000;

    private final Map<HeldLease, SpanContext> attempts = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<HeldLease, SpanContext> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** Keeps the span of an attempt for that of its outcome. */
    void begun(HeldLease lease, SpanContext attempt) {
        synchronized (attempts) {
            attempts.put(lease, attempt);
        }
    }

    /** The context of an attempt, or the caller's. */
    Context contextOf(HeldLease lease) {
        SpanContext attempt;
        synchronized (attempts) {
            attempt = attempts.get(lease);
        }
        return attempt == null ? Context.current() : Context.root().with(Span.wrap(attempt));
    }

    /** Forgets an attempt. */
    void ended(HeldLease lease) {
        synchronized (attempts) {
            attempts.remove(lease);
        }
    }

    /** How many attempts are remembered. */
    int remembered() {
        synchronized (attempts) {
            return attempts.size();
        }
    }

    /** The context of a trace; without a span if there is none. */
    static Context contextOf(@Nullable TraceContext trace) {
        return trace == null ? Context.root() : JobSpans.read(trace.traceparent(), trace.tracestate());
    }

    /** The caller's context, unless the job names another trace. */
    static Context parentOf(@Nullable TraceContext trace) {
        String current = Span.current().getSpanContext().getTraceId();
        return trace == null || trace.traceId().equals(current) ? Context.current() : contextOf(trace);
    }

    /** The trace that a job carries: a span that is not sampled does not take the place of the trace that it names. */
    static @Nullable TraceContext carried(Span send, @Nullable TraceContext named) {
        SpanContext span = send.getSpanContext();
        return named != null && !span.isSampled() ? named : JobSpans.written(span, JobContexts::trace);
    }

    private static TraceContext trace(String traceparent, @Nullable String tracestate) {
        return Objects.requireNonNull(
                TraceContext.read(List.of(traceparent), tracestate == null ? List.of() : List.of(tracestate)),
                "a tracer makes valid contexts");
    }
}
