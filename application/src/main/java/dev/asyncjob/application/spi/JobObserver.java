package dev.asyncjob.application.spi;

import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Learns what happens to jobs, for metrics: {@link JobStore#observe} registers it.
 *
 * <p>The store that makes a change tells it, once and only on the node that made the change, after the change is
 * stored; repeated calls, which change nothing, are not told. Within a transaction of the caller's it is told when the
 * change is written, before it is committed, unless the store learns of the commit. A node that is killed after a
 * change, or does not learn of its commit, does not tell it.
 *
 * <p>Every method does nothing by default. It is called in the thread of the caller, by many threads at once, and must
 * return at once; what it throws is logged and harms nothing.
 */
public interface JobObserver {
    /** How a job ended. */
    enum JobEnd {
        /** A worker completed it. */
        DONE,
        /** A worker failed it, for good or at its last attempt. */
        FAILED,
        /** It was cancelled. */
        CANCELLED,
        /** Its last attempt ended with its lease. */
        SPENT;

        /** Returns one job that ended so, as {@link JobObserver#ended} is told, in its minute. */
        public EndedMinute counted(JobKind kind, Instant promised, Instant endedAt) {
            int failed = this == FAILED || this == SPENT ? 1 : 0;
            int due = this == CANCELLED ? 0 : 1;
            return new EndedMinute(kind, endedAt, 1, failed, due, endedAt.isAfter(promised) ? 0 : due);
        }
    }

    /** How an attempt ended. */
    enum AttemptEnd {
        /** Its worker completed the job. */
        DONE,
        /** Its worker reported a failure; the job may be tried again. */
        FAILED,
        /** The job was cancelled. */
        CANCELLED,
        /** Its lease ran out: another claim has the job, or the job has ended as its attempts are spent. */
        LOST
    }

    /** A new job was accepted; also the delivery of a callback. */
    default void accepted(JobKind kind) {}

    /** A worker asked for jobs of these kinds, whether or not it got any. */
    default void asked(WorkerId worker, Set<JobKind> kinds) {}

    /**
     * A claim began an attempt, or a job was born leased.
     *
     * @param waited the time since the job was due: since it was scheduled or allowed to begin, its pause after a
     *     failed attempt was over, or its last lease ran out
     */
    default void begun(JobKind kind, Duration waited) {}

    /**
     * An attempt ended.
     *
     * @param took the time since its claim; null if that is not known, or the worker did not report the end
     */
    default void attemptEnded(JobKind kind, AttemptEnd end, @Nullable Duration took) {}

    /**
     * A job ended.
     *
     * @param createdAt when it was accepted; all instants are of the store's clock
     * @param promised its planned end in the answer to its producer
     * @param endedAt when it ended
     */
    default void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {}

    /** A run of {@code Housekeeper} did all it had to. */
    default void housekept() {}
}
