package dev.asyncjob.domain;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What readers of a job's status can see beside the status itself.
 *
 * @param statement what its worker says of the work, as readers see it at the moment
 * @param result the result that its worker gave; null if it gave none, or has not ended
 * @param reference the producer's own name for the job; null if it gave none
 * @param changesAt when readers see another statement, on the store's clock; null if none waits to be seen
 */
public record JobDetails(
        Statement statement,
        @Nullable JobResult result,
        @Nullable Reference reference,
        @Nullable Instant changesAt) {
    /** There is nothing to see. */
    public static final JobDetails NONE = new JobDetails(Statement.NONE, null, null, null);

    /**
     * The details of a job at {@code now}; once it has ended, all that was stated is seen.
     *
     * @param now the store's clock
     */
    public static JobDetails of(
            AsyncJob job,
            Statements statements,
            @Nullable JobResult result,
            @Nullable Reference reference,
            Instant now) {
        if (statements.newest().isNone() && result == null && reference == null) {
            return NONE;
        }
        return job instanceof AsyncJob.Ended
                ? new JobDetails(statements.newest(), result, reference, null)
                : new JobDetails(statements.at(now), result, reference, statements.changesAt(now));
    }
}
