package dev.asyncjob.http;

import java.time.Duration;

/** Hears of every answered request, for metrics and logs; called on the request's thread, so it must be quick. */
@FunctionalInterface
public interface RequestObserver {
    /**
     * One request was answered.
     *
     * @param method such as {@code GET}
     * @param route the route's template, such as {@code /jobs/{id}}, or {@code none}; never what the client sent
     * @param status the HTTP status
     * @param took from the first handler to the last byte handed over
     */
    void answered(String method, String route, int status, Duration took);
}
