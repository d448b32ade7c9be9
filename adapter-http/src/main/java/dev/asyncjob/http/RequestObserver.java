package dev.asyncjob.http;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Receives every completed request, for metrics and logs. It runs on the request's thread and must return quickly. */
@FunctionalInterface
public interface RequestObserver {
    /** Called when a response is complete, also the response to an unreadable request. */
    void answered(Exchanged request);

    /** What makes spans of the requests, asked for once before the first; null for none. */
    default @Nullable RequestTracer tracer() {
        return null;
    }

    /**
     * What may be logged of a request. The client controls none of it but the request id, which is restricted.
     *
     * @param at the time at which the head was complete, by this machine's clock
     * @param requestId the client's id if it is well-formed, else a new one; 1 to 128 of {@code A-Za-z0-9._#:-}
     * @param client the client, if its credentials are valid
     * @param job the job that the request names in its path or has scheduled, if the client was admitted; not the jobs
     *     of a list, a claim or a batch
     * @param traceId the trace of its span, or else the one that the request names, 32 hexadecimal digits
     * @param method such as {@code GET}; {@code OTHER} if it is not known here
     * @param route the route's template, such as {@code /jobs/{id}}, or {@code none}
     * @param status the HTTP status
     * @param took the time from the complete head to the last byte passed to the socket
     */
    record Exchanged(
            Instant at,
            String requestId,
            Optional<Owner> client,
            Optional<JobId> job,
            Optional<String> traceId,
            String method,
            String route,
            int status,
            Duration took) {}
}
