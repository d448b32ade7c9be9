package dev.asyncjob.client;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** The pauses between requests of which the server is to hold the responses. Used by one thread at a time. */
final class HoldPauses {
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

    private volatile long sentAt = System.nanoTime();

    /** Grows while the server responds early although it announced to hold the response. */
    private volatile Duration pause = SHORTEST_PAUSE;

    void sent() {
        sentAt = System.nanoTime();
    }

    /** Zero if the server held its response, as it says if not; growing if it does not say, or responded early. */
    Duration after(HttpResponse<String> response) {
        Duration retryAfter = HttpCalls.retryAfter(response);
        Optional<Duration> hold = response.headers()
                .firstValue("Preference-Applied")
                .filter(applied -> applied.matches("wait=[1-9][0-9]{0,3}"))
                .map(applied -> Duration.ofSeconds(Long.parseLong(applied.substring(5))));
        boolean told = response.headers().firstValue("Retry-After").isPresent();
        if (hold.isEmpty() && told) {
            return retryAfter;
        }
        if (hold.isPresent() && System.nanoTime() - sentAt >= hold.get().toNanos() * 3 / 4) {
            pause = SHORTEST_PAUSE;
            return Duration.ZERO;
        }
        long jittered = pause.toMillis() * ThreadLocalRandom.current().nextInt(100, 151) / 100;
        Duration next = told ? HttpCalls.shorter(retryAfter, Duration.ofMillis(jittered)) : Duration.ofMillis(jittered);
        pause = HttpCalls.shorter(pause.multipliedBy(2), HttpCalls.LONGEST_PAUSE);
        return next;
    }
}
