package dev.asyncjob.persistence;

import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Finds the jobs of bulk interventions.
 *
 * <p>Pending jobs are read as a list reads them. Jobs that can be retried are read from {@code asyncjob.failed_work},
 * in the order of its key, so that neither those that have ended otherwise nor those that were retried before are read
 * again and again.
 */
final class BulkQueries {
    private static final String PENDING = "from asyncjob.job j where " + JobQueries.READABLE;

    /** An outer join, though each row has its job, since H2 then begins with these rows, as PostgreSQL does anyway. */
    private static final String KEPT = "from asyncjob.failed_work f left join asyncjob.job j on j.id = f.job_id where "
            + JobQueries.READABLE + " and f.kept_until > <now>";

    private static final String NOT_KEPT = "from asyncjob.job j " + FailedWork.USABLE + " where " + JobQueries.READABLE
            + " and f.job_id is null and j.failure \\<> '" + Failure.CANCELLED.message() + "'";

    private BulkQueries() {}

    static Bulk.Preview preview(Handle handle, Bulk bulk) {
        int matching = count(handle, bulk, matching(bulk, "1", null, bulk.max() + 1));
        boolean more = matching > bulk.max();
        if (bulk.action() == Bulk.Action.CANCEL) {
            return new Bulk.Preview(Math.min(matching, bulk.max()), more, 0, null);
        }
        int retried = count(handle, bulk, kept(bulk, "1", true, null, bulk.max()));
        return new Bulk.Preview(Math.min(matching, bulk.max()), more, retried, null);
    }

    /** Reads all jobs that failed, as long as few of them have nothing kept. */
    static int countNotKept(Handle handle, Bulk bulk) {
        return count(handle, bulk, notKept(bulk));
    }

    private static int count(Handle handle, Bulk bulk, String rows) {
        return JobQueries.bind(handle.createQuery(counting(rows)), bulk.filter())
                .mapTo(Integer.class)
                .one();
    }

    static String counting(String rows) {
        return "select count(*) from (" + rows + ") as counted";
    }

    static List<Bulk.Candidate> select(Handle handle, Bulk bulk, JobFilter.@Nullable Place after, int max) {
        Query query = handle.createQuery(matching(bulk, "j.id, j.kind, j.created_at", after, max));
        boolean cancels = bulk.action() == Bulk.Action.CANCEL;
        JobQueries.bind(query, after != null && cancels ? bulk.filter().after(after) : bulk.filter());
        if (after != null && !cancels) {
            query.bind("id", after.id().value());
        }
        return query.map((rs, context) -> candidate(rs)).list();
    }

    private static Bulk.Candidate candidate(ResultSet rs) throws SQLException {
        JobId id = new JobId(rs.getObject("id", UUID.class));
        String kind = rs.getString("kind");
        JobFilter.Place place = new JobFilter.Place(SqlTypes.instant(rs, "created_at"), id);
        return SqlTypes.stored(() -> new Bulk.Candidate(place, new JobKind(kind)));
    }

    /** Returns the statement that reads the jobs that an intervention changes. */
    static String matching(Bulk bulk, String columns, JobFilter.@Nullable Place after, int max) {
        if (bulk.action() == Bulk.Action.RETRY) {
            return kept(bulk, columns, false, after, max);
        }
        JobFilter filter = after == null ? bulk.filter() : bulk.filter().after(after);
        return JobQueries.selecting("select " + columns + " " + PENDING + deliveries(bulk), filter, max);
    }

    private static String kept(Bulk bulk, String columns, boolean retried, JobFilter.@Nullable Place after, int max) {
        String text = "select " + columns + " " + KEPT + (retried ? " and f.retried" : " and not f.retried")
                + deliveries(bulk) + (after == null ? "" : " and f.job_id > :id");
        return JobQueries.conditions(text, bulk.filter()) + " order by f.job_id fetch first " + max + " rows only";
    }

    /** Returns the statement that reads the jobs that failed of which nothing is kept. */
    static String notKept(Bulk bulk) {
        return JobQueries.selecting("select 1 " + NOT_KEPT + deliveries(bulk), bulk.filter(), bulk.max());
    }

    private static String deliveries(Bulk bulk) {
        return bulk.leavesDeliveries() ? " and j.kind \\<> '" + Callback.KIND + "'" : "";
    }
}
