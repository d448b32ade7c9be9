package dev.asyncjob.testkit;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.Statements;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A job of {@link InMemoryJobStore}, with what workers need. Guarded by the lock of the store. */
final class StoredJob {
    final NewJob asked;
    final String fingerprint;
    final Payload payload;
    final JobSnapshot first;

    @Nullable
    final Reference reference;

    /** Whether a retry did use its payload, and until when one may. */
    boolean retried;

    @Nullable
    Instant payloadUntil;

    /** The lease of its birth. */
    @Nullable
    final Lease firstLease;

    /** The first key that came with the job. */
    @Nullable
    IdempotencyKey key;

    AsyncJob job;
    Attempts attempts;

    /** When it may be claimed; while it is leased, when the lease runs out. */
    Instant dueAt;

    /** The newest lease. */
    @Nullable
    Lease lease;

    /** When the newest lease began. */
    @Nullable
    Instant claimedAt;

    /** When the newest lease was last renewed. */
    @Nullable
    Instant renewedAt;

    /** The attempts that have ended, the newest first. */
    List<EndedAttempt> history = List.of();

    /** The claim of the newest lease, if it had an id. */
    @Nullable
    ClaimId claimId;

    /** The progress that the worker reported last. */
    @Nullable
    Double progress;

    /** What the workers of the attempt said to readers. */
    Statements statements = Statements.NONE;

    /** The result that the worker gave. */
    @Nullable
    JobResult result;

    /** Whether the newest lease was neither settled nor released. */
    boolean held;

    /** Whether the attempt before the newest claim ended with its lease. */
    boolean lost;

    /** Whether the job waits for a thread of its worker, as far as the newest claim knew. */
    boolean ahead;

    /** The outcome that settled the newest lease. */
    @Nullable
    String settledAs;

    StoredJob(NewJob newJob, JobSnapshot first, WorkPolicy policy) {
        this.asked = newJob;
        this.fingerprint = newJob.fingerprint();
        this.payload = newJob.payload();
        this.key = newJob.idempotencyKey();
        this.first = first;
        this.reference = newJob.reference();
        this.job = first.job();
        this.attempts = Attempts.none(newJob.maxAttempts() == null ? policy.maxAttempts() : newJob.maxAttempts());
        this.dueAt = pending().eta().from();
        this.firstLease = newJob.leaseFrom(first.asOf());
        if (firstLease != null) {
            this.lease = firstLease;
            this.claimedAt = first.asOf();
            this.attempts = attempts.next();
            this.dueAt = firstLease.expiresAt();
            this.held = true;
        }
    }

    ScheduleResult accepted() {
        return new ScheduleResult.Accepted(first, firstLease);
    }

    AsyncJob.Pending pending() {
        return (AsyncJob.Pending) job;
    }

    AsyncJob.Pending firstPending() {
        return (AsyncJob.Pending) first.job();
    }

    Instant endedAt() {
        return ((AsyncJob.Ended) job).endedAt();
    }

    boolean isDue(Instant now) {
        return job instanceof AsyncJob.Pending && !dueAt.isAfter(now);
    }

    boolean isLeased(Instant now) {
        return held && dueAt.isAfter(now);
    }

    boolean isNamed(IdempotencyKey other) {
        return key != null && key.value().equals(other.value());
    }

    boolean wasCancelled() {
        return job instanceof AsyncJob.Failed failed && failed.wasCancelled();
    }

    ScheduleResult repeatedByKey(NewJob again) {
        if (!Objects.equals(key, again.idempotencyKey())) {
            return new ScheduleResult.KeyReused();
        }
        return fingerprint.equals(again.fingerprint()) ? accepted() : new ScheduleResult.Accepted(first);
    }

    ScheduleResult repeatedById(NewJob again) {
        if (!fingerprint.equals(again.fingerprint())) {
            return new ScheduleResult.Contradiction();
        }
        key = key == null ? again.idempotencyKey() : key;
        return accepted();
    }

    JobSnapshot seen(Instant now) {
        return new JobSnapshot(job, now, JobDetails.of(job, statements, result, reference, now));
    }

    /** @param since when the attempt began that the call ended; null if it ended none */
    SettleResult result(boolean accepted, @Nullable Instant since, Instant now) {
        JobSnapshot snapshot = new JobSnapshot(job, now);
        return accepted ? new SettleResult.Accepted(snapshot, since) : new SettleResult.Refused(snapshot);
    }

    /** The delivery of its callback, if it has ended. */
    Optional<NewJob> delivery() {
        return asked.callback() && job instanceof AsyncJob.Ended ended
                ? Optional.of(new Callback(asked.called(), ended.id(), ended.status(), ended.endedAt(), reference)
                        .delivery(ended.owner()))
                : Optional.empty();
    }

    JobPage.Entry entry(Instant now) {
        return new JobPage.Entry(
                new JobSnapshot(job, now),
                attempts.made(),
                held ? lease : null,
                held ? progress : null,
                asked.scheduledBy(),
                reference,
                asked.retryOf() == null ? null : asked.retryOf().id());
    }

    Retry.Old old(Instant now) {
        boolean kept = payloadUntil != null && payloadUntil.isAfter(now);
        Retry.Work work = kept ? new Retry.Work(payload, attempts.max()) : null;
        return new Retry.Old(new JobSnapshot(job, now), reference, asked.callback(), asked.called(), work);
    }

    boolean isPastRetention(Instant now) {
        return job instanceof AsyncJob.Ended ended && !ended.keptUntil().isAfter(now);
    }

    Optional<StoredJob> heldWith(LeaseToken token) {
        return held && isNewest(token) ? Optional.of(this) : Optional.empty();
    }

    boolean wasSettledWith(LeaseToken token, Outcome outcome) {
        return isNewest(token) && outcome.fingerprint().equals(settledAs);
    }

    private boolean isNewest(LeaseToken token) {
        return lease != null && lease.token().equals(token);
    }

    ClaimedJob claim(Claim claim, boolean waits, Instant now) {
        boolean begun = !held || !ahead || lost;
        endAttempt(EndedAttempt.End.LEASE_RAN_OUT, dueAt);
        claimedAt = now;
        renewedAt = null;
        attempts = begun ? attempts.next() : attempts;
        lost |= held;
        ahead = waits;
        LeaseToken token = lease == null ? LeaseToken.FIRST : lease.token().next();
        Lease fresh = new Lease(token, claim.worker(), now.plus(claim.lease()));
        lease = fresh;
        dueAt = fresh.expiresAt();
        held = true;
        claimId = claim.id();
        progress = null;
        settledAs = null;
        return claimed();
    }

    ClaimedJob claimed() {
        return new ClaimedJob(
                pending(), attempts, newest(), payload, lost && attempts.spent(), reference, asked.trace());
    }

    Lease renew(LeaseExtension extension, Instant now) {
        Lease renewed = new Lease(newest().token(), newest().worker(), now.plus(extension.length()));
        lease = renewed;
        dueAt = renewed.expiresAt();
        renewedAt = now;
        progress = extension.progress() == null ? progress : extension.progress();
        statements = statements.then(extension.statement(), now);
        return renewed;
    }

    Lease newest() {
        return Objects.requireNonNull(lease);
    }

    /** Fails it, since its last attempt ended with its lease. */
    void spend(Instant now, WorkPolicy policy) {
        endAttempt(EndedAttempt.End.LEASE_RAN_OUT, dueAt);
        end(pending().fail(Failure.ATTEMPTS_SPENT, now, policy.retention()));
    }

    /** Ends the attempt of a lease that is held, without an outcome. */
    void endAttempt(EndedAttempt.End end, Instant at) {
        if (held) {
            history = new EndedAttempt(attempts.made(), newest().worker(), claimedAt, at, end, null).before(history);
        }
    }

    void release(Instant now) {
        endAttempt(EndedAttempt.End.RELEASED, now);
        attempts = new Attempts(attempts.made() - 1, attempts.max());
        dueAt = now;
        held = false;
    }

    void settle(Outcome outcome, Instant now, WorkPolicy policy) {
        settledAs = outcome.fingerprint();
        lost = false;
        result = outcome.value();
        history = EndedAttempt.with(outcome, attempts.made(), newest().worker(), claimedAt, now)
                .before(history);
        end(outcome.applyTo(pending(), attempts, now, policy));
    }

    void end(AsyncJob next) {
        job = next;
        held = false;
        if (next instanceof AsyncJob.Pending again) {
            dueAt = again.eta().from();
            statements = Statements.NONE;
        }
    }
}
