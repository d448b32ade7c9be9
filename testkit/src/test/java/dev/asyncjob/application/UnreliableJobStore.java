package dev.asyncjob.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A store whose calls a test observes and lets fail. Safe for use from any thread. */
public final class UnreliableJobStore extends InterceptedJobStore {
    /** Runs before a call. */
    @FunctionalInterface
    public interface Hook {
        void run() throws InterruptedException;
    }

    private final Map<Intent, Hook> hooks = new ConcurrentHashMap<>();
    private final Map<Intent, Semaphore> calls = new EnumMap<>(Intent.class);

    public UnreliableJobStore(JobStore store) {
        super(store);
        for (Intent intent : Intent.values()) {
            calls.put(intent, new Semaphore(0));
        }
    }

    /** Makes the intent fail as unavailable until {@link #recover}. */
    public void breakDown(Intent intent) {
        breakDown(intent, Integer.MAX_VALUE, new StoreUnavailable(new IOException("down on purpose")));
    }

    /** Makes the next {@code times} calls throw {@code fault}. */
    public void breakDown(Intent intent, int times, RuntimeException fault) {
        AtomicInteger left = new AtomicInteger(times);
        beforeEach(intent, () -> {
            if (left.getAndDecrement() > 0) {
                throw fault;
            }
        });
    }

    /** Lets the intent work again. */
    public void recover(Intent intent) {
        beforeEach(intent, () -> {});
    }

    /** Runs the hook in the caller's thread before each call. */
    public void beforeEach(Intent intent, Hook hook) {
        hooks.put(intent, hook);
    }

    /** Waits until the intent was called so many times since the last wait for it, and has returned or failed. */
    public void awaitCalls(Intent intent, int times) throws InterruptedException {
        assertThat(semaphore(intent).tryAcquire(times, 30, TimeUnit.SECONDS))
                .as("called %s", intent)
                .isTrue();
    }

    /** Waits until the intent was called from now on, and has returned or failed. */
    public void awaitFreshCall(Intent intent) throws InterruptedException {
        semaphore(intent).drainPermits();
        awaitCalls(intent, 2); // the first may have begun before
    }

    /** Whether the intent was called since the last wait for it. */
    public boolean wasCalled(Intent intent) {
        return semaphore(intent).availablePermits() > 0;
    }

    /** How often the intent was called since the last wait for it. */
    public int countOf(Intent intent) {
        return semaphore(intent).availablePermits();
    }

    private Semaphore semaphore(Intent intent) {
        return Optional.ofNullable(calls.get(intent)).orElseThrow();
    }

    @Override
    protected <T> T call(Intent intent, Supplier<T> answer) {
        try {
            hooks.getOrDefault(intent, () -> {}).run();
            return answer.get();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted inside the store", e);
        } finally {
            semaphore(intent).release();
        }
    }
}
