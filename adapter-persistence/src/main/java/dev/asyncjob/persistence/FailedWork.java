package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Retry;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code asyncjob.failed_work}: what a new job needs of one that failed, for a time. The statement that
 * deletes the work of a job copies it, so that no payload comes to the node; a row is deleted with its job.
 */
final class FailedWork {
    /** A part of PostgreSQL's update of jobs, only if jobs fail of which something is kept. */
    static final String KEEP = """
            ,
            failed as materialized (
                select * from unnest(cast(:failedId as uuid array), cast(:payloadUntil as timestamptz array)) as a (id, until)),
            kept as (
                insert into asyncjob.failed_work (job_id, kept_until, max_attempts, payload)
                select w.job_id, f.until, w.attempts_made + w.attempts_left, w.payload
                from failed f join unchanged u on u.id = f.id join asyncjob.work w on w.job_id = f.id)""";

    private static final String KEEP_ONE = """
            insert into asyncjob.failed_work (job_id, kept_until, max_attempts, payload)
            select job_id, cast(:payloadUntil as timestamp(6) with time zone), attempts_made + attempts_left, payload
            from asyncjob.work where job_id = :id
            """;

    private static final String FORGET = """
            delete from asyncjob.failed_work where job_id in (
                select job_id from asyncjob.failed_work where kept_until \\<= <now>
                order by kept_until fetch first :max rows only)
            """;

    /** Joins what can be used now of a job {@code j}, as the table {@code f}. */
    static final String USABLE = "left join asyncjob.failed_work f on f.job_id = j.id and f.kept_until > <now>";

    private static final String FIND = """
            select %s, j.reference, j.callback, coalesce(j.called, j.scheduled_by, j.owner) as client, f.max_attempts,
                f.payload, <now> as as_of
            from asyncjob.job j %s where j.id = any(:ids) and %s
            """.formatted(JobRow.COLUMNS, USABLE, JobQueries.READABLE);

    /** Not a part of the insert, which costs all other jobs the less. */
    private static final String MARK = "update asyncjob.job set retry_of = :of, called = :called where id = :id";

    private static final String RETRIED = "update asyncjob.failed_work set retried = true where job_id = any(:ids)";

    /** In one order, so that two operators wait for each other and never deadlock. */
    private static final String TAKE = """
            select job_id from asyncjob.failed_work
            where job_id = any(:ids) and not retried and kept_until > <now> order by job_id for update
            """;

    /** PostgreSQL reads no payload for its length, if that is stored apart. */
    private static final String SIZES = "select job_id, cast(octet_length(payload) as bigint) as bytes"
            + " from asyncjob.failed_work where job_id = any(:ids)";

    private FailedWork() {}

    /** Keeps what new jobs need of those that fail, one by one, before their work is deleted. */
    static void keep(Handle handle, List<JobWriter.Changed> all) {
        PreparedBatch batch = handle.prepareBatch(KEEP_ONE);
        for (JobWriter.Changed one : all) {
            if (one.payloadUntil() != null) {
                batch.bind("id", one.row().id())
                        .bindByType("payloadUntil", one.payloadUntil(), Instant.class)
                        .add();
            }
        }
        if (batch.size() > 0) {
            batch.execute();
        }
    }

    static int forget(Handle handle, int max) {
        return handle.createUpdate(FORGET).bind("max", max).execute();
    }

    /** Reads a job that is to be retried, whatever its status. */
    static Optional<Retry.Old> find(Handle handle, JobId id) {
        return find(handle, List.of(id.value())).stream().findFirst();
    }

    private static List<Retry.Old> find(Handle handle, List<UUID> ids) {
        return handle.createQuery(FIND)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> old(rs))
                .list();
    }

    /** Returns how many of some jobs, from the first on, have payloads of {@code max} bytes together; one at least. */
    static int within(Handle handle, List<JobId> jobs, long max) {
        Map<UUID, Long> sizes = handle.createQuery(SIZES)
                .bindArray("ids", UUID.class, jobs.stream().map(JobId::value).toList())
                .reduceRows(new HashMap<>(), (all, row) -> {
                    all.put(row.getColumn("job_id", UUID.class), row.getColumn("bytes", Long.class));
                    return all;
                });
        long bytes = 0;
        int within = 0;
        for (JobId job : jobs) {
            bytes += sizes.getOrDefault(job.value(), 0L);
            if (bytes > max && within > 0) {
                break;
            }
            within++;
        }
        return within;
    }

    /**
     * Reads those of some jobs that can be retried and were not yet, and locks what is kept of them: a second operator
     * waits, and then finds that they were retried.
     */
    static List<Retry.Old> take(Handle handle, List<JobId> jobs) {
        List<UUID> taken = handle.createQuery(TAKE)
                .bindArray("ids", UUID.class, jobs.stream().map(JobId::value).toList())
                .mapTo(UUID.class)
                .list();
        return taken.isEmpty()
                ? List.of()
                : find(handle, taken).stream().filter(old -> old.work() != null).toList();
    }

    private static Retry.Old old(ResultSet rs) throws SQLException {
        JobSnapshot snapshot = new JobSnapshot(JobRow.read(rs).toJob(), SqlTypes.instant(rs, "as_of"));
        String reference = rs.getString("reference");
        boolean callback = rs.getBoolean("callback");
        String client = rs.getString("client");
        Retry.Work work = work(rs);
        return SqlTypes.stored(() -> new Retry.Old(
                snapshot,
                reference == null ? null : new Reference(reference),
                callback,
                new Owner(client).client(),
                work));
    }

    private static Retry.@Nullable Work work(ResultSet rs) throws SQLException {
        String payload = rs.getString("payload");
        return payload == null ? null : new Retry.Work(new Payload(payload), rs.getInt("max_attempts"));
    }

    /** Stores in whose place jobs are that have just been inserted, and that those that failed were retried. */
    static void mark(Handle handle, List<NewJob> jobs) {
        PreparedBatch marks = handle.prepareBatch(MARK);
        List<UUID> retried = new ArrayList<>();
        for (NewJob job : jobs) {
            UUID of = Objects.requireNonNull(job.retryOf()).id().value();
            retried.add(of);
            marks.bind("id", job.id().value())
                    .bind("of", of)
                    .bind("called", job.called().value())
                    .add();
        }
        marks.execute();
        handle.createUpdate(RETRIED).bindArray("ids", UUID.class, retried).execute();
    }

    /** Reads the column {@code retry_of}. */
    static @Nullable JobId retryOf(ResultSet rs) throws SQLException {
        UUID of = rs.getObject("retry_of", UUID.class);
        return of == null ? null : new JobId(of);
    }
}
