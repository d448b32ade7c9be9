package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.Owner;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads jobs: the status of one or of many, and lists. Implementations are safe for use from any thread. */
public interface JobReader extends GetJobStatus {
    /**
     * One page of the jobs that a filter selects, of all owners if it names none, the newest first. Jobs past their
     * retention are not among them.
     *
     * @throws StoreUnavailable if the store cannot be reached, or the query takes too long
     */
    JobPage list(JobFilter filter);

    /**
     * What is known of one job, for {@link dev.asyncjob.domain.Explanation#of}; some of it is for operators only.
     *
     * @param owner the owner that the job must have; null accepts any owner
     * @return empty if there is none, if it is past its retention, or if it is of another owner
     * @throws StoreUnavailable if the store cannot be reached, or the query takes too long
     */
    Optional<JobFacts> facts(@Nullable Owner owner, JobId id);
}
