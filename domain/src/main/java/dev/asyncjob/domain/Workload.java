package dev.asyncjob.domain;

import java.time.Duration;

/**
 * The pending jobs of one kind.
 *
 * @param kind the kind
 * @param waiting jobs that are due and that no worker holds; the lease of some may have run out
 * @param running jobs that a worker holds
 * @param scheduled jobs that are not due yet: planned for later, or between two attempts
 * @param oldest how long the longest due of the waiting jobs has waited; zero if none waits
 * @param paused whether the kind is paused; of several kinds, whether one is
 */
public record Workload(JobKind kind, long waiting, long running, long scheduled, Duration oldest, boolean paused) {
    /** The pending jobs of a kind that is not paused. */
    public Workload(JobKind kind, long waiting, long running, long scheduled, Duration oldest) {
        this(kind, waiting, running, scheduled, oldest, false);
    }

    /** The same of a kind that is paused. */
    public Workload asPaused() {
        return new Workload(kind, waiting, running, scheduled, oldest, true);
    }

    /** Returns the pending jobs of this kind and of others, under this kind. */
    public Workload plus(Workload others) {
        return new Workload(
                kind,
                waiting + others.waiting,
                running + others.running,
                scheduled + others.scheduled,
                oldest.compareTo(others.oldest) > 0 ? oldest : others.oldest,
                paused || others.paused);
    }
}
