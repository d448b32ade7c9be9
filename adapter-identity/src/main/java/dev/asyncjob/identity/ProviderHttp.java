package dev.asyncjob.identity;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks an identity provider, and lets it neither keep us waiting nor fill our memory nor send us elsewhere.
 *
 * <p>Its threads are daemons and end when idle, so there is nothing to close. Safe for use from any thread.
 */
final class ProviderHttp {
    /** From the call to the last byte of the answer's body. */
    static final Duration DEADLINE = Duration.ofSeconds(2);

    private final ExecutorService threads = Executors.newCachedThreadPool(ProviderHttp::thread);
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(DEADLINE)
            .executor(threads)
            .build();

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "asyncjob-identity");
        thread.setDaemon(true);
        return thread;
    }

    /** A request to start from. */
    static HttpRequest.Builder request(URI url) {
        return HttpRequest.newBuilder(url).timeout(DEADLINE).header("Accept", "application/json");
    }

    /**
     * Sends a request without waiting.
     *
     * @param maxBody bytes of the answer's body at most
     * @return the answer, whatever its status; exceptionally if there was none in time, or it was too large
     */
    CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request, int maxBody) {
        CompletableFuture<HttpResponse<byte[]>> answer = new CompletableFuture<>();
        threads.execute(() -> send(request, maxBody, answer)); // resolving a name may block
        return answer.orTimeout(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void send(HttpRequest request, int maxBody, CompletableFuture<HttpResponse<byte[]>> answer) {
        try {
            CompletableFuture<HttpResponse<byte[]>> sent = client.sendAsync(request, head -> new LimitedBody(maxBody));
            var unused = sent.whenComplete((response, failure) -> {
                if (failure == null) {
                    answer.complete(response);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
            // The client's own limits end with the headers: a body that never ends is hung up on here.
            var unusedToo = answer.whenComplete((response, failure) -> sent.cancel(true));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    /** Fetches a small document. */
    CompletableFuture<byte[]> fetch(URI url, int maxBody) {
        return send(request(url).GET().build(), maxBody).thenApply(response -> {
            if (response.statusCode() != 200) {
                throw new CompletionException(new IOException("it answered " + response.statusCode()));
            }
            return response.body();
        });
    }

    /** Says in one line why there was no answer. */
    static String explain(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TimeoutException || cause == null) {
            return "no answer within %d s".formatted(DEADLINE.toSeconds());
        }
        return cause instanceof ConnectException ? "no connection" : ErrorMessages.of(cause);
    }
}
