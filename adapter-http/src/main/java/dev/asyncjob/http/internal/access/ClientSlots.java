package dev.asyncjob.http.internal.access;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Counts what each client or address has open at once, up to one limit for each. Safe for use from any thread.
 *
 * @param <K> the client or address
 */
public final class ClientSlots<K> {
    private final int limit;
    private final Map<K, Integer> taken = new ConcurrentHashMap<>();

    /** @param limit slots of one client, 1 or more */
    public ClientSlots(int limit) {
        this.limit = limit;
    }

    /** Slots of one client. */
    public int limit() {
        return limit;
    }

    /** Takes a slot, which the caller must {@link #free} once; false if the client has none left. */
    public boolean tryTake(K client) {
        return tryTake(client, 1);
    }

    /** Takes so many slots, or none; false if the client has too few left. */
    public boolean tryTake(K client, int slots) {
        if (taken.merge(client, slots, Integer::sum) <= limit) {
            return true;
        }
        free(client, slots);
        return false;
    }

    /** Gives a slot back. */
    public void free(K client) {
        free(client, 1);
    }

    private void free(K client, int slots) {
        taken.computeIfPresent(client, (key, count) -> count == slots ? null : count - slots);
    }

    /** Begins what a taken slot is for, and frees the slot at its end, or if it cannot begin. */
    public <W> W untilDone(K client, Supplier<W> begin, Function<W, ? extends CompletionStage<?>> end) {
        return untilDone(client, 1, begin, end);
    }

    /** The same for so many slots. */
    public <W> W untilDone(K client, int slots, Supplier<W> begin, Function<W, ? extends CompletionStage<?>> end) {
        try {
            W begun = begin.get();
            var unused = end.apply(begun).whenComplete((value, thrown) -> free(client, slots));
            return begun;
        } catch (Throwable e) {
            free(client, slots);
            throw e;
        }
    }

    /** The slots that a client has taken. */
    int takenBy(K client) {
        return taken.getOrDefault(client, 0);
    }
}
