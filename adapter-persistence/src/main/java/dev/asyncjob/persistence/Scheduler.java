package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Scheduling;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.JdbiJobStore.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** How a job gets into the two tables, once. Safe for use from any thread. */
final class Scheduler {
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

    private final SqlDialect dialect;
    private final WorkPolicy policy;
    private final Announcer announcer;

    Scheduler(SqlDialect dialect, WorkPolicy policy, Announcer announcer) {
        this.dialect = dialect;
        this.policy = policy;
        this.announcer = announcer;
    }

    private record Look(@Nullable StoredJob found, Instant asOf) {}

    Answer<Scheduling> schedule(Calls calls, NewJob job, Duration expected) {
        Optional<Answer<Scheduling>> answer = Optional.empty();
        while (answer.isEmpty()) { // ends unless each time somebody takes or frees the id between look and insert
            answer = calls.call(handle -> schedule(handle, job, expected));
        }
        return answer.get();
    }

    private Optional<Answer<Scheduling>> schedule(Handle handle, NewJob job, Duration expected) {
        Optional<StoredJob> known = lookByKey(handle, job.idempotencyKey());
        if (known.isPresent()) {
            return answer(handle, job, known.get(), sameRequest(job, known.get()), new Scheduling.KeyReused());
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
                        new Scheduling.Contradiction());
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
    private static Optional<Answer<Scheduling>> answer(
            Handle handle, NewJob job, StoredJob found, boolean same, Scheduling other) {
        if (found.isPastRetention()) {
            handle.createUpdate(FORGET_ONE).bind("id", found.row().id()).execute();
            return Optional.empty();
        }
        return Optional.of(new Answer<>(same ? new Scheduling.Accepted(firstAnswer(job, found)) : other, false));
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

    private Optional<Answer<Scheduling>> keep(Handle handle, NewJob job, Duration expected, Instant now) {
        JobRow row = JobRow.of(job.notBefore(ceilToMicros(job.notBefore())).acceptedAt(now, expected));
        List<String> statements = dialect.insert();
        boolean kept = statements.size() == 1
                ? insert(handle, statements, row, job)
                : handle.inTransaction(transaction -> insert(transaction, statements, row, job));
        return kept
                ? Optional.of(new Answer<>(new Scheduling.Accepted(new JobSnapshot(row.toJob(), now)), true))
                : Optional.empty();
    }

    private boolean insert(Handle handle, List<String> statements, JobRow row, NewJob job) {
        int attempts = job.maxAttempts() == null ? policy.maxAttempts() : job.maxAttempts();
        IdempotencyKey key = job.idempotencyKey();
        return statements.stream()
                .allMatch(statement -> row.bindTo(handle.createQuery(statement))
                        .bind("fingerprint", job.fingerprint())
                        .bind("key", key == null ? null : key.value())
                        .bind("request", key == null ? null : key.request())
                        .bind("attempts", attempts)
                        .bind("payload", job.payload().json())
                        .bind("news", announcer.work(job.kind()))
                        .mapTo(Integer.class)
                        .findOne()
                        .isPresent());
    }

    /** Up to the stored precision: no job begins before its producer allows. */
    private static Instant ceilToMicros(Instant instant) {
        Instant floor = instant.truncatedTo(ChronoUnit.MICROS);
        return floor.equals(instant) ? instant : floor.plus(1, ChronoUnit.MICROS);
    }
}
