package dev.asyncjob.identity;

import dev.asyncjob.domain.Owner;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Limits the requests to an identity provider that are open at once, in all and for one client, so that no client can
 * use up those of the others. Safe for use from any thread.
 */
final class ProviderSlots {
    /** Open requests, at most. */
    static final int MAX = 256;

    /** Open requests for one client, at most. */
    static final int MAX_OF_CLIENT = 32;

    private final Semaphore all = new Semaphore(MAX);
    private final Map<Owner, Integer> open = new ConcurrentHashMap<>();

    /** Takes a slot; false if the client or the server has no free one. */
    boolean tryAcquire(Owner client) {
        if (!all.tryAcquire()) {
            return false;
        }
        if (open.merge(client, 1, Integer::sum) > MAX_OF_CLIENT) {
            release(client);
            return false;
        }
        return true;
    }

    /** Returns a slot that was taken. */
    void release(Owner client) {
        open.computeIfPresent(client, (same, slots) -> slots == 1 ? null : slots - 1);
        all.release();
    }
}
