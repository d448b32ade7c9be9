package dev.asyncjob.callbacks;

import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Limits the deliveries in flight to each endpoint, so that a slow endpoint has a few threads and no more. One that did
 * not end its last delivery with an answer within {@link #SLOW} is silent: it has one, and none waits, until it does.
 * Safe for use from any thread.
 */
final class EndpointSlots {
    /** Deliveries in flight to one endpoint at most. */
    static final int MAX_IN_FLIGHT = 5;

    /** Deliveries that wait for one of these at most. */
    static final int MAX_WAITING = 2;

    /** How long one waits. */
    static final Duration MAX_WAIT = Duration.ofMillis(500);

    /** How long a delivery takes at most whose endpoint is not silent: half of its limit. */
    static final Duration SLOW = CallbackSender.LIMIT.dividedBy(2);

    private final Duration wait;
    private final LongSupplier nanoTime;
    private final Lock lock = new ReentrantLock();
    private final Map<Owner, Use> uses = new HashMap<>();

    EndpointSlots() {
        this(MAX_WAIT, System::nanoTime);
    }

    EndpointSlots(Duration wait, LongSupplier nanoTime) {
        this.wait = wait;
        this.nanoTime = nanoTime;
    }

    /** The deliveries to one endpoint. Guarded by the lock. */
    private final class Use {
        final Condition freed = lock.newCondition();
        int inFlight;
        int waiting;
        boolean silent;

        boolean isFree() {
            return inFlight < (silent ? 1 : MAX_IN_FLIGHT);
        }

        boolean isForgettable() {
            return inFlight == 0 && waiting == 0 && !silent;
        }
    }

    /** The right to deliver to an endpoint, until it is ended. */
    final class Slot {
        private final Owner client;
        private final Use use;
        private final long start = nanoTime.getAsLong();

        private Slot(Owner client, Use use) {
            this.client = client;
            this.use = use;
        }

        /** @param answered whether the endpoint has answered */
        void end(boolean answered) {
            lock.lock();
            try {
                use.inFlight--;
                use.silent = !answered || nanoTime.getAsLong() - start > SLOW.toNanos();
                use.freed.signalAll();
                forget(client, use);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Takes a slot of a client's endpoint; empty if there is none soon. */
    Optional<Slot> take(Owner client) throws InterruptedException {
        lock.lock();
        try {
            Use use = uses.computeIfAbsent(client, added -> new Use());
            if (!use.isFree() && (use.silent || use.waiting >= MAX_WAITING || !becomesFree(use))) {
                forget(client, use);
                return Optional.empty();
            }
            Optional<Slot> slot = Optional.of(new Slot(client, use));
            use.inFlight++;
            return slot;
        } finally {
            lock.unlock();
        }
    }

    private boolean becomesFree(Use use) throws InterruptedException {
        use.waiting++;
        try {
            long left = TimeUnit.NANOSECONDS.convert(wait);
            while (!use.isFree() && left > 0) {
                left = use.freed.awaitNanos(left);
            }
            return use.isFree();
        } finally {
            use.waiting--;
        }
    }

    private void forget(Owner client, Use use) {
        if (use.isForgettable()) {
            uses.remove(client, use);
        }
    }

    /** How many deliveries wait for a slot of this client's endpoint; for tests. */
    int waiting(Owner client) {
        lock.lock();
        try {
            Use use = uses.get(client);
            return use == null ? 0 : use.waiting;
        } finally {
            lock.unlock();
        }
    }
}
