package dev.asyncjob.identity;

import dev.asyncjob.identity.internal.file.ErrorMessages;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to an identity provider, with limits for the time and the size of a response and without redirects.
 *
 * <p>The threads are daemons and end when idle, so there is nothing to close. Safe for use from any thread.
 */
final class ProviderHttp {
    /** From the call to the last byte of the response body. */
    static final Duration DEADLINE = Duration.ofSeconds(2);

    private final Executor threads;
    private final HttpClient client;

    ProviderHttp() {
        this(Executors.newCachedThreadPool(ProviderHttp::thread));
    }

    /** Runs on these threads. */
    ProviderHttp(Executor threads) {
        this.threads = threads;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(DEADLINE)
                .executor(threads)
                .build();
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "asyncjob-identity");
        thread.setDaemon(true);
        return thread;
    }

    /** A request with the settings that all have in common. */
    static HttpRequest.Builder request(URI url) {
        return HttpRequest.newBuilder(url).timeout(DEADLINE).header("Accept", "application/json");
    }

    /**
     * Sends a request without waiting.
     *
     * @param maxBody bytes of the response body, at most
     * @return the response, whatever its status; exceptionally if there is none in time, or it is too large
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the inner future is returned, by thenCompose
    CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request, int maxBody) {
        var sent = CompletableFuture.supplyAsync( // resolving a name may block
                () -> client.sendAsync(request, head -> new LimitedBody(maxBody)), threads);
        return sent.thenCompose(exchange -> exchange)
                .orTimeout(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((response, failure) -> {
                    // The client's own time limit ends with the headers: this one cancels a body that never ends.
                    var unused = sent.thenAccept(exchange -> exchange.cancel(true));
                });
    }

    /** Fetches a small document. */
    CompletableFuture<byte[]> fetch(URI url, int maxBody) {
        return send(request(url).GET().build(), maxBody).thenApply(response -> {
            if (response.statusCode() != 200) {
                throw new CompletionException(new IOException("status " + response.statusCode()));
            }
            return response.body();
        });
    }

    /**
     * Makes a reader of what may never come, such as a file of a mount without its server. At most one thread reads;
     * callers that come meanwhile share its result, which, or a failure, comes within the {@link #DEADLINE}.
     */
    <T> Supplier<CompletableFuture<T>> reader(Callable<T> source) {
        return new Supplier<>() {
            private CompletableFuture<T> reading = CompletableFuture.failedFuture(new IllegalStateException());

            @Override
            public synchronized CompletableFuture<T> get() {
                if (reading.isDone()) {
                    CompletableFuture<T> next = new CompletableFuture<>();
                    threads.execute(() -> read(source, next));
                    reading = next;
                }
                return reading.copy().orTimeout(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
            }
        };
    }

    @SuppressWarnings("NullAway") // null if there is no memory for the failure: the next call reads again
    private static <T> void read(Callable<T> source, CompletableFuture<T> result) {
        try {
            result.complete(source.call());
        } catch (Throwable e) {
            try {
                result.completeExceptionally(e);
            } finally {
                result.complete(null);
            }
        }
    }

    /** The reason in one line why there is no usable response. */
    static String reason(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TimeoutException || cause == null) {
            return "no answer within %s s".formatted(DEADLINE.toSeconds());
        }
        return cause instanceof ConnectException ? "no connection" : ErrorMessages.of(cause);
    }

    /**
     * Reads a body of at most a number of bytes, and cancels the exchange at one byte more. Used for one body.
     *
     * <p>The JDK has {@code BodySubscribers.limiting} only from version 25 on.
     */
    private static final class LimitedBody implements BodySubscriber<byte[]> {
        private final BodySubscriber<byte[]> body = BodySubscribers.ofByteArray();
        private final int maxBytes;
        private long received;
        private @Nullable Subscription subscription;

        LimitedBody(int maxBytes) {
            this.maxBytes = maxBytes;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body.getBody();
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            body.onSubscribe(given);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            received += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
            if (received <= maxBytes) {
                body.onNext(buffers);
            } else if (subscription != null) {
                subscription.cancel();
                body.onError(new IOException("more than %s bytes".formatted(maxBytes)));
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.onError(failure);
        }

        @Override
        public void onComplete() {
            body.onComplete();
        }
    }
}
