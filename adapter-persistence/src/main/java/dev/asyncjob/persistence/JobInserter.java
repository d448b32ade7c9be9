package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.JdbiJobStore.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** How a job gets into the two tables, once. Safe for use from any thread. */
final class JobInserter {
    /** Answers with a row also when there is no such job: the clock is needed in any case. */
    private static final String LOOK = """
            select %s from (select 1 as one) o left join asyncjob.job j on j.id = :id
            """.formatted(StoredJob.COLUMNS);

    private static final String LOOK_BY_KEY =
            "select %s from asyncjob.job j where j.idempotency_key = :key".formatted(StoredJob.COLUMNS);

    private static final String FORGET_ONE = "delete from asyncjob.job where id = :id and kept_until <= <now>";

    private static final String REMEMBER = """
            update asyncjob.job set idempotency_key = :key, idempotency_request = :request
            where id = :id and idempotency_key is null
            """;

    /** Who inserts the same at the same time waits for one another, but not in a circle. */
    private static final Comparator<JobWriter.Fresh> IN_ORDER_OF_LOCKS = Comparator.comparing(
                    JobWriter.Fresh::key, Comparator.nullsLast(Comparator.<String>naturalOrder()))
            .thenComparing(one -> one.row().id());

    private final JobWriter rows;
    private final WorkPolicy policy;
    private final Notifications announcer;

    JobInserter(JobWriter rows, WorkPolicy policy, Notifications announcer) {
        this.rows = rows;
        this.policy = policy;
        this.announcer = announcer;
    }

    private record Look(@Nullable StoredJob found, Instant asOf) {}

    Answer<ScheduleResult> schedule(Transactions calls, NewJob job, Duration expected) {
        Optional<Answer<ScheduleResult>> answer = Optional.empty();
        while (answer.isEmpty()) { // ends unless each time somebody takes or frees the id between look and insert
            answer = calls.call(handle -> schedule(handle, job, expected));
        }
        return answer.get();
    }

    private Optional<Answer<ScheduleResult>> schedule(Handle handle, NewJob job, Duration expected) {
        Optional<StoredJob> known = lookByKey(handle, job.idempotencyKey());
        if (known.isPresent()) {
            return answer(handle, job, known.get(), sameRequest(job, known.get()), new ScheduleResult.KeyReused());
        }
        Look look = look(handle, job);
        StoredJob found = look.found();
        return found == null
                ? keep(handle, job, expected, look.asOf())
                : answer(
                        handle,
                        job,
                        remembering(handle, job, found),
                        sameContent(job, found),
                        new ScheduleResult.Contradiction());
    }

    /** Gives a job that has no key yet the one that came with its repetition. */
    private static StoredJob remembering(Handle handle, NewJob job, StoredJob found) {
        IdempotencyKey key = job.idempotencyKey();
        if (key != null && found.request() == null && sameContent(job, found)) {
            handle.createUpdate(REMEMBER)
                    .bind("id", found.row().id())
                    .bind("key", key.value())
                    .bind("request", key.request())
                    .execute();
        }
        return found;
    }

    private static boolean sameRequest(NewJob job, StoredJob found) {
        return job.idempotencyKey() != null && job.idempotencyKey().request().equals(found.request());
    }

    private static boolean sameContent(NewJob job, StoredJob found) {
        return found.fingerprint().equals(job.fingerprint());
    }

    /** What is to be said of a job that is there already; nothing if it makes room. */
    private static Optional<Answer<ScheduleResult>> answer(
            Handle handle, NewJob job, StoredJob found, boolean same, ScheduleResult other) {
        if (found.isPastRetention()) {
            handle.createUpdate(FORGET_ONE).bind("id", found.row().id()).execute();
            return Optional.empty();
        }
        return Optional.of(new Answer<>(same ? new ScheduleResult.Accepted(firstAnswer(job, found)) : other, false));
    }

    /** The job as it was first accepted, whatever became of it since; what was asked is known from the repetition. */
    private static JobSnapshot firstAnswer(NewJob job, StoredJob found) {
        Instant createdAt = found.row().createdAt();
        Instant notBefore = ceilToMicros(job.notBefore());
        Eta eta = new Eta(notBefore.isAfter(createdAt) ? notBefore : createdAt, found.promisedAt());
        JobId id = new JobId(found.row().id());
        return new JobSnapshot(
                new AsyncJob.Pending(id, job.owner(), job.kind(), job.links(), createdAt, eta), createdAt);
    }

    private static Optional<StoredJob> lookByKey(Handle handle, @Nullable IdempotencyKey key) {
        return key == null
                ? Optional.empty()
                : handle.createQuery(LOOK_BY_KEY)
                        .bind("key", key.value())
                        .map((rs, context) -> StoredJob.read(rs))
                        .findOne();
    }

    private static Look look(Handle handle, NewJob job) {
        return handle.createQuery(LOOK)
                .bind("id", job.id().value())
                .map((rs, context) ->
                        new Look(rs.getObject("id") == null ? null : StoredJob.read(rs), SqlTypes.instant(rs, "as_of")))
                .one();
    }

    private Optional<Answer<ScheduleResult>> keep(Handle handle, NewJob job, Duration expected, Instant now) {
        JobWriter.Fresh fresh = fresh(new ScheduleCommand(job, expected), now);
        return insert(handle, List.of(fresh)).contains(job.id().value()) ? Optional.of(kept(fresh)) : Optional.empty();
    }

    private JobWriter.Fresh fresh(ScheduleCommand one, Instant now) {
        NewJob job = one.job();
        return new JobWriter.Fresh(
                JobRow.of(job.notBefore(ceilToMicros(job.notBefore())).acceptedAt(now, one.expected())),
                job,
                job.maxAttempts() == null ? policy.maxAttempts() : job.maxAttempts());
    }

    private Set<UUID> insert(Handle handle, List<JobWriter.Fresh> all) {
        return rows.insert(
                handle, all, announcer.work(all.stream().map(one -> one.job().kind())));
    }

    private static Answer<ScheduleResult> kept(JobWriter.Fresh fresh) {
        JobRow row = fresh.row();
        return new Answer<>(new ScheduleResult.Accepted(new JobSnapshot(row.toJob(), row.createdAt())), true);
    }

    /** Those that are new; nothing is said of others, nor of the second of two under one id. */
    List<Optional<Answer<ScheduleResult>>> scheduleNew(Handle handle, List<ScheduleCommand> all) {
        Instant now = handle.createQuery("select <now>").mapTo(Instant.class).one();
        Map<UUID, JobWriter.Fresh> asked = new LinkedHashMap<>();
        List<JobWriter.Fresh> fresh = all.stream().map(one -> fresh(one, now)).toList();
        fresh.forEach(one -> asked.putIfAbsent(one.row().id(), one));
        Set<UUID> kept =
                insert(handle, asked.values().stream().sorted(IN_ORDER_OF_LOCKS).toList());
        return fresh.stream()
                .map(one -> kept.contains(one.row().id())
                                && one.equals(asked.get(one.row().id()))
                        ? Optional.of(kept(one))
                        : Optional.<Answer<ScheduleResult>>empty())
                .toList();
    }

    /** Up to the stored precision: no job begins before its producer allows. */
    private static Instant ceilToMicros(Instant instant) {
        Instant floor = instant.truncatedTo(ChronoUnit.MICROS);
        return floor.equals(instant) ? instant : floor.plus(1, ChronoUnit.MICROS);
    }
}
