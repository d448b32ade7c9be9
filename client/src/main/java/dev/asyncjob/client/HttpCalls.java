package dev.asyncjob.client;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request after the other until there is an answer that counts. Used by one thread at a time.
 *
 * @param <T> what counts
 */
final class HttpCalls<T> {
    private static final Duration SHORTEST_REST = Duration.ofMillis(250);
    static final Duration LONGEST_REST = Duration.ofSeconds(10);

    /** A service that asks for more is asked a little early. */
    private static final long LONGEST_RETRY_AFTER = 3600;

    private final Duration patience;
    private final Supplier<CompletableFuture<HttpResponse<String>>> request;
    private final Function<HttpResponse<String>, Optional<T>> reader;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private volatile @Nullable Future<?> underWay;
    private long lastGood = System.nanoTime();
    private Duration rest = SHORTEST_REST;

    /**
     * @param patience how long after the last good answer
     * @param request sends it
     * @param reader makes of an answer, none that asks to be repeated, what counts; or throws {@link #again}, or what
     *     the result fails with
     */
    HttpCalls(
            Duration patience,
            Supplier<CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader) {
        this.patience = patience;
        this.request = request;
        this.reader = reader;
    }

    /** Not an error: the answer was good, and the question is to be asked again. */
    private static final class Again extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Duration delay;

        Again(Duration delay) {
            super(null, null, false, false);
            this.delay = delay;
        }
    }

    /** To be thrown by the reader. */
    static RuntimeException again(Duration delay) {
        return new Again(delay);
    }

    /** What the answer asks for, at least a second. */
    static Duration retryAfter(HttpResponse<String> answer) {
        return Duration.ofSeconds(answer.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(text -> Math.min(Math.max(1, Long.parseLong(text)), LONGEST_RETRY_AFTER))
                .orElse(1L));
    }

    CompletableFuture<T> begin() {
        var unused = result.whenComplete((value, thrown) -> stop());
        ask();
        return result;
    }

    private void stop() {
        Future<?> last = underWay;
        if (last != null) {
            last.cancel(true);
        }
    }

    private void ask() {
        if (result.isDone()) {
            return;
        }
        CompletableFuture<HttpResponse<String>> answer = request.get();
        underWay = answer;
        if (result.isDone()) {
            stop();
        }
        var unused = answer.whenComplete((good, thrown) -> {
            try {
                hear(good, thrown);
            } catch (Again again) {
                askIn(again.delay);
            } catch (Throwable e) { // whoever waits must not wait for ever, whatever a listener throws
                result.completeExceptionally(e);
            }
        });
    }

    private void hear(@Nullable HttpResponse<String> answer, @Nullable Throwable thrown) {
        if (answer == null) {
            failed(thrown);
        } else if (answer.statusCode() == 429 || answer.statusCode() >= 500) {
            endure(
                    retryAfter(answer),
                    new JobClientException(answer.statusCode(), "", "the service says " + answer.statusCode()));
        } else {
            lastGood = System.nanoTime();
            rest = SHORTEST_REST;
            reader.apply(answer).ifPresent(result::complete);
        }
    }

    private void failed(@Nullable Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (cause instanceof JobClientException known) {
            throw known;
        } else if (cause instanceof IOException || cause instanceof TimeoutException) {
            endure(Duration.ZERO, new JobClientException(0, "", "no answer: " + cause));
        } else {
            throw new JobClientException(0, "", "no request: " + cause);
        }
    }

    /** Asks again, slower and slower, as long as there is patience. */
    private void endure(Duration atLeast, JobClientException failure) {
        Duration next = longer(
                atLeast,
                rest.multipliedBy(ThreadLocalRandom.current().nextInt(75, 126)).dividedBy(100));
        rest = shorter(rest.multipliedBy(2), LONGEST_REST);
        if (System.nanoTime() - lastGood + next.toNanos() > patience.toNanos()) {
            throw failure;
        }
        askIn(next);
    }

    private void askIn(Duration delay) {
        underWay = CompletableFuture.runAsync(
                this::ask, CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS));
        if (result.isDone()) {
            stop();
        }
    }

    static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
