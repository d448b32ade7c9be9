package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobLocked;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Limits how many connections of the pool wait for locks of other transactions at a time. A call first tries with a
 * short wait; one that needs more waits without a connection, and with one only when it is its turn.
 *
 * <p>It remembers the ids and keys that calls had to wait for, so that later calls with these names go to the queue at
 * once. Safe for use from any thread.
 */
final class LockQueue {
    /** The time for which a first try waits for a lock; longer than the locks of a statement of the store last. */
    static final Duration SHORT_WAIT = Duration.ofMillis(20);

    /** The time for which a queued call waits for a lock, in its turn, before it queues again. */
    static final Duration TURN = Duration.ofMillis(250);

    /** The calls that wait for their turn at most; more end at once with {@link JobLocked}. */
    static final int MAX_QUEUED = 32;

    /** How long a name counts as locked after the last call that had to wait for it. */
    private static final Duration MEMORY = Duration.ofSeconds(5);

    private static final int MAX_REMEMBERED = 10_000;

    private final Semaphore tries;
    private final Semaphore turns;
    private final Map<Object, Long> lockedSince = new ConcurrentHashMap<>();
    private volatile long lastLocked = System.nanoTime() - MEMORY.toNanos();

    /** @param poolSize the number of connections; half of them may try when locks were seen, a quarter have a turn */
    LockQueue(int poolSize) {
        tries = new Semaphore((poolSize + 1) / 2, true);
        turns = new Semaphore((poolSize + 3) / 4, true);
    }

    /** Returns whether a call recently had to wait for a lock on one of these names. */
    boolean mayBeLocked(Collection<?> names) {
        return !lockedSince.isEmpty() && names.stream().anyMatch(this::mayBeLocked);
    }

    private boolean mayBeLocked(Object name) {
        Long since = lockedSince.get(name);
        return since != null && (System.nanoTime() - since < MEMORY.toNanos() || !lockedSince.remove(name, since));
    }

    /**
     * Makes a call about one job, and repeats it until it does not end with {@link JobLocked} or the time is up.
     *
     * @param names its id and keys
     * @param first waits for locks up to {@link #SHORT_WAIT}
     * @param turn waits for locks up to {@link #TURN}
     * @throws JobLocked if the lock was not released in time, or too many calls wait already
     */
    <T> T call(Collection<?> names, Supplier<T> first, Supplier<T> turn) {
        if (!mayBeLocked(names)) {
            boolean limited = System.nanoTime() - lastLocked < MEMORY.toNanos();
            if (limited) {
                acquire(tries);
            }
            try {
                return first.get();
            } catch (JobLocked e) {
                lastLocked = System.nanoTime();
            } finally {
                if (limited) {
                    tries.release();
                }
            }
        }
        return await(names, turn);
    }

    /**
     * Makes a call for many callers.
     *
     * @param first waits for locks up to {@link #SHORT_WAIT}
     * @return empty if it had to wait for longer
     */
    <T> Optional<T> callUnlessLocked(Supplier<T> first) {
        try {
            return Optional.of(first.get());
        } catch (JobLocked e) {
            lastLocked = System.nanoTime(); // the calls about its jobs come next
            return Optional.empty();
        }
    }

    /** Repeats a call as {@link #call} does, without a first try. */
    <T> T await(Collection<?> names, Supplier<T> turn) {
        remember(names);
        while (true) {
            if (turns.getQueueLength() >= MAX_QUEUED) {
                throw new JobLocked(new TimeoutException("too many calls wait for locks"));
            }
            acquire(turns);
            try {
                T result = turn.get();
                lockedSince.keySet().removeAll(names);
                return result;
            } catch (JobLocked e) {
                if (Deadline.left().compareTo(TURN) < 0) {
                    throw e;
                }
            } finally {
                turns.release();
            }
        }
    }

    private void remember(Collection<?> names) {
        if (lockedSince.size() > MAX_REMEMBERED) {
            lockedSince.clear();
        }
        long now = System.nanoTime();
        names.forEach(name -> lockedSince.put(name, now));
    }

    private static void acquire(Semaphore permits) {
        try {
            if (!permits.tryAcquire(Deadline.left().minus(TURN).toNanos(), TimeUnit.NANOSECONDS)) {
                throw new JobLocked(new TimeoutException("other calls wait for locks, too"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobLocked(e);
        }
    }
}
