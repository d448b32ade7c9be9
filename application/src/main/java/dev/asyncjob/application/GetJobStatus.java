package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the status of a job. Implementations are safe for use from any thread. */
@FunctionalInterface
public interface GetJobStatus {
    /**
     * The job as it stands, as fresh as the store: after an outcome is acknowledged, no answer is PENDING.
     *
     * @param reader the client that reads; only the owner of the job gets an answer
     * @param id which job
     * @return empty if there is no such job, if it is past its retention, or if it belongs to another owner; the three
     *     cannot be told apart
     * @throws StoreUnavailable if the store cannot be reached
     */
    Optional<JobSnapshot> status(Owner reader, JobId id);

    /**
     * Many jobs as they stand, read together where the store can.
     *
     * @param keys which jobs, each with the client that reads; some hundred at once
     * @return those that {@link #status} would find, in no order
     * @throws StoreUnavailable if the store cannot be reached
     */
    default List<JobSnapshot> statuses(Set<JobKey> keys) {
        return keys.stream()
                .flatMap(key -> status(key.owner(), key.id()).stream())
                .toList();
    }
}
