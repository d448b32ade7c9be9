package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a job is as it is: the first reason that holds. A pure function of the facts that a store has read, so every node
 * gives the same.
 *
 * <p>What a reason foretells holds as well: "the next claim takes it" is said only if a worker is there, no job is
 * before it, and no other transaction has locked it.
 */
public sealed interface Explanation {
    /** How long after its last question a worker is taken to be there; some times as long as the facts may be late. */
    Duration ASKING = Duration.ofSeconds(30);

    /** Applies the method of the one reason that it is. */
    <T> T as(Cases<T> cases);

    /** The part that tells nothing of workers and other jobs: whether it has ended, is not due, runs or waits. */
    default Explanation forOwner() {
        return new Waiting(null, null);
    }

    /** A function of each reason. */
    interface Cases<T> {
        /** The job has ended. */
        T ended(Ended reason);

        /** Its kind is paused. */
        T paused(Paused reason);

        /** Its producer does not want it to begin yet. */
        T planned(Planned reason);

        /** It rests after an attempt that failed. */
        T resting(Resting reason);

        /** A worker has it. */
        T running(Running reason);

        /** Its worker has lost it, and the next claim takes it. */
        T leaseRanOut(LeaseRanOut reason);

        /** No attempt is left. */
        T attemptsSpent(AttemptsSpent reason);

        /** It could begin, but as many jobs of its kind run as may. */
        T full(Full reason);

        /** It could begin, but no worker asks for its kind. */
        T noWorker(NoWorker reason);

        /** It could begin, but another transaction has locked it. */
        T locked(Locked reason);

        /** It could begin, and waits for its turn. */
        T waiting(Waiting reason);
    }

    /**
     * It has ended.
     *
     * @param at when
     * @param error the reason of a failure, as its owner reads it; null unless it failed
     * @param retry whether an operator can retry it; null unless it failed and was not cancelled, and for its owner
     */
    record Ended(JobStatus status, Instant at, @Nullable String error, Retry.@Nullable Until retry)
            implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.ended(this);
        }

        @Override
        public Explanation forOwner() {
            return new Ended(status, at, error, null);
        }
    }

    /**
     * No claim takes it while its kind is paused.
     *
     * @param forOwner what holds without the pause, of which its owner learns nothing
     */
    record Paused(JobKind kind, KindState.Pause pause, Explanation forOwner) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.paused(this);
        }
    }

    /** It is to begin no earlier than {@code until}. */
    record Planned(Instant until) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.planned(this);
        }

        @Override
        public Explanation forOwner() {
            return this;
        }
    }

    /**
     * It is tried again no earlier than {@code until}.
     *
     * @param attempt the number of the attempt that failed
     * @param error why; null if that is not known, or not for the reader
     */
    record Resting(Instant until, int attempt, @Nullable String error) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.resting(this);
        }

        @Override
        public Explanation forOwner() {
            return new Resting(until, attempt, null);
        }
    }

    /**
     * A worker has it.
     *
     * @param attempt the number of the attempt
     * @param worker null if that is not for the reader
     * @param since when the attempt began; null if that is not known
     * @param leaseUntil when its lease ends, unless the worker renews it
     * @param renewedAt when the worker last renewed it; null if it has not, or if that was not kept
     * @param progress percent, as the worker said last; null if it did not
     */
    record Running(
            int attempt,
            @Nullable WorkerId worker,
            @Nullable Instant since,
            Instant leaseUntil,
            @Nullable Instant renewedAt,
            @Nullable Double progress)
            implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.running(this);
        }

        @Override
        public Explanation forOwner() {
            return new Running(attempt, null, since, leaseUntil, renewedAt, progress);
        }
    }

    /** The lease of the attempt ran out at {@code at}; the next claim takes the job. */
    record LeaseRanOut(int attempt, WorkerId worker, Instant at) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.leaseRanOut(this);
        }
    }

    /**
     * The last allowed attempt ended with its lease; housekeeping ends the job.
     *
     * @param attempts how many were made
     * @param at when the last lease ended
     * @param housekeptAt when the node that answers last ended such jobs; null if it never did
     */
    record AttemptsSpent(int attempts, Instant at, @Nullable Instant housekeptAt) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.attemptsSpent(this);
        }
    }

    /** No claim takes it while {@code limit} jobs of its kind run, which is as many as may. */
    record Full(JobKind kind, int limit) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.full(this);
        }
    }

    /**
     * No worker has asked for the kind since {@code askedAt}, and none has a job of it; null for never, as far as is
     * known.
     */
    record NoWorker(JobKind kind, @Nullable Instant askedAt) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.noWorker(this);
        }
    }

    /** Another transaction has locked it; null if the database does not tell since when that is open. */
    record Locked(@Nullable Instant since) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.locked(this);
        }
    }

    /**
     * It waits for its turn.
     *
     * @param place the jobs before it and how fast they end; null if that is not for the reader
     * @param about how long it takes until its turn has come, about; null if none has ended recently
     */
    record Waiting(@Nullable Place place, @Nullable Duration about) implements Explanation {
        @Override
        public <T> T as(Cases<T> cases) {
            return cases.waiting(this);
        }

        @Override
        public Explanation forOwner() {
            return new Waiting(null, about);
        }
    }

    /**
     * A place among the jobs that wait.
     *
     * @param before the jobs before it, {@link JobFacts#MAX_BEFORE} at most
     * @param more whether there are more
     * @param perMinute how many jobs of the kind end in a minute, 0 or more
     */
    record Place(int before, boolean more, double perMinute) {}

    /** Judges the facts of a job. */
    static Explanation of(JobFacts facts) {
        AsyncJob job = facts.entry().snapshot().job();
        JobFacts.Work work = facts.work();
        return work == null ? ended(job, facts.payloadUntil()) : pending(facts, work);
    }

    private static Explanation ended(AsyncJob job, @Nullable Instant payloadUntil) {
        if (job instanceof AsyncJob.Failed failed) {
            Retry.Until retry = failed.wasCancelled() ? null : new Retry.Until(payloadUntil);
            return new Ended(failed.status(), failed.endedAt(), failed.failure().message(), retry);
        }
        return new Ended(job.status(), ((AsyncJob.Ended) job).endedAt(), null, null);
    }

    private static Explanation pending(JobFacts facts, JobFacts.Work work) {
        Lease lease = facts.entry().lease();
        int made = work.attempts().made();
        boolean due = !work.availableAt().isAfter(facts.entry().snapshot().asOf());
        if (lease != null && !due) {
            Double progress = facts.entry().progress();
            return new Running(made, lease.worker(), work.begunAt(), lease.expiresAt(), work.renewedAt(), progress);
        }
        if (due && work.attempts().spent()) {
            return new AttemptsSpent(made, work.availableAt(), work.housekeptAt());
        }
        if (work.pause() != null) { // it takes no job from a worker, and housekeeping goes on
            Explanation otherwise =
                    due ? new Waiting(null, null) : notDue(facts, work).forOwner();
            return new Paused(facts.entry().snapshot().job().kind(), work.pause(), otherwise);
        }
        return due ? due(facts, lease, Objects.requireNonNull(work.queue())) : notDue(facts, work);
    }

    private static Explanation notDue(JobFacts facts, JobFacts.Work work) {
        int made = work.attempts().made();
        return made == 0 ? new Planned(work.availableAt()) : new Resting(work.availableAt(), made, facts.lastError());
    }

    private static Explanation due(JobFacts facts, @Nullable Lease lease, JobFacts.Queue queue) {
        JobSnapshot snapshot = facts.entry().snapshot();
        JobKind kind = snapshot.job().kind();
        if (queue.full() != null) {
            return new Full(kind, queue.full());
        }
        Instant askedAt = queue.askedAt();
        boolean asked = askedAt != null && !askedAt.isBefore(snapshot.asOf().minus(ASKING));
        if (!asked && !queue.running()) { // a worker asks for nothing while it has all that it can hold
            return new NoWorker(kind, askedAt);
        }
        if (queue.lock() != null) {
            return new Locked(queue.lock().since());
        }
        if (lease != null && queue.before() == 0) {
            int made = Objects.requireNonNull(facts.entry().attempts());
            return new LeaseRanOut(made, lease.worker(), lease.expiresAt());
        }
        return waiting(queue, snapshot.asOf());
    }

    private static Explanation waiting(JobFacts.Queue queue, Instant now) {
        Place place = new Place(
                Math.min(queue.before(), JobFacts.MAX_BEFORE),
                queue.before() > JobFacts.MAX_BEFORE,
                queue.endedPerMinute(now));
        double minutes = (place.before() + 1) / place.perMinute();
        return new Waiting(place, place.perMinute() == 0 ? null : Duration.ofSeconds((long) Math.ceil(minutes * 60)));
    }
}
