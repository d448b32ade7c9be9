package dev.asyncjob.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Reads the body of a response as text, with limits of size and time. The JDK has none:
 * {@link java.net.http.HttpRequest.Builder#timeout} covers the head only.
 */
final class LimitedBody implements BodySubscriber<String> {
    /** More than any body of the contract has for one job. */
    static final int MAX_BYTES = 1 << 20;

    /** In the place of a body with more; unreadable. */
    private static final String TOO_LONG = "<too long>";

    private final BodySubscriber<String> text = BodySubscribers.ofString(StandardCharsets.UTF_8);
    private final CompletableFuture<String> body =
            text.getBody().toCompletableFuture().thenApply(Function.identity());
    private final Duration atMost;
    private final long maxBytes;
    private long bytes;

    /** A body that may describe so many jobs, and take {@code atMost}. */
    LimitedBody(Duration atMost, int jobs) {
        this.atMost = atMost;
        this.maxBytes = (long) MAX_BYTES * jobs;
    }

    @Override
    public CompletionStage<String> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        Future<?> limit = ClientThreads.in(atMost, () -> body.completeExceptionally(new TimeoutException()));
        var unused = body.whenComplete((read, thrown) -> {
            limit.cancel(false);
            if (thrown != null || read.equals(TOO_LONG)) {
                subscription.cancel();
            }
        });
        text.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
        bytes += item.stream().mapToLong(ByteBuffer::remaining).sum();
        if (bytes > maxBytes) {
            body.complete(TOO_LONG);
        } else {
            text.onNext(item);
        }
    }

    @Override
    public void onError(Throwable thrown) {
        text.onError(thrown);
    }

    @Override
    public void onComplete() {
        text.onComplete();
    }
}
