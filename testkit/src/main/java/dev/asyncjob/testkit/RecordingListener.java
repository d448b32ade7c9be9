package dev.asyncjob.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

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
