package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job that a producer schedules.
 *
 * @param id the job's id, chosen by the producer, so that scheduling the same job again is harmless
 * @param owner the client that may read its status
 * @param kind the kind of work
 * @param links the resources that it is about
 * @param payload what the worker needs, or {@link Payload#NONE}
 * @param notBefore when the work may begin; an instant that has passed, such as {@link Instant#EPOCH}, means at once;
 *     {@link #LATEST} at the latest
 * @param maxAttempts how many attempts are allowed, 1 to {@value Attempts#MAX}; null leaves that to the service
 * @param idempotencyKey identifies repetitions of the request even if the id differs; null for none
 * @param scheduledBy the client, or client and user, that asks for the job; null if the service that embeds this does
 *     so itself. Only a request of the same scheduler counts as a repetition: others learn nothing of the content
 * @param callback whether the client is called when the job ends, see {@link Callback}
 * @param trace the trace that the job continues; null for none. It is no part of the content: a repetition may have
 *     another, and the first one stays
 * @param retryOf the job that failed, in whose place this one is; null if it is in no other's
 */
public record NewJob(
        JobId id,
        Owner owner,
        JobKind kind,
        ResourceLinks links,
        Payload payload,
        Instant notBefore,
        @Nullable Integer maxAttempts,
        @Nullable IdempotencyKey idempotencyKey,
        @Nullable Owner scheduledBy,
        @Nullable Reference reference,
        @Nullable FirstLease lease,
        boolean callback,
        @Nullable TraceContext trace,
        @Nullable RetryOf retryOf) {
    /** The latest beginning: leaves room for the forecast before the year 10000, which RFC 3339 cannot write. */
    public static final Instant LATEST = Instant.parse("9900-01-01T00:00:00Z");

    /**
     * @throws InvalidValueException if {@code notBefore} or {@code maxAttempts} is out of range, or there is a lease
     *     and {@code notBefore} is after {@link Instant#EPOCH}
     */
    public NewJob {
        Rules.notAfter("notBefore", notBefore, LATEST);
        if (maxAttempts != null) {
            Attempts.none(maxAttempts);
        }
        if (lease != null && notBefore.isAfter(Instant.EPOCH)) {
            throw new InvalidValueException("schema", "a job that is born leased has no notBefore", List.of());
        }
    }

    /** A job without payload that may begin at once. */
    public static NewJob of(JobId id, Owner owner, JobKind kind, ResourceLinks links) {
        return new NewJob(
                id, owner, kind, links, Payload.NONE, Instant.EPOCH, null, null, null, null, null, false, null, null);
    }

    /** The same with a payload. */
    public NewJob withPayload(Payload payload) {
        return copy(payload, notBefore, maxAttempts, idempotencyKey, scheduledBy, reference, lease, callback);
    }

    /**
     * The same, to begin no earlier than {@code instant}.
     *
     * @throws InvalidValueException if that is after {@link #LATEST}
     */
    public NewJob notBefore(Instant instant) {
        return copy(payload, instant, maxAttempts, idempotencyKey, scheduledBy, reference, lease, callback);
    }

    /**
     * The same, with at most {@code max} attempts.
     *
     * @throws InvalidValueException if {@code max} is out of range
     */
    public NewJob withMaxAttempts(int max) {
        return copy(payload, notBefore, max, idempotencyKey, scheduledBy, reference, lease, callback);
    }

    /** The same with a key: a repetition of the request gets the first response. */
    public NewJob withIdempotencyKey(IdempotencyKey key) {
        return copy(payload, notBefore, maxAttempts, key, scheduledBy, reference, lease, callback);
    }

    /** The same, scheduled by {@code client}. */
    public NewJob scheduledBy(Owner client) {
        return copy(payload, notBefore, maxAttempts, idempotencyKey, client, reference, lease, callback);
    }

    /** The same with a name of the producer's own. */
    public NewJob withReference(Reference own) {
        return copy(payload, notBefore, maxAttempts, idempotencyKey, scheduledBy, own, lease, callback);
    }

    /**
     * The same, leased to a worker from its birth on: the worker renews and settles it without a claim. Its attempt
     * counts; when its lease has run out, the job can be claimed like any other.
     *
     * @throws InvalidValueException if the job has a {@code notBefore}
     */
    public NewJob leasedTo(WorkerId worker, Duration length) {
        FirstLease first = new FirstLease(worker, length);
        return copy(payload, notBefore, maxAttempts, idempotencyKey, scheduledBy, reference, first, callback);
    }

    /** The same, with a {@link Callback} when it ends. */
    public NewJob withCallback() {
        return copy(payload, notBefore, maxAttempts, idempotencyKey, scheduledBy, reference, lease, true);
    }

    /** The same, as a part of a trace. */
    public NewJob withTrace(@Nullable TraceContext context) {
        return new NewJob(
                id,
                owner,
                kind,
                links,
                payload,
                notBefore,
                maxAttempts,
                idempotencyKey,
                scheduledBy,
                reference,
                lease,
                callback,
                context,
                retryOf);
    }

    private NewJob copy(
            Payload payload,
            Instant notBefore,
            @Nullable Integer maxAttempts,
            @Nullable IdempotencyKey key,
            @Nullable Owner scheduledBy,
            @Nullable Reference reference,
            @Nullable FirstLease lease,
            boolean callback) {
        return new NewJob(
                id,
                owner,
                kind,
                links,
                payload,
                notBefore,
                maxAttempts,
                key,
                scheduledBy,
                reference,
                lease,
                callback,
                trace,
                retryOf);
    }

    /** The lease that the worker holds if this is accepted at {@code now}; null if it is not born leased. */
    public @Nullable Lease leaseFrom(Instant now) {
        return lease == null ? null : lease.from(now);
    }

    /** The client whose pending jobs this adds to: the one that asks for it, or else the one of the owner. */
    public Owner client() {
        return (scheduledBy == null ? owner : scheduledBy).client();
    }

    /** The client that is called when the job ends, if any is: of a retry, the one that asked first. */
    public Owner called() {
        return retryOf == null ? client() : retryOf.client();
    }

    /** The pending job if this is accepted at {@code now}, with an expected duration of {@code expected}. */
    public AsyncJob.Pending acceptedAt(Instant now, Duration expected) {
        Instant dueAt = notBefore.isAfter(now) ? notBefore : now;
        return new AsyncJob.Pending(id, owner, kind, links, now, Eta.after(dueAt, expected));
    }

    /**
     * 64 hexadecimal digits that are equal for equal content of the same scheduler; tells a repetition from a
     * contradiction.
     */
    public String fingerprint() {
        return (scheduledBy == null ? content() : content().add(scheduledBy)).text();
    }

    /**
     * The fingerprint that stores kept of this job before they kept schedulers: without the scheduler. If that is not
     * the owner, it is {@link #fingerprint}, which no such store has: who scheduled its jobs is not known.
     */
    public String earlierFingerprint() {
        return owner.equals(scheduledBy) ? content().text() : fingerprint();
    }

    /** What was added later counts only if it is there: the fingerprints of jobs without it stay as they were. */
    private Fingerprint content() {
        Fingerprint content = new Fingerprint()
                .add(owner)
                .add(kind)
                .add(links)
                .add(payload.json())
                .add(notBefore)
                .add(maxAttempts);
        if (reference != null) {
            content.add("reference").add(reference.value());
        }
        if (lease != null) {
            content.add("lease").add(lease.worker()).add(lease.length());
        }
        if (retryOf != null) {
            content.add("retryOf").add(retryOf.id());
        }
        return callback ? content.add("callback").add(true) : content;
    }
}
