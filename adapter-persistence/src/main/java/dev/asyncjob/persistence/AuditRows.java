package dev.asyncjob.persistence;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.Owner;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The rows of {@code asyncjob.audit}: one of each intervention, whose id it has. */
final class AuditRows {
    private static final String ADD = "update asyncjob.audit set changed = changed + :changed where id = :id";

    private static final String INSERT = """
            insert into asyncjob.audit (id, begun_at, client, request_id, action, subject, detail, changed)
            values (:id, <now>, :client, :request, :action, :subject, :detail, :changed)
            """;

    private static final String PAGE = """
            select id, begun_at, client, request_id, action, subject, detail, changed from asyncjob.audit
            <where> order by begun_at desc, id desc fetch first :max rows only
            """;

    private final String forget;

    /** @param retention how long a row is kept */
    AuditRows(Duration retention) {
        this.forget = """
            delete from asyncjob.audit where id in (
                select id from asyncjob.audit where begun_at \\< <now> - interval '%s' second
                order by begun_at fetch first :max rows only)
            """.formatted(retention.toSeconds());
    }

    /** Adds the row of an intervention, or what one more call of it has changed. */
    void add(
            Handle handle,
            Intervention by,
            AuditEntry.Action action,
            String subject,
            @Nullable String detail,
            long changed) {
        int known = handle.createUpdate(ADD)
                .bind("id", by.id())
                .bind("changed", changed)
                .execute();
        if (known == 0) {
            handle.createUpdate(INSERT)
                    .bind("id", by.id())
                    .bind("client", by.by().value())
                    .bind("request", by.requestId())
                    .bind("action", action.name())
                    .bind("subject", subject)
                    .bind("detail", detail)
                    .bind("changed", changed)
                    .execute();
        }
    }

    static AuditEntry.Page page(Handle handle, AuditEntry.@Nullable Place after, int limit) {
        Query query = handle.createQuery(PAGE)
                .define("where", after == null ? "" : "where (begun_at, id) < (:at, :id)")
                .bind("max", limit + 1);
        if (after != null) {
            query.bind("at", after.at()).bind("id", after.id());
        }
        List<AuditEntry> found = query.map((rs, context) -> entry(rs)).list();
        boolean more = found.size() > limit;
        return new AuditEntry.Page(more ? found.subList(0, limit) : found, more);
    }

    private static AuditEntry entry(ResultSet rs) throws SQLException {
        Intervention by = new Intervention(
                rs.getObject("id", UUID.class), new Owner(rs.getString("client")), rs.getString("request_id"));
        return new AuditEntry(
                SqlTypes.instant(rs, "begun_at"),
                by,
                AuditEntry.Action.valueOf(rs.getString("action")),
                rs.getString("subject"),
                rs.getString("detail"),
                rs.getLong("changed"));
    }

    int forget(Handle handle, int max) {
        return handle.createUpdate(forget).bind("max", max).execute();
    }
}
