package dev.asyncjob.http.internal.jetty;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all connections of a server together may occupy for one purpose. Safe for use from any thread. */
public final class MemoryBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit bytes at most */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** The bytes of all open shares. */
    public long used() {
        return used.get();
    }

    private boolean add(long bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** The part of the budget that one request or connection occupies, at first nothing. */
    public final class Share implements AutoCloseable {
        private long bytes;
        private boolean closed;

        /** Occupies so many bytes instead of fewer; false, without an effect, if the budget or the share has ended. */
        public synchronized boolean growTo(long size) {
            if (size > bytes && (closed || !add(size - bytes))) {
                return false;
            }
            bytes = Math.max(bytes, size);
            return true;
        }

        /** Occupies nothing. */
        public synchronized void clear() {
            used.addAndGet(-bytes);
            bytes = 0;
        }

        /** Occupies nothing from now on. */
        @Override
        public synchronized void close() {
            clear();
            closed = true;
        }
    }
}
