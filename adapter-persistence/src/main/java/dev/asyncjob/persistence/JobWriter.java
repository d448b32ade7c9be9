package dev.asyncjob.persistence;

import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.NewJob;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Writing jobs, many at once, which the two databases do fastest in different ways. Safe for use from any thread. */
interface JobWriter {
    /** A job that is to be kept, and how often it may be tried. */
    record Fresh(JobRow row, NewJob job, int attempts) {
        @Nullable
        String key() {
            IdempotencyKey key = job.idempotencyKey();
            return key == null ? null : key.value();
        }

        @Nullable
        String request() {
            IdempotencyKey key = job.idempotencyKey();
            return key == null ? null : key.request();
        }
    }

    /**
     * A job after an attempt, or after its end.
     *
     * @param job as it was, with what is to be remembered of its settled attempt
     * @param row as it is now
     * @param made attempts made
     */
    record Changed(StoredJob job, JobRow row, int made) {
        /** What the column of attempts says: nothing as long as the job is pending. */
        @Nullable
        Integer attempts() {
            return row.endedAt() == null ? null : Integer.valueOf(made);
        }
    }

    /**
     * Inserts those jobs, with their work, whose id and key are not taken.
     *
     * @param all with an id each
     * @param news told to other nodes if any was new
     * @return the ids of the new ones
     */
    Set<UUID> insert(Handle handle, List<Fresh> all, List<String> news);

    /**
     * Writes what readers see, and takes from the workers what has ended.
     *
     * @param news told to other nodes
     */
    void update(Handle handle, List<Changed> all, List<String> news);

    /** The ids of those that have ended. */
    static Object[] ended(List<Changed> all) {
        return all.stream()
                .filter(one -> one.row().endedAt() != null)
                .map(one -> one.row().id())
                .toArray();
    }
}
