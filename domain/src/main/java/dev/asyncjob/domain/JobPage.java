package dev.asyncjob.domain;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One page of the jobs that a {@link JobFilter} selects, the newest first.
 *
 * @param jobs in order
 * @param more whether more jobs follow
 */
public record JobPage(List<Entry> jobs, boolean more) {
    /** Copies the list. */
    public JobPage {
        jobs = List.copyOf(jobs);
    }

    /**
     * A job as operators see it; owners see less, see {@link JobPage#forOwner}.
     *
     * @param snapshot the job as its owner sees it
     * @param attempts the attempts made; null if they are no longer known
     * @param lease the newest lease, also if it ran out; null if no worker holds one
     * @param progress the progress that the worker reported last, in percent, 0 to 100; null if it reported none
     * @param scheduledBy the client, or client and user, that scheduled it; null if the service itself did, or if that
     *     was not kept
     * @param reference the producer's own name for the job; null if it gave none
     * @param retryOf the job that failed, in whose place an operator made this one; null for none
     */
    public record Entry(
            JobSnapshot snapshot,
            @Nullable Integer attempts,
            @Nullable Lease lease,
            @Nullable Double progress,
            @Nullable Owner scheduledBy,
            @Nullable Reference reference,
            @Nullable JobId retryOf) {
        /** The same without what tells of workers and of other clients. */
        public Entry forOwner() {
            return new Entry(snapshot, attempts, null, null, null, reference, null);
        }

        /** Its position in the list. */
        public JobFilter.Place place() {
            return new JobFilter.Place(
                    snapshot.job().createdAt(), snapshot.job().id());
        }
    }

    /** The same page without what tells of workers and of other clients. */
    public JobPage forOwner() {
        return new JobPage(jobs.stream().map(Entry::forOwner).toList(), more);
    }

    /** Where the next page begins; empty on the last page. */
    public Optional<JobFilter.Place> next() {
        return more ? Optional.of(jobs.get(jobs.size() - 1).place()) : Optional.empty();
    }
}
