package dev.asyncjob.persistence;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.TraceContext;
import org.jspecify.annotations.Nullable;

/**
 * The column {@code trace} of {@code work}: {@code traceparent} and, after a space, {@code tracestate} if there is one;
 * that of {@code job} has the first 55 characters of it, {@code traceparent}.
 */
final class TraceColumn {
    /** The place of the space: {@code traceparent} has no other length. */
    private static final int PARENT = 55;

    private TraceColumn() {}

    static @Nullable String text(@Nullable TraceContext trace) {
        if (trace == null) {
            return null;
        }
        return trace.tracestate() == null ? trace.traceparent() : trace.traceparent() + " " + trace.tracestate();
    }

    /** Returns null for a text that another version has stored: no job waits for its trace. */
    static @Nullable TraceContext read(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return text.length() <= PARENT
                    ? new TraceContext(text, null)
                    : new TraceContext(text.substring(0, PARENT), text.substring(PARENT + 1));
        } catch (InvalidValueException e) {
            return null;
        }
    }
}
