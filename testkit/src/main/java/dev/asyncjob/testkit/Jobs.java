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

/** Jobs and what belongs to them, for tests that do not care which. */
public final class Jobs {
    /** Who owns {@link #newJob()}. */
    public static final Owner OWNER = new Owner("clinic-7");

    /** Who owns nothing here. */
    public static final Owner STRANGER = new Owner("clinic-8");

    /** The kind of {@link #newJob()}. */
    public static final JobKind KIND = new JobKind("composition.create");

    /** Another kind. */
    public static final JobKind OTHER_KIND = new JobKind("composition.sign");

    /** Who claims. */
    public static final WorkerId WORKER = new WorkerId("worker-1");

    /** What {@link #newJob()} is about. */
    public static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("eHealth/composition"));

    /** What it is about once it is done. */
    public static final ResourceLinks RESULT = ResourceLinks.of(
            new ResourceLink("eHealth/composition", "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc"));

    /** The outcome of work that went well. */
    public static final Outcome DONE = Outcome.completed(RESULT);

    /** How long work is expected to take. */
    public static final Duration EXPECTED = Duration.ofSeconds(8);

    /** How long claims hold. */
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
     * @throws AssertionError unless exactly this job was given out
     */
    public static ClaimedJob scheduledAndClaimed(JobStore store, NewJob job) {
        accepted(store.schedule(job, EXPECTED));
        return claimed(store, job.id());
    }

    /**
     * Claims one job of {@link #KIND}.
     *
     * @throws AssertionError unless it is the one with this id
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
     * The job as its schedule was answered.
     *
     * @throws AssertionError if it was a contradiction
     */
    public static JobSnapshot accepted(ScheduleResult scheduling) {
        return scheduling.fold(
                job -> job,
                () -> {
                    throw new AssertionError("the store took it for a contradiction");
                },
                () -> {
                    throw new AssertionError("the store knows another request under this key");
                });
    }

    /**
     * The job after an outcome that counts.
     *
     * @throws AssertionError if the outcome was refused or the job is unknown
     */
    public static JobSnapshot accepted(SettleResult settlement) {
        return settlement.fold(
                job -> job,
                refused -> {
                    throw new AssertionError("the outcome was refused, the job stands at " + refused);
                },
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The job as it stands beside an outcome that does not count.
     *
     * @throws AssertionError if the outcome was accepted or the job is unknown
     */
    public static JobSnapshot refused(SettleResult settlement) {
        return settlement.fold(
                accepted -> {
                    throw new AssertionError("the outcome was accepted, the job stands at " + accepted);
                },
                job -> job,
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The lease that holds for longer.
     *
     * @throws AssertionError if it was lost or the job is unknown
     */
    public static Lease renewed(RenewResult renewal) {
        return renewal.fold(
                lease -> lease,
                lost -> {
                    throw new AssertionError("the lease was lost, the job stands at " + lost);
                },
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }

    /**
     * The job as it stands beside a lease that was lost.
     *
     * @throws AssertionError if it was renewed or the job is unknown
     */
    public static JobSnapshot lost(RenewResult renewal) {
        return renewal.fold(
                lease -> {
                    throw new AssertionError("the lease was renewed: " + lease);
                },
                job -> job,
                () -> {
                    throw new AssertionError("the job is unknown");
                });
    }
}
