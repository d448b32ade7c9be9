package dev.asyncjob.http.internal.access;

import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each client or address has open at once, up to one limit for each. A slot is given back without memory.
 * Safe for use from any thread.
 *
 * @param <K> the client or address
 */
public final class ClientSlots<K> {
    private final int limit;
    private final Counts<K> taken = new Counts<>();

    /** @param limit slots of one client, 1 or more */
    public ClientSlots(int limit) {
        this.limit = limit;
    }

    /**
     * Slots that were taken together. It is a resource of the statement that begins what they are for: they are given
     * back at its end, unless they are {@linkplain #keptUntil kept}.
     */
    public final class Slot implements AutoCloseable, BiConsumer<Object, Throwable> {
        private final K client;
        private final int count;
        private boolean kept;
        private boolean free;

        private Slot(K client, int count) {
            this.client = client;
            this.count = count;
        }

        /** Keeps the slots until a stage completes, however it does. */
        public void keptUntil(CompletionStage<?> end) {
            var unused = end.whenComplete(this);
            kept = true;
        }

        @Override
        public void close() {
            if (!kept) {
                free();
            }
        }

        @Override
        public void accept(Object value, Throwable thrown) {
            free();
        }

        /** Gives the slots back, once. */
        synchronized void free() {
            if (!free) {
                free = true;
                taken.subtract(client, count);
            }
        }
    }

    /** Slots of one client. */
    public int limit() {
        return limit;
    }

    /** Takes a slot; null if the client has none left. */
    public @Nullable Slot take(K client) {
        return take(client, 1);
    }

    /** Takes so many slots, or none; null if the client has too few left. */
    public @Nullable Slot take(K client, int count) {
        Slot slot = new Slot(client, count);
        return taken.add(client, count, limit) == 0 ? null : slot;
    }

    /** Takes a slot until a request is answered; false if the client has none left. */
    public boolean takeFor(Request request, K client) {
        try (Slot slot = take(client)) {
            if (slot != null) {
                Request.addCompletionListener(request, failure -> slot.free());
                slot.kept = true;
            }
            return slot != null;
        }
    }

    /** The slots that a client has taken. */
    int takenBy(K client) {
        return taken.of(client);
    }
}
