package dev.asyncjob.domain;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Some of the jobs that a {@link JobFilter} lets through, the newest first.
 *
 * @param jobs in order
 * @param more whether others follow
 */
public record JobPage(List<Entry> jobs, boolean more) {
    /** Copies the list. */
    public JobPage {
        jobs = List.copyOf(jobs);
    }

    /**
     * A job as operators see it.
     *
     * @param snapshot the job as its owner sees it
     * @param attempts how often it was tried; null if that is no longer known
     * @param lease who works on it, also if the lease ran out; null if nobody does
     * @param progress what the worker said last, in percent, 0 to 100; null if it said nothing
     */
    public record Entry(
            JobSnapshot snapshot,
            @Nullable Integer attempts,
            @Nullable Lease lease,
            @Nullable Double progress) {
        /** Where it stands. */
        public JobFilter.Place place() {
            return new JobFilter.Place(
                    snapshot.job().createdAt(), snapshot.job().id());
        }
    }

    /** Where the next page begins; empty on the last page. */
    public Optional<JobFilter.Place> next() {
        return more ? Optional.of(jobs.get(jobs.size() - 1).place()) : Optional.empty();
    }
}
