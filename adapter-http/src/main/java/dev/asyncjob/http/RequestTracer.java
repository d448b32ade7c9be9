package dev.asyncjob.http;

import dev.asyncjob.domain.TraceContext;
import java.net.SocketAddress;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Makes spans of the requests of a {@link JobServer}, for traces. Implementations are safe for use from any thread. */
@FunctionalInterface
public interface RequestTracer {
    /**
     * Begins the span of a request whose head is complete and well-formed, before anything else is done for it; must
     * return quickly, and not throw.
     */
    RequestSpan begin(Begun request);

    /**
     * What is known of a request when it begins.
     *
     * @param method such as {@code GET}; one that is known here
     * @param secure whether it came over TLS
     * @param local the address on which it was received
     * @param trace the trace that it names; null for none
     */
    record Begun(
            String method,
            boolean secure,
            SocketAddress local,
            @Nullable TraceContext trace) {}

    /** The span of one request. Safe for use from any thread. */
    interface RequestSpan {
        /** The id of its trace, of 32 hexadecimal digits. */
        String traceId();

        /** Runs a part of the handling in the caller's thread, with the span as the current one. */
        void run(Callable<?> part) throws Exception;

        /**
         * Ends it; called once, when the response is complete.
         *
         * @param route the route's template, such as {@code /jobs/{id}}, or {@code none}
         * @param status the HTTP status
         */
        void end(String route, int status);
    }
}
