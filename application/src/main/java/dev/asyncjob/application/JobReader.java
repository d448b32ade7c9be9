package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobPage;

/** Reads jobs: the status of one or of many, and lists. Implementations are safe for use from any thread. */
public interface JobReader extends GetJobStatus {
    /**
     * One page of the jobs that a filter selects, of all owners if it names none, the newest first. Jobs past their
     * retention are not among them.
     *
     * @throws StoreUnavailable if the store cannot be reached, or the query takes too long
     */
    JobPage list(JobFilter filter);
}
