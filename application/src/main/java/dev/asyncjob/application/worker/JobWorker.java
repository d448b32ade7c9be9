package dev.asyncjob.application.worker;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Claims due jobs, runs their handlers, keeps their leases alive and settles them.
 *
 * <p>No thread exists before {@link #start()} or after {@link #close()}. A handler that throws fails its own attempt
 * and nothing else. One that takes longer than {@link WorkerSettings#handlerTimeout} is interrupted and its attempt
 * fails at once; if it keeps running, it keeps its thread. Safe for use from any thread.
 */
public final class JobWorker implements AutoCloseable {
    // Implementation note
    //
    // Threads. One loop claims, one renews leases, one enforces time limits, and one passes on what handlers state,
    // from
    // the first statement on. Handlers run in a pool of
    // WorkerSettings.concurrency threads, which are virtual where the JVM has them (21 and later). OutcomeReporter
    // settles in two threads of its own.
    //
    // An attempt's way. The claim loop adds it to RunningAttempts and queues it for a handler thread. When the handler
    // has returned, OutcomeReporter takes over; the lease is renewed until the outcome is settled, refused or given up.
    //
    // Claiming. ClaimCapacity decides how many jobs are claimed. Where handlers are quick it claims more than there are
    // free threads; what waits for a thread for longer than MAX_QUEUED is released, untried.
    //
    // Suspects. A job whose process may have died of it comes alone. It begins when nothing else is in hand, and
    // nothing is claimed until it has ended. Like every job that waits, it is released after MAX_QUEUED.
    //
    // Store outages. A claim is repeated after AFTER_FAILURE, a renewal and a release are skipped for the rest of the
    // attempts after two failures in a row, an outcome is sent again by OutcomeReporter.
    //
    // Closing. Claims end first and queued attempts are released. Then handlers have stopTimeout to end, and their
    // outcomes a second at least to be settled, while leases are still renewed. Handlers that still run are interrupted
    // and their jobs released. No thread of the store is ever interrupted: H2 closes its file when a thread that writes
    // is interrupted.

    private static final Logger LOG = System.getLogger(JobWorker.class.getName());
    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);
    private static final Duration LAST_GRACE = Duration.ofSeconds(1);
    private static final Duration MAX_QUEUED = Duration.ofSeconds(1);

    /** How soon it claims again after it found only last attempts, for which no thread was idle. */
    private static final Duration NONE_IDLE = Duration.ofMillis(5);

    /** How often the capacity is checked while it is zero: it changes with time, without a signal. */
    private static final Duration CAPACITY_CHECK = Duration.ofMillis(100);

    /** How often time limits are checked, or ten times within a handler's timeout if that is more often. */
    private static final Duration TIME_CHECK = Duration.ofMillis(100);

    private final WorkQueue jobs;
    private final JobSignals signals;
    private final Map<JobKind, JobHandler> handlers;
    private final WorkerSettings settings;
    private final RunningAttempts attempts;
    private final SuspectInHand suspect;
    private final ClaimCapacity capacity;
    private final StatementSender statements;
    private final OutcomeReporter reporter;
    private final HandlerThreads handlerThreads;
    private final Execution execution;
    private final BackgroundLoop claiming;
    private final BackgroundLoop renewing;
    private final BackgroundLoop timing;
    private JobSignals.Subscription subscription = () -> {};
    private boolean started;
    private volatile boolean stopping;

    /**
     * A worker that has not started.
     *
     * @param jobs where it claims and settles
     * @param signals report work before the next poll
     * @param handlers what it can do: at least one kind
     */
    public JobWorker(WorkQueue jobs, JobSignals signals, Map<JobKind, JobHandler> handlers, WorkerSettings settings) {
        this(jobs, signals, handlers, settings, Execution.JVM);
    }

    /** The same in the threads and the time of {@code execution}. */
    public JobWorker(
            WorkQueue jobs,
            JobSignals signals,
            Map<JobKind, JobHandler> handlers,
            WorkerSettings settings,
            Execution execution) {
        this.jobs = jobs;
        this.signals = signals;
        this.handlers = Map.copyOf(handlers);
        this.settings = settings;
        this.execution = execution;
        this.claiming = loop("claim", this::claimOnce);
        this.renewing = loop("renew", this::renewOnce);
        this.timing = loop("watch", this::checkTimeLimits);
        this.attempts = new RunningAttempts(jobs);
        this.suspect = new SuspectInHand(attempts);
        this.statements = new StatementSender(settings.lease(), execution);
        this.reporter =
                new OutcomeReporter(jobs, statements::sendRest, attempts::remove, this::outcomesSent, execution);
        this.capacity = new ClaimCapacity(
                settings.concurrency(), reporter::size, claiming::signal, renewing::signal, execution);
        this.handlerThreads = new HandlerThreads(settings.concurrency(), this::handlerEnded, execution);
        claimOf(1);
    }

    /** Begins to work; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (started || stopping) {
            return;
        }
        subscription = signals.subscribe(new JobSignals.PromptListener() {
            @Override
            public void workAvailable(JobKind kind) {
                if (handlers.containsKey(kind)) {
                    claiming.signal();
                }
            }
        });
        started = true;
        renewing.start(); // first: if there is no thread for one of them, nothing is claimed
        timing.start();
        reporter.start();
        claiming.start();
    }

    /**
     * Works off the jobs that are due now, in the caller's thread and without {@link #start()} or time limits; for
     * tests.
     *
     * @return how many attempts were made
     */
    public int runDueJobs() {
        int made = 0;
        List<ClaimedJob> claimed = jobs.claim(claimOf(1));
        while (!claimed.isEmpty()) {
            claimed.forEach(job -> runHere(attempt(job)));
            made += claimed.size();
            claimed = jobs.claim(claimOf(1));
        }
        return made;
    }

    private void runHere(Attempt attempt) {
        Optional<Outcome> outcome = attempt.run();
        boolean interrupted = Thread.interrupted(); // must not reach the store
        outcome.ifPresent(it -> reporter.send(attempt, it));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Stops claiming, releases the jobs that no handler has begun, waits up to {@link WorkerSettings#stopTimeout} for
     * handlers to end and for their outcomes to be settled, then interrupts them, releases their jobs and waits a
     * second more. What a handler returns after that is ignored.
     */
    @Override
    public synchronized void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        subscription.close();
        long deadline = execution.nanoTime() + settings.stopTimeout().toNanos();
        claiming.stop(settings.stopTimeout());
        attempts.releaseQueued(Duration.ZERO);
        boolean ended = handlerThreads.shutDown(execution.until(deadline));
        Duration left = execution.until(deadline);
        if (!reporter.awaitEmpty(left.compareTo(LAST_GRACE) < 0 ? LAST_GRACE : left) || !ended) {
            attempts.releaseAll();
            handlerThreads.shutDown(LAST_GRACE);
        }
        renewing.stop(Duration.ZERO);
        timing.stop(Duration.ZERO);
        statements.close();
        reporter.close();
    }

    private Claim claimOf(int max) {
        return new Claim(settings.name(), handlers.keySet(), max, settings.lease());
    }

    private Attempt attempt(ClaimedJob job) {
        JobHandler handler = handlers.getOrDefault(job.job().kind(), JobWorker::failUnclaimedKind);
        return new Attempt(jobs, handler, job, execution, started ? statements::add : stated -> {});
    }

    private static Outcome failUnclaimedKind(ClaimedJob job) {
        throw new IllegalStateException("the store gave out a job of a kind that was not claimed");
    }

    private Duration claimOnce() {
        if (suspect.exists()) {
            suspect.toBegin().ifPresent(alone -> {
                begin(alone);
            });
            return CAPACITY_CHECK;
        }
        int max = Math.min(capacity.now(), Claim.MAX_JOBS);
        if (max == 0) {
            return CAPACITY_CHECK;
        }
        try {
            Claim claim = claimOf(max).withReady(Math.min(capacity.idle(), max));
            List<ClaimedJob> claimed = jobs.claim(claim);
            if (claimed.isEmpty()) {
                return claim.ready() == 0 ? NONE_IDLE : settings.pollInterval();
            }
            return begin(claimed);
        } catch (StoreUnavailable e) {
            LOG.log(Level.WARNING, "cannot claim jobs: {0}", e.getMessage());
            return shorter(settings.pollInterval(), AFTER_FAILURE);
        }
    }

    private Duration begin(List<ClaimedJob> claimed) {
        if (claimed.get(0).suspect()) {
            suspect.add(attempt(claimed.get(0)));
            return Duration.ZERO;
        }
        boolean allBegun = true;
        for (ClaimedJob job : claimed) { // one that has no memory for its attempt: its lease runs out
            allBegun &= begin(attempt(job));
        }
        return allBegun ? Duration.ZERO : AFTER_FAILURE;
    }

    /** Returns whether a thread will run the attempt, which is released otherwise. */
    private boolean begin(Attempt attempt) {
        attempts.add(attempt);
        capacity.claimed(1);
        try {
            handlerThreads.execute(attempt, () -> run(attempt));
            return true;
        } catch (Throwable e) { // no thread, no memory, or close() did not wait for a slow claim
            handlerEnded(attempt);
            attempts.release(List.of(attempt));
            LOG.log(Level.WARNING, "job {0} is released, no thread can run it: {1}", attempt.id(), e.toString());
            return false;
        }
    }

    private void run(Attempt attempt) {
        try {
            attempt.run().ifPresentOrElse(outcome -> reporter.add(attempt, outcome), () -> attempts.remove(attempt));
        } catch (Throwable e) { // no memory to report it: the lease runs out
            attempts.remove(attempt);
        }
    }

    private void handlerEnded(Attempt attempt) {
        if (attempt.leavesHand()) {
            capacity.handlerEnded();
        }
    }

    private void outcomesSent() {
        capacity.outcomesSent();
    }

    private Duration renewOnce() {
        long start = execution.nanoTime();
        int leases = attempts.renewAll(settings);
        if (leases < 0) {
            return shorter(settings.renewEvery(), AFTER_FAILURE);
        }
        capacity.renewed(leases, execution.since(start), settings.renewEvery());
        return settings.renewEvery();
    }

    private Duration checkTimeLimits() {
        attempts.timeOut(settings.handlerTimeout(), reporter::add);
        attempts.releaseQueued(MAX_QUEUED);
        handlerThreads.replaceStuck();
        return shorter(settings.handlerTimeout().dividedBy(10), TIME_CHECK);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private BackgroundLoop loop(String role, BackgroundLoop.Step step) {
        return execution.loop("asyncjob-" + role, step, e -> LOG.log(Level.ERROR, "the " + role + " loop failed", e));
    }
}
