package dev.asyncjob.domain;

import java.util.Comparator;

/**
 * A job and the client that reads it.
 *
 * @param owner the client that reads; the jobs of other owners do not exist for it
 * @param id the job
 */
public record JobKey(Owner owner, JobId id) implements Comparable<JobKey> {
    private static final Comparator<JobKey> ORDER =
            Comparator.comparing(JobKey::id).thenComparing(JobKey::owner);

    /** An order for hash tables: clients can choose ids of equal hash. */
    @Override
    public int compareTo(JobKey other) {
        return ORDER.compare(this, other);
    }
}
