package dev.asyncjob.application;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Forecast;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** All doors of the application. Every port may be called from any thread. */
public record JobUseCases(
        GetJobStatus getJobStatus,
        ScheduleJob scheduleJob,
        ClaimJobs claimJobs,
        RenewLease renewLease,
        ReleaseLease releaseLease,
        CompleteJob completeJob,
        FailJob failJob,
        ReportOutcomes reportOutcomes,
        CancelJob cancelJob,
        FindJobs findJobs) {

    /** One door for one job and for many. */
    private record Reads(JobStore store) implements GetJobStatus {
        @Override
        public Optional<JobSnapshot> of(Owner reader, JobId id) {
            return store.find(reader, id);
        }

        @Override
        public List<JobSnapshot> ofAll(Set<JobKey> asked) {
            return store.find(asked);
        }
    }

    /** Doors of one's own, of which {@code completeJob} and {@code failJob} take all outcomes, one by one. */
    public JobUseCases(
            GetJobStatus getJobStatus,
            ScheduleJob scheduleJob,
            ClaimJobs claimJobs,
            RenewLease renewLease,
            ReleaseLease releaseLease,
            CompleteJob completeJob,
            FailJob failJob,
            CancelJob cancelJob,
            FindJobs findJobs) {
        this(
                getJobStatus,
                scheduleJob,
                claimJobs,
                renewLease,
                releaseLease,
                completeJob,
                failJob,
                reports -> Collections.nCopies(reports.size(), Optional.empty()),
                cancelJob,
                findJobs);
    }

    /**
     * The doors over a store, which keeps time and truth. What many threads hand in, or report, at the same time goes
     * to the store together.
     */
    public static JobUseCases over(JobStore store, WorkPolicy policy) {
        Batcher<OutcomeReport, SettleResult> settling =
                new Batcher<>(store::settle, one -> store.settle(one.id(), one.token(), one.outcome()));
        return new JobUseCases(
                new Reads(store),
                scheduling(store, policy),
                store::claim,
                store::renew,
                store::release,
                (id, token, result) -> settling.answerTo(new OutcomeReport(id, token, Outcome.completed(result))),
                (id, token, failure, retry) ->
                        settling.answerTo(new OutcomeReport(id, token, new Outcome.Failed(failure, retry))),
                store::settle,
                store::cancel,
                store::list);
    }

    private static ScheduleJob scheduling(JobStore store, WorkPolicy policy) {
        Forecasts forecasts = new Forecasts(store, new Forecast(Forecast.SHARE, policy.expectedDuration()));
        Batcher<ScheduleCommand, ScheduleResult> gathering =
                new Batcher<>(store::schedule, one -> store.schedule(one.job(), one.expected()));
        return new ScheduleJob() {
            @Override
            public ScheduleResult of(NewJob job) {
                return gathering.answerTo(expected(job));
            }

            @Override
            public List<ScheduleResult> all(List<NewJob> jobs) {
                return gathering.answersTo(jobs.stream().map(this::expected).toList());
            }

            private ScheduleCommand expected(NewJob job) {
                return new ScheduleCommand(job, forecasts.of(job.kind()));
            }
        };
    }

    /** Reports how an attempt ended, through the door that fits. */
    public SettleResult settle(JobId id, LeaseToken token, Outcome outcome) {
        if (outcome instanceof Outcome.Completed completed) {
            return completeJob.with(id, token, completed.result());
        }
        Outcome.Failed failed = (Outcome.Failed) outcome;
        return failJob.because(id, token, failed.failure(), failed.retry());
    }
}
