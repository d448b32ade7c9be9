package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.domain.Statements;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/** The columns of {@code asyncjob.job} that hold a job's {@link JobDetails}; all are null for most jobs. */
final class DetailColumns {
    private static final String STATEMENTS =
            "j.progress, j.message, j.stated_from, j.progress_before, j.message_before";

    /** The columns that {@link #snapshot} reads besides those of {@link JobRow}, of the table {@code j}. */
    static final String ALL = STATEMENTS + ", j.result, j.reference";

    private static final String READ =
            "select %s, <now> as as_of from asyncjob.job j where j.id = :id".formatted(STATEMENTS);

    private static final String UPDATE = """
            update asyncjob.job set progress = :progress, message = :message, stated_from = :from,
                progress_before = :progressBefore, message_before = :messageBefore
            where id = :id
            """;

    private DetailColumns() {}

    /** Reads a job with its details. */
    static JobSnapshot snapshot(ResultSet rs) throws SQLException {
        AsyncJob job = JobRow.read(rs).toJob();
        Instant asOf = SqlTypes.instant(rs, "as_of");
        Statements statements = statements(rs);
        String result = rs.getString("result");
        String reference = rs.getString("reference");
        return SqlTypes.stored(() -> new JobSnapshot(
                job,
                asOf,
                JobDetails.of(
                        job,
                        statements,
                        result == null ? null : new JobResult(result),
                        reference == null ? null : new Reference(reference),
                        asOf)));
    }

    private static Statements statements(ResultSet rs) throws SQLException {
        Statement newest = statement(rs, "progress", "message");
        return newest.isNone()
                ? Statements.NONE
                : new Statements(
                        newest,
                        SqlTypes.instantOrNull(rs, "stated_from"),
                        statement(rs, "progress_before", "message_before"));
    }

    private static Statement statement(ResultSet rs, String progressColumn, String messageColumn) throws SQLException {
        Double progress = rs.getObject(progressColumn, Double.class);
        String message = rs.getString(messageColumn);
        return progress == null && message == null
                ? Statement.NONE
                : SqlTypes.stored(() -> new Statement(progress, message));
    }

    /** Adds a statement to those of a job whose lease the caller's transaction holds locked. */
    static void state(Handle handle, Object id, Statement next) {
        Statements all = handle.createQuery(READ)
                .bind("id", id)
                .map((rs, context) -> statements(rs).then(next, SqlTypes.instant(rs, "as_of")))
                .one();
        handle.createUpdate(UPDATE)
                .bind("id", id)
                .bindByType("progress", all.newest().progress(), Double.class)
                .bind("message", all.newest().message())
                .bindByType("from", all.shownFrom(), Instant.class)
                .bindByType("progressBefore", all.before().progress(), Double.class)
                .bind("messageBefore", all.before().message())
                .execute();
    }
}
