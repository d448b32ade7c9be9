package dev.asyncjob.tracing;

import dev.asyncjob.domain.AsyncJob;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Spans of jobs, with the names and attributes of the semantic conventions for messaging. None of them has an owner,
 * links, a payload, a reference or the text of an error. Safe for use from any thread.
 */
final class JobSpans {
    private static final String PARENT = "traceparent";
    private static final String STATE = "tracestate";

    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE = AttributeKey.stringKey("messaging.operation.type");
    private static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("messaging.destination.name");
    private static final AttributeKey<String> MESSAGE_ID = AttributeKey.stringKey("messaging.message.id");
    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("asyncjob.attempt");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private static final TextMapGetter<Map<String, String>> FIELDS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Map<String, String> fields, String key) {
            return fields == null ? null : fields.get(key);
        }
    };

    private final Tracer tracer;

    /** What a span is about. */
    enum Operation {
        SEND(SpanKind.PRODUCER),
        PROCESS(SpanKind.CONSUMER),
        SETTLE(SpanKind.CLIENT);

        private final SpanKind kind;
        private final String label = name().toLowerCase(Locale.ROOT);

        Operation(SpanKind kind) {
            this.kind = kind;
        }
    }

    JobSpans(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer("dev.asyncjob");
    }

    /**
     * Begins a span.
     *
     * @param jobKind null if it is not known yet, see {@link #about}
     * @param parent the context of its parent; one without a span makes it the first of its trace
     */
    Span begin(Operation operation, @Nullable String jobKind, Object id, Context parent) {
        return start(builder(operation, jobKind, id).setParent(parent), jobKind);
    }

    /** Begins the span of an attempt: a child of the span that scheduled the job, or linked to it at later attempts. */
    Span process(String jobKind, Object id, int attempt, Context scheduled) {
        SpanBuilder span = builder(Operation.PROCESS, jobKind, id).setAttribute(ATTEMPT, (long) attempt);
        SpanContext sender = Span.fromContext(scheduled).getSpanContext();
        if (attempt == 1) {
            span.setParent(scheduled);
        } else if (sender.isValid()) {
            span.setNoParent().addLink(sender);
        } else {
            span.setNoParent();
        }
        return start(span, jobKind);
    }

    private SpanBuilder builder(Operation operation, @Nullable String jobKind, Object id) {
        String name = jobKind == null ? operation.label : operation.label + " " + jobKind;
        return tracer.spanBuilder(name)
                .setSpanKind(operation.kind)
                .setAttribute(SYSTEM, "asyncjob")
                .setAttribute(OPERATION, operation.label)
                .setAttribute(OPERATION_TYPE, operation.label)
                .setAttribute(MESSAGE_ID, id.toString());
    }

    private static Span start(SpanBuilder span, @Nullable String jobKind) {
        return (jobKind == null ? span : span.setAttribute(DESTINATION, jobKind)).startSpan();
    }

    /** Gives a span the kind and the id of its job, which it may have begun without. */
    static void about(Span span, Operation operation, AsyncJob job) {
        String jobKind = job.kind().value();
        span.updateName(operation.label + " " + jobKind)
                .setAttribute(DESTINATION, jobKind)
                .setAttribute(MESSAGE_ID, job.id().toString());
    }

    /** States that what the span is about failed; {@code type} is one of few words, or the name of a class. */
    static void failed(Span span, String type) {
        span.setStatus(StatusCode.ERROR).setAttribute(ERROR_TYPE, type);
    }

    /** Runs something in a span, which then ends. */
    static <T> T within(Span span, Callable<T> work) throws Exception {
        try {
            return Context.current().with(span).wrap(work).call();
        } catch (Throwable e) {
            failed(span, e.getClass().getName());
            throw e;
        } finally {
            span.end();
        }
    }

    /** The context with the span that the two values name; without a span if they name none. */
    static Context read(String traceparent, @Nullable String tracestate) {
        Map<String, String> fields =
                tracestate == null ? Map.of(PARENT, traceparent) : Map.of(PARENT, traceparent, STATE, tracestate);
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), fields, FIELDS);
    }

    /** Makes something of the two values that name the span; null without a span. */
    static <T> @Nullable T written(SpanContext span, Written<T> written) {
        Map<String, String> fields = new TreeMap<>();
        W3CTraceContextPropagator.getInstance()
                .inject(Context.root().with(Span.wrap(span)), fields, (map, key, value) -> {
                    if (map != null) {
                        map.put(key, value);
                    }
                });
        String parent = fields.get(PARENT);
        return parent == null ? null : written.of(parent, fields.get(STATE));
    }

    /** Takes the two values that name a span. */
    interface Written<T> {
        @Nullable
        T of(String traceparent, @Nullable String tracestate);
    }
}
