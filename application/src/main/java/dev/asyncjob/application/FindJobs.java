package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobPage;

/** Looks through the jobs of all owners, for operators. */
@FunctionalInterface
public interface FindJobs {
    /**
     * One page of jobs, the newest first. Jobs past their retention are not among them.
     *
     * @throws StoreUnavailable if the store cannot be reached, or takes too long to look
     */
    JobPage matching(JobFilter filter);
}
