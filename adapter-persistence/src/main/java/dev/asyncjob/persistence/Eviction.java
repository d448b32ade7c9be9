package dev.asyncjob.persistence;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ends pooled connections after failures that show the end of a session, or its uselessness, beside those that HikariCP
 * knows itself.
 *
 * <p>A write that was refused as read-only ends all connections, at most once a second: the address that they were made
 * with may lead to another server now. Safe for use from any thread.
 */
final class Eviction implements SQLExceptionOverride {
    private static final String READ_ONLY = "25006";

    /**
     * SQLSTATEs of PostgreSQL: a session that was ended since a transaction or the session itself was idle, or since
     * its database was dropped. One of H2: it closes its database when a write fails, as on a full disk, and only new
     * connections open it again.
     */
    private static final Set<String> ENDED = Set.of("25P03", "25P04", "57P04", "57P05", "90098");

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final List<Runnable> ofAll = new CopyOnWriteArrayList<>();
    private final AtomicLong next = new AtomicLong(System.nanoTime());

    /** Adds what ends all connections of some kind. */
    void evicts(Runnable all) {
        ofAll.add(all);
    }

    @java.lang.Override
    public SQLExceptionOverride.Override adjudicate(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        if (state.equals(READ_ONLY)) {
            long due = next.get();
            if (System.nanoTime() - due >= 0 && next.compareAndSet(due, System.nanoTime() + INTERVAL.toNanos())) {
                ofAll.forEach(Runnable::run);
            }
        }
        return state.equals(READ_ONLY) || ENDED.contains(state)
                ? SQLExceptionOverride.Override.MUST_EVICT
                : SQLExceptionOverride.Override.CONTINUE_EVICT;
    }
}
