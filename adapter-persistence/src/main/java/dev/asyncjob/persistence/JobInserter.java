package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Inserts jobs into the two tables, each only once. Safe for use from any thread. */
final class JobInserter {
    /** Returns a row also if there is no such job: the database's instant is needed in any case. */
    private static final String SELECT_BY_ID = """
            select %s from (select 1 as one) o left join asyncjob.job j on j.id = :id
            """.formatted(StoredJob.COLUMNS);

    private static final String SELECT_BY_KEY =
            "select %s from asyncjob.job j where j.idempotency_key = any(:keys)".formatted(StoredJob.COLUMNS);

    private static final String DELETE_EXPIRED = "delete from asyncjob.job where id = :id and kept_until <= <now>";

    private static final String STORE_KEY = """
            update asyncjob.job set idempotency_key = :key, idempotency_request = :request
            where id = :id and idempotency_key is null
            """;

    /** The order of inserts, the same in all transactions: concurrent ones wait for each other and never deadlock. */
    private static final Comparator<JobWriter.Fresh> LOCK_ORDER = Comparator.comparing(
                    JobWriter.Fresh::key, Comparator.nullsLast(Comparator.<String>naturalOrder()))
            .thenComparing(one -> one.row().id());

    private final JobWriter writer;
    private final WorkPolicy policy;
    private final Notifications notifications;
    private final FingerprintKeys keys;

    JobInserter(JobWriter writer, WorkPolicy policy, Notifications notifications, FingerprintKeys keys) {
        this.writer = writer;
        this.policy = policy;
        this.notifications = notifications;
        this.keys = keys;
    }

    private record Lookup(@Nullable StoredJob found, Instant asOf) {}

    Effect<ScheduleResult> schedule(Transactions transactions, ScheduleCommand command) {
        Optional<Effect<ScheduleResult>> effect = Optional.empty();
        while (effect.isEmpty()) { // repeats only if another call inserts or deletes the id between lookup and insert
            effect = transactions.call(names(command.job()), handle -> schedule(handle, command, true));
        }
        return effect.get();
    }

    /** Returns the result for a job that exists already. */
    Optional<ScheduleResult> repeated(Transactions transactions, NewJob job) {
        ScheduleCommand command = new ScheduleCommand(job, Duration.ZERO);
        return transactions
                .call(names(job), handle -> schedule(handle, command, false))
                .map(Effect::result);
    }

    /** Returns what no other job may have. */
    private static List<Object> names(NewJob job) {
        IdempotencyKey key = job.idempotencyKey();
        return key == null ? List.of(job.id()) : List.of(job.id(), key.value());
    }

    /**
     * Inserts a job, or returns the result for one that exists already; empty if another call is inserting the same, or
     * if there is none and {@code insert} is false.
     */
    Optional<Effect<ScheduleResult>> schedule(Handle handle, ScheduleCommand command, boolean insert) {
        NewJob job = command.job();
        Optional<StoredJob> known = lookByKey(handle, job.idempotencyKey());
        if (known.isPresent()) {
            return repeated(handle, job, known.get(), sameRequest(job, known.get()), new ScheduleResult.KeyReused());
        }
        Lookup lookup = lookup(handle, job);
        StoredJob found = lookup.found();
        if (found == null) {
            return insert ? insert(handle, command, lookup.asOf()) : Optional.empty();
        }
        boolean same = keys.match(found.fingerprint(), job); // never, for a job of another scheduler
        if (same) {
            storeKey(handle, job, found);
        }
        return repeated(handle, job, found, same, new ScheduleResult.Contradiction());
    }

    /** Stores the idempotency key of a repeated request for a job that has none yet. */
    private void storeKey(Handle handle, NewJob job, StoredJob found) {
        IdempotencyKey key = job.idempotencyKey();
        if (key != null && found.request() == null) {
            handle.createUpdate(STORE_KEY)
                    .bind("id", found.row().id())
                    .bind("key", keys.keyed(key.value()))
                    .bind("request", keys.keyed(key.request()))
                    .execute();
        }
    }

    private boolean sameRequest(NewJob job, StoredJob found) {
        return job.idempotencyKey() != null
                && keys.match(found.request(), job.idempotencyKey().request());
    }

    /** Returns the result for an existing job, or deletes it and returns empty if it is past its retention. */
    private Optional<Effect<ScheduleResult>> repeated(
            Handle handle, NewJob job, StoredJob found, boolean same, ScheduleResult other) {
        if (found.isPastRetention()) {
            handle.createUpdate(DELETE_EXPIRED).bind("id", found.row().id()).execute();
            return Optional.empty();
        }
        return Optional.of(new Effect<>(
                same ? new ScheduleResult.Accepted(firstAnswer(job, found), firstLease(job, found)) : other, false));
    }

    /** Returns the job as it was first accepted; what the store does not keep is the same in the repeated request. */
    private static JobSnapshot firstAnswer(NewJob job, StoredJob found) {
        Instant createdAt = found.row().createdAt();
        Instant notBefore = ceilToMicros(job.notBefore());
        Eta eta = new Eta(notBefore.isAfter(createdAt) ? notBefore : createdAt, found.promisedAt());
        JobId id = new JobId(found.row().id());
        return new JobSnapshot(
                new AsyncJob.Pending(id, job.owner(), job.kind(), job.links(), createdAt, eta), createdAt);
    }

    /**
     * Returns the lease of the birth, if the repetition asks for that, too. Later claims have other tokens, and
     * renewals later ends.
     */
    private @Nullable Lease firstLease(NewJob job, StoredJob found) {
        return job.lease() != null && keys.match(found.fingerprint(), job)
                ? job.leaseFrom(found.row().createdAt())
                : null;
    }

    private Optional<StoredJob> lookByKey(Handle handle, @Nullable IdempotencyKey key) {
        return key == null
                ? Optional.empty()
                : handle.createQuery(SELECT_BY_KEY)
                        .bindArray("keys", String.class, keys.forms(key.value()))
                        .map((rs, context) -> StoredJob.read(rs))
                        .findFirst();
    }

    private static Lookup lookup(Handle handle, NewJob job) {
        return handle.createQuery(SELECT_BY_ID)
                .bind("id", job.id().value())
                .map((rs, context) -> new Lookup(
                        rs.getObject("id") == null ? null : StoredJob.read(rs), SqlTypes.instant(rs, "as_of")))
                .one();
    }

    private Optional<Effect<ScheduleResult>> insert(Handle handle, ScheduleCommand command, Instant now) {
        JobWriter.Fresh fresh = fresh(command, now);
        return insert(handle, List.of(fresh)).contains(fresh.row().id())
                ? Optional.of(inserted(fresh))
                : Optional.empty();
    }

    private JobWriter.Fresh fresh(ScheduleCommand one, Instant now) {
        NewJob job = one.job();
        return new JobWriter.Fresh(
                JobRow.of(job.notBefore(ceilToMicros(job.notBefore())).acceptedAt(now, one.expected())),
                job,
                job.maxAttempts() == null ? policy.maxAttempts() : job.maxAttempts(),
                keys);
    }

    private Set<UUID> insert(Handle handle, List<JobWriter.Fresh> all) {
        Stream<JobKind> kinds = all.stream()
                .filter(one -> one.lease() == null)
                .map(one -> one.job().kind());
        return writer.insert(handle, all, notifications.work(kinds));
    }

    private static Effect<ScheduleResult> inserted(JobWriter.Fresh fresh) {
        JobRow row = fresh.row();
        return new Effect<>(
                new ScheduleResult.Accepted(new JobSnapshot(row.toJob(), row.createdAt()), fresh.lease()), true);
    }

    /**
     * Inserts the new jobs; empty for jobs that exist already, for the second of two with one id, and for jobs that
     * other transactions may be inserting: for all jobs, if that is found only now.
     */
    List<Optional<Effect<ScheduleResult>>> scheduleNew(Transactions transactions, List<ScheduleCommand> all) {
        return transactions
                .callUnlessLocked(
                        handle -> scheduleNew(handle, all, one -> !transactions.mayBeLocked(names(one.job()))))
                .orElseGet(() -> Collections.nCopies(all.size(), Optional.empty()));
    }

    /** Inserts the new jobs that are {@code free}, as the other method does. */
    List<Optional<Effect<ScheduleResult>>> scheduleNew(
            Handle handle, List<ScheduleCommand> all, Predicate<JobWriter.Fresh> free) {
        Instant now = handle.createQuery("select <now>").mapTo(Instant.class).one();
        Map<UUID, JobWriter.Fresh> byId = new LinkedHashMap<>();
        List<JobWriter.Fresh> fresh = all.stream().map(one -> fresh(one, now)).toList();
        fresh.stream().filter(free).forEach(one -> byId.putIfAbsent(one.row().id(), one));
        Set<UUID> inserted =
                insert(handle, byId.values().stream().sorted(LOCK_ORDER).toList());
        return fresh.stream()
                .map(one -> inserted.contains(one.row().id())
                                && one.equals(byId.get(one.row().id()))
                        ? Optional.of(inserted(one))
                        : Optional.<Effect<ScheduleResult>>empty())
                .toList();
    }

    /** Rounds up to the stored precision: no job begins before its producer allows. */
    private static Instant ceilToMicros(Instant instant) {
        Instant floor = instant.truncatedTo(ChronoUnit.MICROS);
        return floor.equals(instant) ? instant : floor.plus(1, ChronoUnit.MICROS);
    }
}
