package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;

/** All doors of the application. Every port may be called from any thread. */
public record JobUseCases(
        GetJobStatus getJobStatus,
        ScheduleJob scheduleJob,
        ClaimJobs claimJobs,
        RenewLease renewLease,
        ReleaseLease releaseLease,
        CompleteJob completeJob,
        FailJob failJob) {

    /** The doors over a store, which keeps time and truth. */
    public static JobUseCases over(JobStore store, WorkPolicy policy) {
        return new JobUseCases(
                store::find,
                job -> store.schedule(job, policy.expectedDuration()),
                store::claim,
                store::renew,
                store::release,
                (id, token, result) -> store.settle(id, token, Outcome.completed(result)),
                (id, token, failure, retry) -> store.settle(id, token, new Outcome.Failed(failure, retry)));
    }
}
