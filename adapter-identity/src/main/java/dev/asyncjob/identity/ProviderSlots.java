package dev.asyncjob.identity;

import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits the requests to an identity provider that are open at once, in all and for one client, so that no client can
 * use up those of the others. Safe for use from any thread.
 */
final class ProviderSlots {
    /** Open requests, at most. */
    static final int MAX = 256;

    /** Open requests for one client, at most. */
    static final int MAX_OF_CLIENT = 32;

    /** How long a request may be open, at most: one whose end was lost for want of memory keeps its slot no longer. */
    static final Duration LONGEST = ProviderHttp.DEADLINE.multipliedBy(5);

    private final LongSupplier nanoTime;

    /** The oldest first. Guarded by this. */
    private final Set<Slot> open = new LinkedHashSet<>();

    /** @param nanoTime a clock like {@link System#nanoTime} */
    ProviderSlots(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The right to one request. */
    final class Slot {
        private final Owner client;
        private final long since = nanoTime.getAsLong();

        private Slot(Owner client) {
            this.client = client;
        }

        /** Whether the request must have ended long ago. */
        boolean isLost() {
            return nanoTime.getAsLong() - since > LONGEST.toNanos();
        }

        /** Gives the slot back, once. */
        void release() {
            synchronized (ProviderSlots.this) {
                open.remove(this);
            }
        }
    }

    /** Takes a slot; null if the client or the server has no free one. */
    synchronized @Nullable Slot take(Owner client) {
        while (!open.isEmpty() && open.iterator().next().isLost()) {
            open.remove(open.iterator().next());
        }
        long ofClient = open.stream().filter(slot -> slot.client.equals(client)).count();
        if (open.size() >= MAX || ofClient >= MAX_OF_CLIENT) {
            return null;
        }
        Slot slot = new Slot(client);
        open.add(slot);
        return slot;
    }
}
