package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Schedules jobs and cancels them. Implementations are safe for use from any thread. */
public interface JobProducer {
    /**
     * Stores a new job; when this returns, the job survives a crash. A job that is {@linkplain NewJob#leasedTo leased}
     * to a worker from its birth on is answered with that lease.
     *
     * @param job the work; scheduling the same job again changes nothing and is answered like the first time
     * @return over quota, and nothing is stored, if the client has as many pending jobs as it may
     * @throws StoreUnavailable if the store cannot be reached; the job may or may not be stored, so schedule it again
     */
    ScheduleResult schedule(NewJob job);

    /**
     * The result for a job that was scheduled before, such as that of the first time; it changes nothing but that a key
     * of the repeated request is kept with the job.
     *
     * @return empty if neither a job of this id nor one of its key is stored
     * @throws StoreUnavailable if the store cannot be reached; call again
     */
    Optional<ScheduleResult> repeated(NewJob job);

    /**
     * Stores many new jobs, far faster than one by one. A job that is refused does not affect the others.
     *
     * @return the results, in the same order
     * @throws StoreUnavailable if the store cannot be reached; any of the jobs may or may not be stored, so schedule
     *     them again
     */
    default List<ScheduleResult> scheduleAll(List<NewJob> jobs) {
        return jobs.stream().map(this::schedule).toList();
    }

    /**
     * Ends a pending job as FAILED with {@link dev.asyncjob.domain.Failure#CANCELLED}; its worker is informed at its
     * next renewal. Repeating the call changes nothing.
     *
     * @param owner the owner that the job must have; null accepts any owner
     * @param id which job
     * @return accepted if the job is cancelled, now or before; refused if it ended otherwise; unknown if there is no
     *     such job or it is not {@code owner}'s
     * @throws StoreUnavailable if the store cannot be reached; cancel again
     */
    SettleResult cancel(@Nullable Owner owner, JobId id);

    /** The same for a job of any owner, as an intervention of an operator; in the audit unless that is the owner. */
    SettleResult cancel(JobId id, Intervention by);

    /**
     * Stores a new job in the place of one that failed, of any owner; see
     * {@link dev.asyncjob.application.spi.Interventions#retry}. Quotas do not refuse it.
     *
     * @throws StoreUnavailable if the store cannot be reached; with a key, the call can be repeated
     */
    RetryResult retry(Retry retry, Intervention by);
}
