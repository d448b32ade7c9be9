package dev.asyncjob.http;

import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Hears of every answered request, for metrics and logs; called on the request's thread, so it must be quick. */
@FunctionalInterface
public interface RequestObserver {
    /** One request was answered, or was too broken to become one and was answered all the same. */
    void answered(Exchanged request);

    /**
     * All that may be told of a request: nothing in it can be chosen by the client but the request id, and that by its
     * rule only.
     *
     * @param at when its head was complete, by this machine's clock
     * @param requestId the client's, if it was well-formed, else a new one; 1 to 128 of {@code A-Za-z0-9._#:-}
     * @param client who asked, if the credentials were good
     * @param method such as {@code GET}; {@code OTHER} if it is none that is known here
     * @param route the route's template, such as {@code /jobs/{id}}, or {@code none}
     * @param status the HTTP status
     * @param took from the complete head to the last byte handed over
     */
    record Exchanged(
            Instant at,
            String requestId,
            Optional<Owner> client,
            String method,
            String route,
            int status,
            Duration took) {}
}
