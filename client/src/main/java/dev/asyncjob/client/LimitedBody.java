package dev.asyncjob.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Reads the body of a response as text, with limits of size and time. The JDK has none:
 * {@link java.net.http.HttpRequest.Builder#timeout} covers the head only.
 */
final class LimitedBody implements BodySubscriber<String> {
    /** More than any body of the contract has. */
    static final int MAX_BYTES = 1 << 20;

    private final BodySubscriber<String> text = BodySubscribers.ofString(StandardCharsets.UTF_8);
    private final CompletableFuture<String> body =
            text.getBody().toCompletableFuture().thenApply(Function.identity());
    private final ResponseInfo head;
    private final Duration atMost;
    private long bytes;

    /** @param atMost how long the body may take */
    LimitedBody(ResponseInfo head, Duration atMost) {
        this.head = head;
        this.atMost = atMost;
    }

    @Override
    public CompletionStage<String> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        var unused = body.orTimeout(atMost.toMillis(), TimeUnit.MILLISECONDS).whenComplete((read, thrown) -> {
            if (thrown != null) {
                subscription.cancel();
            }
        });
        text.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
        bytes += item.stream().mapToLong(ByteBuffer::remaining).sum();
        if (bytes > MAX_BYTES) {
            body.completeExceptionally(new JobClientException(
                    head.statusCode(), "", "the response is longer than " + MAX_BYTES + " bytes"));
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
