package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/**
 * Ends jobs whose attempts are spent and removes jobs past their retention, in small batches.
 *
 * <p>Claims and reads do not need it to be right: expired leases are claimable and expired jobs unreadable without it.
 * Several nodes may each run one. No thread exists before {@link #start()}.
 */
public final class Housekeeper implements AutoCloseable {
    /** How often it looks. */
    public static final Duration INTERVAL = Duration.ofMillis(500);

    /** Jobs that one step handles at most. */
    public static final int BATCH = 100;

    private static final Logger LOG = System.getLogger(Housekeeper.class.getName());

    private final JobStore store;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "asyncjob-housekeeper"));
    private boolean started;
    private volatile boolean stopping;

    /** @param store whose house it keeps */
    public Housekeeper(JobStore store) {
        this.store = store;
    }

    /** Begins to look around, until {@link #close()}; calling it again, or after that, does nothing. */
    public synchronized void start() {
        if (started || stopping) {
            return;
        }
        started = true;
        var unused = timer.scheduleWithFixedDelay(this::tidy, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Looks around once, in the caller's thread; leaves the rest for later when the store is unavailable. */
    public void tidy() {
        untilDone("ending spent jobs", store::failSpent);
        untilDone("forgetting jobs", store::forget);
        untilDone("maintaining the store", max -> {
            store.maintain();
            return 0;
        });
    }

    /** Takes all steps of one chore; that it fails keeps no other chore from being done. */
    private void untilDone(String chore, IntUnaryOperator step) {
        try {
            int handled = BATCH;
            while (handled == BATCH && !stopping) {
                handled = step.applyAsInt(BATCH);
            }
        } catch (StoreUnavailable e) {
            LOG.log(Level.DEBUG, "{0} waits: {1}", chore, e.getMessage());
        } catch (Throwable e) { // whatever it was, the timer must go on
            LOG.log(Level.ERROR, chore + " failed", e);
        }
    }

    /** Stops looking and waits up to ten seconds for a step under way. */
    @Override
    public void close() {
        stopping = true;
        timer.shutdown();
        try {
            if (!timer.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "housekeeping is still under way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
