package dev.asyncjob.application;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.IntUnaryOperator;

/**
 * Ends jobs whose attempts are spent, removes jobs past their retention and maintains the store, in small batches.
 *
 * <p>Claims and reads do not depend on it: expired leases are claimable and expired jobs unreadable without it. Several
 * nodes may each run one. No thread exists before {@link #start()}. Safe for use from any thread.
 */
public final class Housekeeper implements AutoCloseable {
    /** The pause between two runs. */
    public static final Duration INTERVAL = Duration.ofMillis(500);

    /** Jobs that one step handles at most. */
    public static final int BATCH = 100;

    private static final Logger LOG = System.getLogger(Housekeeper.class.getName());
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final JobStore store;
    private final JobObservers observers = new JobObservers();
    private final BackgroundLoop loop;
    private boolean started;
    private volatile boolean stopping;

    /** @param store what is cleaned up and maintained */
    public Housekeeper(JobStore store) {
        this(store, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    public Housekeeper(JobStore store, Execution execution) {
        this.store = store;
        this.loop = execution.loop(
                "asyncjob-housekeeper", this::runOnce, e -> LOG.log(Level.ERROR, "housekeeping failed", e));
    }

    /** Begins to run every {@link #INTERVAL}; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (!started && !stopping) {
            started = true;
            loop.start();
        }
    }

    /** Tells an observer, from now on, when a run has done all that there was to do. */
    public Housekeeper observedBy(JobObserver observer) {
        observers.add(observer);
        return this;
    }

    /** Runs once, in the caller's thread; leaves the rest for later when the store is unavailable. */
    public void tidy() {
        boolean spent = untilDone("ending spent jobs", store::failSpent);
        boolean expired = untilDone("removing expired jobs", store::forget);
        boolean audited = untilDone(
                "removing old interventions", max -> store.interventions().forgetAudit(max));
        boolean payloads = untilDone(
                "removing payloads of failed jobs", max -> store.interventions().forgetPayloads(max));
        boolean maintained = untilDone("maintaining the store", max -> {
            store.maintain();
            return 0;
        });
        if (spent && expired && audited && payloads && maintained) {
            observers.tell(JobObserver::housekept);
        }
    }

    private Duration runOnce() {
        tidy();
        return INTERVAL;
    }

    /** Takes all steps of one task, and returns whether none failed; a failure does not affect the other tasks. */
    private boolean untilDone(String task, IntUnaryOperator step) {
        try {
            int handled = BATCH;
            while (handled == BATCH && !stopping) {
                handled = step.applyAsInt(BATCH);
            }
            return true;
        } catch (StoreUnavailable e) {
            LOG.log(Level.DEBUG, "{0} is delayed: {1}", task, e.getMessage());
        } catch (Throwable e) { // an Error, too, must not affect the other tasks
            LOG.log(Level.ERROR, task + " failed", e);
        }
        return false;
    }

    /** Stops and waits up to ten seconds for a step in progress. */
    @Override
    public synchronized void close() {
        stopping = true;
        if (!loop.stop(CLOSE_TIMEOUT)) {
            LOG.log(Level.WARNING, "housekeeping is still in progress");
        }
    }
}
