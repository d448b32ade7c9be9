package dev.asyncjob.domain;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selects jobs for a list; null accepts any value.
 *
 * @param status the job's status
 * @param kind the job's kind
 * @param owner the job's owner
 * @param reference the producer's own name for the job
 * @param overdue whether the job is pending past its planned end
 * @param after the position after which the page begins; null begins with the newest job
 * @param limit jobs on the page at most, 1 to {@value #MAX_LIMIT}
 */
public record JobFilter(
        @Nullable JobStatus status,
        @Nullable JobKind kind,
        @Nullable Owner owner,
        @Nullable Reference reference,
        @Nullable Boolean overdue,
        @Nullable Place after,
        int limit) {
    /** Jobs on one page at most. */
    public static final int MAX_LIMIT = 100;

    /** Any job, the newest first, {@value #MAX_LIMIT} at most. */
    public static final JobFilter ANY = new JobFilter(null, null, null, null, null, null, MAX_LIMIT);

    /** @throws InvalidValueException if {@code limit} is out of range */
    public JobFilter {
        Rules.range("limit", limit, 1, MAX_LIMIT);
    }

    /**
     * The position of a job in the list, the newest first.
     *
     * @param createdAt when it was accepted, from 1970 to {@link NewJob#LATEST}
     * @param id distinguishes jobs of the same instant; the store defines their order
     */
    public record Place(Instant createdAt, JobId id) {
        /** @throws InvalidValueException if {@code createdAt} is out of range */
        public Place {
            Rules.notAfter("createdAt", createdAt, NewJob.LATEST);
            if (createdAt.isBefore(Instant.EPOCH)) {
                throw new InvalidValueException("range", "createdAt must be in 1970 or later", List.of());
            }
        }
    }

    /** The same, of one status. */
    public JobFilter withStatus(JobStatus other) {
        return new JobFilter(other, kind, owner, reference, overdue, after, limit);
    }

    /** The same, of one kind. */
    public JobFilter withKind(JobKind other) {
        return new JobFilter(status, other, owner, reference, overdue, after, limit);
    }

    /** The same, of one owner. */
    public JobFilter withOwner(Owner other) {
        return new JobFilter(status, kind, other, reference, overdue, after, limit);
    }

    /** The same, of one reference. */
    public JobFilter withReference(Reference other) {
        return new JobFilter(status, kind, owner, other, overdue, after, limit);
    }

    /** The same, overdue or not. */
    public JobFilter withOverdue(boolean other) {
        return new JobFilter(status, kind, owner, reference, other, after, limit);
    }

    /** The page that begins after a position. */
    public JobFilter after(Place place) {
        return new JobFilter(status, kind, owner, reference, overdue, place, limit);
    }

    /**
     * The same, in pages of another size.
     *
     * @throws InvalidValueException if {@code limit} is out of range
     */
    public JobFilter withLimit(int other) {
        return new JobFilter(status, kind, owner, reference, overdue, after, other);
    }
}
