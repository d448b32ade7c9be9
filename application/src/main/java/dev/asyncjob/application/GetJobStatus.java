package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks how a job goes. */
@FunctionalInterface
public interface GetJobStatus {
    /**
     * The job as it stands, as fresh as the store: after an outcome is acknowledged, no answer is PENDING.
     *
     * @param reader who asks; only the owner gets an answer
     * @param id which job
     * @return empty if there is no such job, if it is past its retention, or if it is somebody else's; the three cannot
     *     be told apart
     * @throws StoreUnavailable if the store cannot be reached
     */
    Optional<JobSnapshot> of(Owner reader, JobId id);

    /**
     * Many jobs as they stand, asked for together where the store can.
     *
     * @param asked which, each by who asks; some hundred at once
     * @return those that {@link #of} would find, in no order
     * @throws StoreUnavailable if the store cannot be reached
     */
    default List<JobSnapshot> ofAll(Set<JobKey> asked) {
        return asked.stream().flatMap(job -> of(job.owner(), job.id()).stream()).toList();
    }
}
