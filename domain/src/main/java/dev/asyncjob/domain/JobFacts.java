package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store knows of one job, read together: the facts that {@link Explanation#of} judges.
 *
 * @param entry the job as operators see it
 * @param promised its planned end in the answer to its producer
 * @param work what only pending jobs have; null once it has ended
 * @param history the attempts that have ended, the newest first, {@link EndedAttempt#MAX_KEPT} at most
 * @param trace the trace in which it was scheduled, without a state; null for none, or if that was not kept
 * @param payloadUntil until when what a new job needs is kept, see {@link WorkPolicy#payloadUntil}; null if it is not
 */
public record JobFacts(
        JobPage.Entry entry,
        Instant promised,
        @Nullable Work work,
        List<EndedAttempt> history,
        @Nullable TraceContext trace,
        @Nullable Instant payloadUntil) {
    /** Jobs that are counted before this one; with more of them the number is one more. */
    public static final int MAX_BEFORE = 10_000;

    /** The time in which ends of other jobs of the kind are counted. */
    public static final Duration RECENTLY = Duration.ofMinutes(10);

    /** Jobs of the kind that have ended recently and are counted, at most. */
    public static final int MAX_ENDED = 1_000;

    /** Jobs that are not due and are looked at for one that runs, at most. */
    public static final int MAX_NEXT = 1_000;

    /** Copies the list. */
    public JobFacts {
        history = List.copyOf(history);
    }

    /**
     * The attempts at a pending job.
     *
     * @param attempts how many were made and are allowed
     * @param availableAt when it can be claimed; while it is leased, when the lease ends
     * @param begunAt when the newest lease began; null if no worker holds one, or if that was not kept
     * @param renewedAt when that lease was last renewed; null if it was not, or if that was not kept
     * @param housekeptAt when this node last ended jobs whose attempts are spent; null if it never did
     * @param pause the pause of its kind; null if there is none
     * @param queue what a job that can be claimed waits for; null for any other
     */
    public record Work(
            Attempts attempts,
            Instant availableAt,
            @Nullable Instant begunAt,
            @Nullable Instant renewedAt,
            @Nullable Instant housekeptAt,
            KindState.@Nullable Pause pause,
            @Nullable Queue queue) {
        /** The same of a job that can be claimed. */
        public Work waitingFor(Queue what) {
            return new Work(attempts, availableAt, begunAt, renewedAt, housekeptAt, pause, what);
        }
    }

    /**
     * What a job that can be claimed waits for.
     *
     * @param before jobs of its kind that can be claimed and have been longer, {@link #MAX_BEFORE} and one at most
     * @param ended jobs of its kind that ended {@link #RECENTLY}, {@link #MAX_ENDED} at most
     * @param firstEnd when the first of them ended; null if there are none
     * @param running whether a worker has a job of its kind, as far as {@link #MAX_NEXT} of them tell
     * @param askedAt when a worker last asked for the kind, up to some seconds late; null if none ever did
     * @param lock the lock of another transaction on the job; null if there is none
     * @param full how many jobs of its kind may run, if so many do; null otherwise
     */
    public record Queue(
            int before,
            int ended,
            @Nullable Instant firstEnd,
            boolean running,
            @Nullable Instant askedAt,
            @Nullable Lock lock,
            @Nullable Integer full) {
        /** Counts over a minute at least, so that a single end a moment ago is no thousand a minute. */
        double endedPerMinute(Instant now) {
            if (firstEnd == null) {
                return 0;
            }
            double minutes = Duration.between(firstEnd, now).toMillis() / 60_000.0;
            return ended / Math.max(minutes, 1);
        }
    }

    /**
     * A lock of another transaction.
     *
     * @param since when that transaction began; null if the database does not tell
     */
    public record Lock(@Nullable Instant since) {}

    /** The error of the attempt that ended last; null if it did not fail, or if there is none. */
    public @Nullable String lastError() {
        return history.isEmpty() ? null : history.get(0).error();
    }
}
