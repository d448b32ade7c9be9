package dev.asyncjob.testkit;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Jobs for unit tests of code that schedules or handles them: in memory, on a clock that the test moves. Due jobs run
 * when the test calls {@link #runDue()}, in its thread.
 *
 * <pre>{@code
 * TestJobs jobs = new TestJobs().handle(kind, handler);
 * jobs.useCases().schedule(job);
 * jobs.advance(Duration.ofMinutes(1)).runDue();
 * }</pre>
 *
 * <p>Not safe for use from several threads at once.
 */
public final class TestJobs {
    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final Map<JobKind, JobHandler> handlers = new HashMap<>();
    private final InMemoryJobStore store;
    private final JobUseCases useCases;

    /** Jobs with the default policy. */
    public TestJobs() {
        this(WorkPolicy.defaults());
    }

    /** Jobs with the given policy. */
    public TestJobs(WorkPolicy policy) {
        store = new InMemoryJobStore(policy, clock, signals);
        useCases = JobUseCases.over(store, policy);
    }

    /** Sets the handler for jobs of a kind. */
    public TestJobs handle(JobKind kind, JobHandler handler) {
        handlers.put(kind, handler);
        return this;
    }

    /** The use cases to pass to the code under test. */
    public JobUseCases useCases() {
        return useCases;
    }

    /** The signals to pass to the code under test. */
    public JobSignals signals() {
        return signals;
    }

    /** Advances the clock. */
    public TestJobs advance(Duration step) {
        clock.advance(step);
        return this;
    }

    /**
     * Runs the handlers of all jobs that are due, in the caller's thread, and ends jobs whose attempts are spent.
     *
     * @return how many attempts were made
     */
    public int runDue() {
        store.failSpent(Integer.MAX_VALUE);
        try (JobWorker worker = new JobWorker(useCases, signals, handlers, WorkerSettings.named("test"))) {
            return worker.runDueJobs();
        }
    }

    /**
     * Returns a job of any owner.
     *
     * @throws AssertionError if there is none
     */
    public AsyncJob job(JobId id) {
        return store.find(id).orElseThrow(() -> new AssertionError("no job " + id));
    }

    /**
     * Schedules a job and returns its id.
     *
     * @throws AssertionError if its id is taken
     */
    public JobId schedule(NewJob job) {
        return Jobs.accepted(useCases.schedule(job)).job().id();
    }
}
