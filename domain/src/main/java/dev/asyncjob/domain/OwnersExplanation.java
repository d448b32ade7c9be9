package dev.asyncjob.domain;

/**
 * The part of an {@link Explanation} that its owner reads: whether the job has ended, is not due, runs, or waits, and
 * about how long.
 */
final class OwnersExplanation implements Explanation.Cases<Explanation> {
    @Override
    public Explanation ended(Explanation.Ended reason) {
        return reason;
    }

    @Override
    public Explanation planned(Explanation.Planned reason) {
        return reason;
    }

    @Override
    public Explanation resting(Explanation.Resting reason) {
        return new Explanation.Resting(reason.until(), reason.attempt(), null);
    }

    @Override
    public Explanation running(Explanation.Running reason) {
        return new Explanation.Running(reason.attempt(), null, reason.since(), reason.leaseUntil(), reason.progress());
    }

    @Override
    public Explanation leaseRanOut(Explanation.LeaseRanOut reason) {
        return new Explanation.Waiting(null, null);
    }

    @Override
    public Explanation attemptsSpent(Explanation.AttemptsSpent reason) {
        return new Explanation.Waiting(null, null);
    }

    @Override
    public Explanation noWorker(Explanation.NoWorker reason) {
        return new Explanation.Waiting(null, null);
    }

    @Override
    public Explanation locked(Explanation.Locked reason) {
        return new Explanation.Waiting(null, null);
    }

    @Override
    public Explanation waiting(Explanation.Waiting reason) {
        return new Explanation.Waiting(null, reason.about());
    }
}
