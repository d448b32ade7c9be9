package dev.asyncjob.application.simulation;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.ForwardingJobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The shared store, with a model of its own of what was applied; each answer of the store is compared with it. */
final class Truth extends ForwardingJobStore {
    /** A job as it must be. */
    static final class Model {
        final NewJob job;
        final JobSnapshot first;

        @Nullable
        final Lease firstLease;

        final int maxAttempts;
        Instant dueAt;
        int attempts;
        long token;
        boolean held;

        @Nullable
        ClaimId claimId;

        @Nullable
        String settledAs;

        AsyncJob.@Nullable Ended end;

        Model(NewJob job, ScheduleResult.Accepted first, int maxAttempts) {
            this.job = job;
            this.first = first.job();
            this.firstLease = first.lease();
            this.maxAttempts = maxAttempts;
            this.dueAt = ((AsyncJob.Pending) this.first.job()).eta().from();
            if (firstLease != null) {
                attempts = 1;
                token = firstLease.token().value();
                held = true;
                dueAt = firstLease.expiresAt();
            }
        }

        boolean isPastRetention(Instant now) {
            return end != null && !end.keptUntil().isAfter(now);
        }

        boolean isHeldWith(LeaseToken other) {
            return held && token == other.value();
        }
    }

    private final Map<JobId, Model> jobs = new LinkedHashMap<>();
    private final Map<String, Model> keys = new HashMap<>();
    private final int maxAttempts;
    private final BiConsumer<String, Object> broken;

    /** @param broken gets each promise that is broken, and what shows it */
    Truth(JobStore store, int maxAttempts, BiConsumer<String, Object> broken) {
        super(store);
        this.maxAttempts = maxAttempts;
        this.broken = broken;
    }

    /** The jobs as they must be, in the order in which they were accepted. */
    Map<JobId, Model> jobs() {
        return jobs;
    }

    private void require(boolean holds, String promise, Object shownBy) {
        if (!holds) {
            broken.accept(promise, shownBy);
        }
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        Instant now = now();
        ScheduleResult result = super.schedule(job, expected);
        if (result instanceof ScheduleResult.Accepted accepted) {
            JobId id = accepted.job().job().id();
            String key =
                    job.idempotencyKey() == null ? "" : job.idempotencyKey().value();
            Model known = readable(jobs.get(id), now);
            Model named = readable(keys.get(key), now);
            require(
                    named == null || named.first.job().id().equals(id),
                    "one idempotency key names one job",
                    accepted.job());
            require(known != null || id.equals(job.id()), "a new job has its id", accepted.job());
            require(
                    known == null
                            || (known.first.equals(accepted.job())
                                    && Objects.equals(known.firstLease, accepted.lease())),
                    "a repetition is answered like the first request",
                    accepted.job());
            if (known == null) {
                require(
                        Objects.equals(job.leaseFrom(accepted.job().asOf()), accepted.lease()),
                        "a job is born leased if it should be, and not otherwise",
                        accepted.job());
                int max = job.maxAttempts() == null ? maxAttempts : job.maxAttempts();
                known = new Model(job, accepted, max);
                jobs.put(id, known);
            }
            keys.put(key, known);
            keys.remove("");
        }
        return result;
    }

    private static @Nullable Model readable(@Nullable Model job, Instant now) {
        return job == null || job.isPastRetention(now) ? null : job;
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return all.stream()
                .map(one -> Optional.of(schedule(one.job(), one.expected())))
                .toList();
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        Optional<JobSnapshot> found = super.find(reader, id);
        checkRead(reader, id, found);
        return found;
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> asked) {
        return asked.stream()
                .flatMap(key -> find(key.owner(), key.id()).stream())
                .toList();
    }

    /** Checks what a read says against the job as it is now. */
    void checkRead(Owner reader, JobId id, Optional<JobSnapshot> found) {
        Model job = readable(jobs.get(id), now());
        boolean owned = job != null && job.job.owner().equals(reader);
        require(
                found.isPresent() == owned,
                owned ? "an accepted job can be read" : "only the owner reads a job, until its retention ends",
                id);
        if (job != null && owned && job.end != null) {
            require(job.end.equals(found.orElseThrow().job()), "an end is final", found.get());
        } else if (owned) {
            require(found.orElseThrow().job() instanceof AsyncJob.Pending, "no answer tells an end too early", id);
        }
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        List<ClaimedJob> claimed = super.claim(claim);
        Instant now = now();
        require(claimed.size() <= claim.max(), "no claim gets more than it asks for", claimed);
        for (ClaimedJob one : claimed) {
            Model job = Objects.requireNonNull(jobs.get(one.job().id()));
            long token = one.lease().token().value();
            boolean again = job.isHeldWith(one.lease().token())
                    && claim.id() != null
                    && claim.id().equals(job.claimId);
            require(job.end == null, "an ended job is not claimed", one);
            require(token > job.token || again, "a token is given out once, and grows", one);
            require(again || !job.dueAt.isAfter(now), job.held ? "one live lease" : "no claim before due time", one);
            require(one.attempts().made() <= job.maxAttempts, "no more attempts than allowed", one);
            require(one.attempts().made() <= job.attempts + 1, "one claim begins one attempt", one);
            require(claim.kinds().contains(one.job().kind()), "a claim gets its kinds", one);
            job.attempts = one.attempts().made();
            job.token = token;
            job.held = true;
            job.claimId = claim.id();
            job.settledAs = null;
            job.dueAt = one.lease().expiresAt();
        }
        return claimed;
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        RenewResult result = super.renew(id, token, extension);
        Model job = readable(jobs.get(id), now());
        boolean held = job != null && job.isHeldWith(token);
        require((result instanceof RenewResult.Renewed) == held, "the newest lease is renewed, and no other", id);
        if (job != null && held && result instanceof RenewResult.Renewed renewed) {
            job.dueAt = renewed.lease().expiresAt();
        }
        return result;
    }

    @Override
    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        LeaseExtension extension = LeaseExtension.of(length);
        return leases.stream()
                .filter(one -> renew(one.id(), one.token(), extension) instanceof RenewResult.Renewed)
                .collect(Collectors.toSet());
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        boolean released = super.release(id, token);
        Model job = jobs.get(id);
        require(released == (job != null && job.isHeldWith(token)), "the newest lease is released, and no other", id);
        if (released && job != null) {
            job.held = false;
            job.attempts--;
            job.dueAt = now();
        }
        return released;
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        SettleResult result = super.settle(report);
        Model job = readable(jobs.get(report.id()), now());
        String outcome = report.outcome().fingerprint();
        boolean current = job != null && job.isHeldWith(report.token());
        boolean repeated = job != null && job.token == report.token().value() && outcome.equals(job.settledAs);
        require(
                (result instanceof SettleResult.Accepted) == (current || repeated),
                "an outcome is accepted from the newest lease, and no other",
                report);
        if (job != null && current && result instanceof SettleResult.Accepted accepted) {
            job.settledAs = outcome;
            changed(job, accepted.job().job());
        }
        checkEnd(result, job);
        return result;
    }

    private void checkEnd(SettleResult result, @Nullable Model job) {
        AsyncJob.Ended end = job == null ? null : job.end;
        boolean same = result.fold(
                accepted -> accepted.job() instanceof AsyncJob.Ended ended ? ended.equals(end) : end == null,
                refused -> refused.job() instanceof AsyncJob.Ended ended ? ended.equals(end) : end == null,
                () -> job == null);
        require(same, "an end is final", result);
    }

    private static void changed(Model job, AsyncJob next) {
        job.held = false;
        if (next instanceof AsyncJob.Ended ended) {
            job.end = ended;
        } else {
            job.dueAt = ((AsyncJob.Pending) next).eta().from();
        }
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return reports.stream().map(report -> Optional.of(settle(report))).toList();
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        SettleResult result = super.cancel(owner, id);
        Model job = readable(jobs.get(id), now());
        if (job != null && job.end == null && result instanceof SettleResult.Accepted accepted) {
            changed(job, accepted.job().job());
        }
        if (!(result instanceof SettleResult.Unknown)) {
            checkEnd(result, job);
        }
        return result;
    }

    @Override
    public int failSpent(int max) {
        Instant now = now();
        int ended = super.failSpent(max);
        if (ended > 0) {
            for (Model job : jobs.values()) {
                JobId id = job.job.id();
                Optional<JobSnapshot> found = job.end == null ? super.find(job.job.owner(), id) : Optional.empty();
                found.filter(one -> one.job() instanceof AsyncJob.Ended).ifPresent(one -> {
                    AsyncJob.Failed failed = (AsyncJob.Failed) one.job();
                    boolean spent = job.attempts == job.maxAttempts && !job.dueAt.isAfter(now);
                    require(spent && failed.failure().equals(Failure.ATTEMPTS_SPENT), "only spent jobs end so", one);
                    changed(job, failed);
                });
            }
        }
        return ended;
    }

    @Override
    public int forget(int max) {
        int forgotten = super.forget(max);
        if (forgotten > 0) {
            List.copyOf(jobs.values()).forEach(job -> find(job.job.owner(), job.job.id()));
        }
        return forgotten;
    }
}
