package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.WorkerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** The queries of owners and operators. Safe for use from any thread. */
final class JobQueries {
    static final String READABLE = "(j.kept_until is null or j.kept_until > <now>)";

    private static final String FIND = """
            select %s, %s, <now> as as_of from asyncjob.job j where j.id = :id and j.owner = :owner and %s
            """.formatted(JobRow.COLUMNS, DetailColumns.ALL, READABLE);

    /** Reads jobs with any of the ids and any of the owners; {@code find} drops the pairs that were not requested. */
    private static final String FIND_ALL = """
            select %s, %s, <now> as as_of from asyncjob.job j where j.id = any(:ids) and j.owner = any(:owners) and %s
            """.formatted(JobRow.COLUMNS, DetailColumns.ALL, READABLE);

    /** Ordered as the index is, leading column included; the limit is text, since planners guess parameters. */
    static final String RECENT = """
            select coalesce(j.due_at, j.created_at) as due_at, j.ended_at from asyncjob.job j
            where j.kind = :kind and j.ended_at > %s and j.ended_at \\<= <now> and (j.failure is null or j.failure \\<> '%s')
            order by j.kind, j.ended_at desc fetch first <max> rows only
            """.formatted(SqlDialect.EPOCH, Failure.CANCELLED.message());

    /** The columns that {@link #entry} reads, of the tables {@code j} and {@code w}. */
    static final String ENTRY_COLUMNS = JobRow.COLUMNS + ", j.attempts, w.attempts_made, w.leased, w.token, w.worker,"
            + " w.available_at, w.progress, j.scheduled_by, j.reference, j.retry_of, <now> as as_of";

    private static final String LIST = """
            select %s from asyncjob.job j left join asyncjob.work w on w.job_id = j.id
            where %s
            """.formatted(ENTRY_COLUMNS, READABLE);

    static final String PENDING = """
            select count(*) from (
                select 1 from asyncjob.job where owner = :owner and status = 'PENDING' fetch first :max rows only) as counted
            """;

    /**
     * Without a lock between the two: a job that has ended stays so. One that ended in the future did so before the
     * clock was set back.
     */
    static final String FORGET = """
            delete from asyncjob.job where id = any(array(
                select id from asyncjob.job where owner = :owner and (ended_at \\<= :endedBy or ended_at > <now>)
                order by owner, created_at fetch first :max rows only))
            """;

    private JobQueries() {}

    /** Returns whether there is a job that has ended. */
    static boolean showsEnd(Optional<JobSnapshot> job) {
        return job.filter(found -> !(found.job() instanceof AsyncJob.Pending)).isPresent();
    }

    /** Returns whether one of the jobs has ended. */
    static boolean showsEnd(List<JobSnapshot> jobs) {
        return jobs.stream().anyMatch(found -> showsEnd(Optional.of(found)));
    }

    static Optional<JobSnapshot> find(Handle handle, Owner reader, JobId id) {
        return handle.createQuery(FIND)
                .bind("id", id.value())
                .bind("owner", reader.value())
                .map((rs, context) -> DetailColumns.snapshot(rs))
                .findOne();
    }

    static List<JobSnapshot> find(Handle handle, Set<JobKey> keys) {
        Object[] ids = keys.stream().map(key -> key.id().value()).toArray();
        Object[] owners =
                keys.stream().map(key -> key.owner().value()).distinct().toArray();
        return handle
                .createQuery(FIND_ALL)
                .bindArray("ids", UUID.class, ids)
                .bindArray("owners", String.class, owners)
                .map((rs, context) -> DetailColumns.snapshot(rs))
                .list()
                .stream()
                .filter(found -> keys.contains(
                        new JobKey(found.job().owner(), found.job().id())))
                .toList();
    }

    static List<Duration> recentDurations(Handle handle, JobKind kind, int max) {
        return handle.createQuery(RECENT)
                .define("max", max)
                .bind("kind", kind.value())
                .map((rs, context) ->
                        Duration.between(SqlTypes.instant(rs, "due_at"), SqlTypes.instant(rs, "ended_at")))
                .list();
    }

    static int pending(Handle handle, Owner owner, int max) {
        return handle.createQuery(PENDING)
                .bind("owner", owner.value())
                .bind("max", max)
                .mapTo(Integer.class)
                .one();
    }

    static int forget(Handle handle, Owner owner, Instant endedBy, int max) {
        return handle.createUpdate(FORGET)
                .bind("owner", owner.value())
                .bind("endedBy", endedBy)
                .bind("max", max)
                .execute();
    }

    static JobPage list(Handle handle, JobFilter filter) {
        Query query = bind(handle.createQuery(listing(filter)), filter);
        List<JobPage.Entry> found = query.map((rs, context) -> entry(rs)).list();
        boolean more = found.size() > filter.limit();
        return new JobPage(more ? found.subList(0, filter.limit()) : found, more);
    }

    /** Binds the parameters that {@link #selecting} has for a filter. */
    static Query bind(Query query, JobFilter filter) {
        if (filter.kind() != null) {
            query.bind("kind", filter.kind().value());
        }
        if (filter.owner() != null) {
            query.bind("owner", filter.owner().value());
        }
        if (filter.reference() != null) {
            query.bind("reference", filter.reference().value());
        }
        if (filter.after() != null) {
            query.bind("createdAt", filter.after().createdAt())
                    .bind("id", filter.after().id().value());
        }
        return query;
    }

    /**
     * Returns the statement for a filter. Status and limit are part of the text: with parameters the planner would not
     * know which index to use.
     */
    static String listing(JobFilter filter) {
        return selecting(LIST, filter, filter.limit() + 1);
    }

    /** Returns the statement that continues a text, up to a condition, with those of a filter; the newest job first. */
    static String selecting(String text, JobFilter filter, int rows) {
        return conditions(text, filter) + " order by " + order(filter) + " fetch first " + rows + " rows only";
    }

    /** Returns a text, up to a condition, with the conditions of a filter. */
    static String conditions(String text, JobFilter filter) {
        List<String> conditions = new ArrayList<>(List.of(text));
        if (filter.status() != null) {
            conditions.add("j.status = '" + filter.status() + "'");
        }
        if (filter.kind() != null) {
            conditions.add("j.kind = :kind");
        }
        if (filter.owner() != null) {
            conditions.add("j.owner = :owner");
        }
        if (filter.reference() != null) {
            conditions.add("j.reference = :reference");
        }
        if (filter.overdue() != null) {
            String overdue = "j.status = 'PENDING' and j.planned_at \\<= <now>";
            conditions.add(filter.overdue() ? overdue : "not (" + overdue + ")");
        }
        if (filter.after() != null) { // H2 searches its index with the first condition only
            conditions.add("j.created_at \\<= :createdAt and (j.created_at, j.id) \\< (:createdAt, :id)");
        }
        return String.join(" and ", conditions);
    }

    /** Returns the order of an index, leading column included: H2 then reads no more rows than it returns. */
    private static String order(JobFilter filter) {
        String newestFirst = "j.created_at desc, j.id desc";
        if (filter.reference() != null) {
            return filter.owner() == null ? newestFirst : "j.reference, j.owner, " + newestFirst;
        }
        if (filter.owner() != null) {
            return "j.owner, " + newestFirst;
        }
        boolean rare =
                Boolean.TRUE.equals(filter.overdue()) || (filter.status() != null && filter.status() != JobStatus.DONE);
        if (filter.kind() != null && !rare) {
            return "j.kind, " + newestFirst;
        }
        return rare || filter.status() != null ? "j.status, " + newestFirst : newestFirst;
    }

    /** Reads a job as operators see it. */
    static JobPage.Entry entry(ResultSet rs) throws SQLException {
        Integer made = rs.getObject("attempts_made", Integer.class);
        boolean leased = rs.getBoolean("leased");
        String scheduledBy = rs.getString("scheduled_by");
        String reference = rs.getString("reference");
        return new JobPage.Entry(
                new JobSnapshot(JobRow.read(rs).toJob(), SqlTypes.instant(rs, "as_of")),
                made == null ? rs.getObject("attempts", Integer.class) : made,
                leased ? lease(rs) : null,
                leased ? rs.getObject("progress", Double.class) : null,
                scheduledBy == null ? null : SqlTypes.stored(() -> new Owner(scheduledBy)),
                reference == null ? null : SqlTypes.stored(() -> new Reference(reference)),
                FailedWork.retryOf(rs));
    }

    private static Lease lease(ResultSet rs) throws SQLException {
        return new Lease(
                new LeaseToken(rs.getLong("token")),
                new WorkerId(rs.getString("worker")),
                SqlTypes.instant(rs, "available_at"));
    }
}
