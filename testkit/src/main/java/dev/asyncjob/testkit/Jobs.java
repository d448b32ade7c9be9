package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Examples of jobs and short forms for tests. Safe for use from any thread. */
public final class Jobs {
    /** The owner of {@link #newJob()}. */
    public static final Owner OWNER = new Owner("clinic-7");

    /** An owner without jobs. */
    public static final Owner OTHER_OWNER = new Owner("clinic-8");

    /** The kind of {@link #newJob()}. */
    public static final JobKind KIND = new JobKind("composition.create");

    /** Another kind. */
    public static final JobKind OTHER_KIND = new JobKind("composition.sign");

    /** The worker of {@link #claim}. */
    public static final WorkerId WORKER = new WorkerId("worker-1");

    /** The links of {@link #newJob()}. */
    public static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("eHealth/composition"));

    /** The links of a job that is done. */
    public static final ResourceLinks RESULT = ResourceLinks.of(
            new ResourceLink("eHealth/composition", "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc"));

    /** The outcome of successful work. */
    public static final Outcome DONE = Outcome.completed(RESULT);

    /** The expected duration of a job. */
    public static final Duration EXPECTED = Duration.ofSeconds(8);

    /** The lease of a claim. */
    public static final Duration LEASE = Duration.ofMinutes(10);

    private Jobs() {}

    /** An id that no other job has. */
    public static JobId newId() {
        return new JobId(UUID.randomUUID());
    }

    /** A job of {@link #OWNER} and {@link #KIND} that may begin at once. */
    public static NewJob newJob() {
        return newJob(KIND);
    }

    /** A job of {@link #OWNER} that may begin at once. */
    public static NewJob newJob(JobKind kind) {
        return NewJob.of(newId(), OWNER, kind, LINKS);
    }

    /** A claim by {@link #WORKER} for {@link #LEASE}. */
    public static Claim claim(int max, JobKind... kinds) {
        return new Claim(WORKER, Set.of(kinds), max, LEASE);
    }

    /**
     * Claims jobs of {@link #KIND}.
     *
     * @return at most {@code max}
     */
    public static List<ClaimedJob> claimFrom(JobStore store, int max) {
        return store.claim(claim(max, KIND));
    }

    /**
     * Schedules a job with {@link #EXPECTED} and claims one.
     *
     * @throws AssertionError unless the claim returns exactly this job
     */
    public static ClaimedJob scheduledAndClaimed(JobStore store, NewJob job) {
        accepted(store.schedule(job, EXPECTED));
        return claimed(store, job.id());
    }

    /**
     * Claims one job of {@link #KIND}.
     *
     * @throws AssertionError unless it has this id
     */
    public static ClaimedJob claimed(JobStore store, JobId id) {
        List<ClaimedJob> jobs = claimFrom(store, 1);
        if (jobs.size() != 1 || !jobs.get(0).job().id().equals(id)) {
            throw new AssertionError("expected to claim job %s, got %s".formatted(id, jobs));
        }
        return jobs.get(0);
    }

    /** Settles a claimed job. */
    public static SettleResult settle(JobStore store, ClaimedJob job, Outcome outcome) {
        return store.settle(new OutcomeReport(job.job().id(), job.lease().token(), outcome));
    }

    /**
     * The accepted job of a result.
     *
     * @throws AssertionError if the job was refused
     */
    public static JobSnapshot accepted(ScheduleResult result) {
        return result.fold(
                job -> job,
                () -> {
                    throw new AssertionError("the id is taken by other content");
                },
                () -> {
                    throw new AssertionError("the key came with another request before");
                },
                refusal -> {
                    throw new AssertionError("the client is over its quota: " + refusal);
                });
    }

    /**
     * The job after an accepted outcome.
     *
     * @throws AssertionError if the outcome was refused or the job is unknown
     */
    public static JobSnapshot accepted(SettleResult result) {
        return result.fold(
                job -> job,
                refused -> {
                    throw new AssertionError("the outcome was refused, the job is " + refused);
                },
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The job after a refused outcome.
     *
     * @throws AssertionError if the outcome was accepted or the job is unknown
     */
    public static JobSnapshot refused(SettleResult result) {
        return result.fold(
                accepted -> {
                    throw new AssertionError("the outcome was accepted, the job is " + accepted);
                },
                job -> job,
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The renewed lease.
     *
     * @throws AssertionError if the lease was lost or the job is unknown
     */
    public static Lease renewed(RenewResult result) {
        return result.fold(
                lease -> lease,
                lost -> {
                    throw new AssertionError("the lease was lost, the job is " + lost);
                },
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The job whose lease was lost.
     *
     * @throws AssertionError if the lease was renewed or the job is unknown
     */
    public static JobSnapshot lost(RenewResult result) {
        return result.fold(
                lease -> {
                    throw new AssertionError("the lease was renewed: " + lease);
                },
                job -> job,
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }
}
