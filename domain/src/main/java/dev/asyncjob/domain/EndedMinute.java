package dev.asyncjob.domain;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The jobs of one kind that ended within one minute.
 *
 * @param kind the kind
 * @param minute when the minute began, in UTC on the store's clock; any other instant is truncated to its minute
 * @param ended jobs that ended, cancelled ones too; 0 or more
 * @param failed those that failed: a worker failed them for good, or their attempts were spent
 * @param promised those whose end was promised: all that were not cancelled
 * @param kept those of the promised that ended by the first eta, which the answer to their producer had
 */
public record EndedMinute(JobKind kind, Instant minute, long ended, long failed, long promised, long kept) {
    /** Minutes for which a store keeps the numbers; it may forget older ones. */
    public static final int MINUTES = 60;

    /** Truncates the minute. */
    public EndedMinute {
        minute = minute.truncatedTo(ChronoUnit.MINUTES);
    }

    /** Returns the jobs of this minute and of others, under the kind and the minute of this. */
    public EndedMinute plus(EndedMinute others) {
        return new EndedMinute(
                kind,
                minute,
                ended + others.ended,
                failed + others.failed,
                promised + others.promised,
                kept + others.kept);
    }
}
