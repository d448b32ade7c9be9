package dev.asyncjob.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A listener that counts the signals until a rule awaits them. Safe for use from any thread. */
final class RecordingListener implements JobSignals.Listener {
    private final Map<Object, Semaphore> signals = new ConcurrentHashMap<>();

    @Override
    public void workAvailable(JobKind kind) {
        received(kind).release();
    }

    @Override
    public void jobChanged(JobId id) {
        received(id).release();
    }

    void awaitWork(JobKind kind) {
        await(kind);
    }

    void awaitChange(JobId id) {
        await(id);
    }

    boolean hasReceivedNothing() {
        return signals.isEmpty();
    }

    /** Returns the first that a listener of its own finds when it gets the signal of a change. */
    static <T> T findAtSignal(JobSignals signals, Object signal, Supplier<Stream<T>> search, Runnable change) {
        CompletableFuture<T> found = new CompletableFuture<>();
        JobSignals.Subscription subscription = signals.subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                search(kind);
            }

            @Override
            public void jobChanged(JobId id) {
                search(id);
            }

            private void search(Object what) {
                if (what.equals(signal)) { // in a thread of its own, which sees only what is committed
                    CompletableFuture.runAsync(() -> search.get().forEach(found::complete))
                            .orTimeout(JobSignalsContract.PATIENCE_SECONDS, SECONDS)
                            .join();
                }
            }
        });
        change.run();
        assertThat(found)
                .as("found at the signal of %s", signal)
                .succeedsWithin(Duration.ofSeconds(JobSignalsContract.PATIENCE_SECONDS));
        subscription.close();
        return found.join();
    }

    private void await(Object what) {
        try {
            assertThat(received(what).tryAcquire(JobSignalsContract.PATIENCE_SECONDS, SECONDS))
                    .as("signal of %s", what)
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for a signal", e);
        }
    }

    private Semaphore received(Object what) {
        return signals.computeIfAbsent(what, unused -> new Semaphore(0));
    }
}
