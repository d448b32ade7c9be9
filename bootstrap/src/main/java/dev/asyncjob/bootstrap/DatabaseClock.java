package dev.asyncjob.bootstrap;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The clock of the database, for the ends of secrets and tokens: that of a node may be wrong, or be set while the node
 * runs.
 *
 * <p>It is read every {@link #PAUSE}, and continued by the process's monotonic time in between and while the database
 * is away. Before a database is followed it is the node's own. Safe for use from any thread.
 */
final class DatabaseClock extends Clock {
    /** The time between two readings. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Logger LOG = System.getLogger(DatabaseClock.class.getName());

    private final Clock own;
    private final LongSupplier nanoTime;
    private volatile @Nullable Reading last;

    private record Reading(Instant at, long nanoTime) {}

    /**
     * A clock that follows no database yet.
     *
     * @param own the node's own
     * @param nanoTime a clock like {@link System#nanoTime}
     */
    DatabaseClock(Clock own, LongSupplier nanoTime) {
        this.own = own;
        this.nanoTime = nanoTime;
    }

    /** Follows a database whose clock this is, until the result is closed. */
    AutoCloseable follow(Supplier<Instant> database) {
        read(database);
        BackgroundLoop loop = new BackgroundLoop(
                "asyncjob-clock",
                () -> {
                    read(database);
                    return PAUSE;
                },
                e -> LOG.log(Level.WARNING, "cannot read the database's clock", e));
        loop.start();
        return () -> loop.stop(PAUSE);
    }

    /** Reads the clock of the database; while it is away the last reading is continued. */
    void read(Supplier<Instant> database) {
        try {
            last = new Reading(database.get(), nanoTime.getAsLong());
        } catch (StoreUnavailable e) {
            LOG.log(Level.DEBUG, "cannot read the database's clock", e);
        }
    }

    @Override
    public Instant instant() {
        Reading reading = last;
        return reading == null ? own.instant() : reading.at().plusNanos(nanoTime.getAsLong() - reading.nanoTime());
    }

    @Override
    public ZoneId getZone() {
        return own.getZone();
    }

    /** Is not supported: only instants are read. */
    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
    }
}
