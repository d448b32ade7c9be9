package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Forecast;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OwnedJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** All doors of the application. Every port may be called from any thread. */
public record JobUseCases(
        GetJobStatus getJobStatus,
        ScheduleJob scheduleJob,
        ClaimJobs claimJobs,
        RenewLease renewLease,
        ReleaseLease releaseLease,
        CompleteJob completeJob,
        FailJob failJob,
        CancelJob cancelJob,
        FindJobs findJobs) {

    /** One door for one job and for many. */
    private record Reads(JobStore store) implements GetJobStatus {
        @Override
        public Optional<JobSnapshot> of(Owner reader, JobId id) {
            return store.find(reader, id);
        }

        @Override
        public List<JobSnapshot> ofAll(Collection<OwnedJob> asked) {
            return store.find(asked);
        }
    }

    /** The doors over a store, which keeps time and truth. */
    public static JobUseCases over(JobStore store, WorkPolicy policy) {
        Forecasts forecasts = new Forecasts(store, new Forecast(Forecast.SHARE, policy.expectedDuration()));
        return new JobUseCases(
                new Reads(store),
                job -> store.schedule(job, forecasts.of(job.kind())),
                store::claim,
                store::renew,
                store::release,
                (id, token, result) -> store.settle(id, token, Outcome.completed(result)),
                (id, token, failure, retry) -> store.settle(id, token, new Outcome.Failed(failure, retry)),
                store::cancel,
                store::list);
    }

    /** Reports how an attempt ended, through the door that fits. */
    public Settlement settle(JobId id, LeaseToken token, Outcome outcome) {
        if (outcome instanceof Outcome.Completed completed) {
            return completeJob.with(id, token, completed.result());
        }
        Outcome.Failed failed = (Outcome.Failed) outcome;
        return failJob.because(id, token, failed.failure(), failed.retry());
    }
}
