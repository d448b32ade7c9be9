package dev.asyncjob.client;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request, and again until a response gives a result. Used by one thread at a time.
 *
 * @param <T> the result
 */
final class HttpCalls<T> {
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(250);
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** The maximum of {@code Retry-After} that is respected. */
    static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    private final Persistence persistence;
    private final Tokens tokens;
    private final Function<String, CompletableFuture<HttpResponse<String>>> request;
    private final Function<HttpResponse<String>, Optional<T>> reader;
    private final Duration longestPause;
    private final CompletableFuture<T> result = new ClientThreads.Result<>();
    private volatile @Nullable Future<?> pending;
    private long lastSuccess = System.nanoTime();
    private Duration pause = SHORTEST_PAUSE;

    /**
     * Sends nothing yet.
     *
     * @param request sends the request with the token that it is given
     * @param reader reads the result from a response that is no temporary failure; it throws {@link Repeat} to have the
     *     request sent again, {@link Unreadable} to have it retried, and any other exception to fail the result
     * @param longestPause the longest pause before a retry, whatever {@code Retry-After} says
     */
    HttpCalls(
            Persistence persistence,
            Tokens tokens,
            Function<String, CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader,
            Duration longestPause) {
        this.persistence = persistence;
        this.tokens = tokens;
        this.request = request;
        this.reader = reader;
        this.longestPause = longestPause;
    }

    /**
     * When a call gives up.
     *
     * @param patience how long failures are retried after the last readable response
     * @param always whether 401, 403 and want of a token are such failures too
     * @param listener gets each failure that is retried
     */
    record Persistence(Duration patience, boolean always, Consumer<JobClientException> listener) {}

    /** Not an error: thrown by the reader to have the request sent again after a delay. */
    static final class Repeat extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Duration delay;

        Repeat(Duration delay) {
            super(null, null, false, false);
            this.delay = delay;
        }
    }

    /** Thrown by the reader for a response that has the expected status and is unreadable, such as a proxy's page. */
    static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreadable(IllegalArgumentException cause) {
            super("the response is not readable: " + cause.getMessage(), cause);
        }
    }

    /** The value of {@code Retry-After}, 1 s to 1 h. */
    static Duration retryAfter(HttpResponse<String> response) {
        return Duration.ofSeconds(response.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(text -> Math.min(Math.max(1, Long.parseLong(text)), LONGEST_RETRY_AFTER.toSeconds()))
                .orElse(1L));
    }

    CompletableFuture<T> begin() {
        var unused = result.whenComplete((value, thrown) -> cancelPending());
        run(this::send);
        return result;
    }

    private void cancelPending() {
        Future<?> last = pending;
        if (last != null) {
            last.cancel(true);
        }
    }

    private void send() {
        if (result.isDone()) {
            return;
        }
        CompletableFuture<String> token = tokens.next();
        pendingIs(token);
        var unused = token.whenComplete((given, thrown) -> {
            if (given == null) {
                onCalls(() -> handle(null, thrown));
            } else {
                run(() -> send(given, true));
            }
        });
    }

    private void send(String token, boolean first) {
        CompletableFuture<HttpResponse<String>> response = request.apply(token);
        pendingIs(response);
        var unused = response.whenComplete((received, thrown) -> onCalls(() -> {
            if (first && received != null && received.statusCode() == 401) {
                sendWithOtherToken(token, received);
            } else {
                handle(received, thrown);
            }
        }));
    }

    /** Sends the request once more if the token has been replaced meanwhile. */
    private void sendWithOtherToken(String refused, HttpResponse<String> response) {
        CompletableFuture<String> token = tokens.next();
        pendingIs(token);
        var unused = token.whenComplete((given, thrown) -> onCalls(() -> {
            if (given == null || given.equals(refused)) {
                handle(given == null ? null : response, thrown);
            } else {
                send(given, false);
            }
        }));
    }

    private void pendingIs(Future<?> next) {
        pending = next;
        if (result.isDone()) {
            cancelPending();
        }
    }

    private void onCalls(Runnable step) {
        try {
            ClientThreads.CALLS.execute(() -> run(step));
        } catch (Throwable e) { // no memory, or no thread: the result must complete
            result.completeExceptionally(e);
        }
    }

    private void run(Runnable step) {
        try {
            step.run();
        } catch (Repeat repeat) {
            sendIn(repeat.delay);
        } catch (Throwable e) { // the result must complete, whatever a listener throws
            result.completeExceptionally(e);
        }
    }

    private void handle(@Nullable HttpResponse<String> response, @Nullable Throwable thrown) {
        if (result.isDone()) {
            return;
        }
        if (response == null) {
            failed(thrown);
        } else if (isTemporary(response)) {
            int status = response.statusCode();
            retry(retryAfter(response), new JobClientException(status, "", "the server responds with " + status));
        } else {
            read(response);
        }
    }

    /** Also for 408, with which balancers end a connection, and for a 404 of a gateway that has no route for now. */
    private boolean isTemporary(HttpResponse<String> response) {
        int status = response.statusCode();
        return status == 408
                || status == 429
                || status >= 500
                || (persistence.always() && (status == 401 || status == 403))
                || (persistence.always()
                        && status == 404
                        && JobClientException.of(status, "", response.body())
                                .type()
                                .isEmpty());
    }

    private void read(HttpResponse<String> response) {
        try {
            reader.apply(response).ifPresent(result::complete);
            succeeded();
        } catch (Repeat repeat) {
            succeeded();
            throw repeat;
        } catch (Unreadable e) {
            retry(
                    retryAfter(response),
                    new JobClientException(response.statusCode(), "", String.valueOf(e.getMessage())));
        }
    }

    private void succeeded() {
        lastSuccess = System.nanoTime();
        pause = SHORTEST_PAUSE;
    }

    private void failed(@Nullable Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (cause instanceof IOException || cause instanceof TimeoutException) {
            retry(Duration.ZERO, new JobClientException(0, "", "no answer: " + cause));
        } else {
            JobClientException failure = cause instanceof JobClientException known
                    ? known
                    : new JobClientException(0, "", "cannot send the request: " + cause);
            if (!persistence.always()) {
                throw failure;
            }
            retry(Duration.ZERO, failure);
        }
    }

    /** Sends the request again after a growing pause, or fails once the patience is over. */
    private void retry(Duration atLeast, JobClientException failure) {
        long jittered = pause.toMillis() * ThreadLocalRandom.current().nextInt(75, 126) / 100;
        Duration next = shorter(Duration.ofMillis(Math.max(atLeast.toMillis(), jittered)), longestPause);
        pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
        if (System.nanoTime() - lastSuccess + next.toNanos()
                > persistence.patience().toNanos()) {
            throw failure;
        }
        persistence.listener().accept(failure);
        sendIn(next);
    }

    private void sendIn(Duration delay) {
        pendingIs(ClientThreads.in(delay, () -> onCalls(this::send)));
    }

    static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** The pauses between requests of which the server is to hold the responses. Used by one thread at a time. */
    static final class HoldPauses {
        private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

        private volatile long sentAt = System.nanoTime();

        /** Grows while the server responds early although it announced to hold the response. */
        private volatile Duration pause = SHORTEST_PAUSE;

        void sent() {
            sentAt = System.nanoTime();
        }

        /** Zero if the server held its response, as it says if not; growing if it does not say, or responded early. */
        Duration after(HttpResponse<String> response) {
            Duration retryAfter = retryAfter(response);
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
            Duration next = told ? shorter(retryAfter, Duration.ofMillis(jittered)) : Duration.ofMillis(jittered);
            pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
            return next;
        }
    }
}
