package dev.asyncjob.benchmark;

import io.javalin.Javalin;
import io.javalin.http.Context;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** A textbook implementation: Javalin, one JDBI query per request, a Jackson record, no authentication. */
final class TextbookServer {
    private TextbookServer() {}

    record Body(Status data) {}

    record Status(String eta, String id, @Nullable String doneAt, List<Link> links, String status) {}

    record Link(String entity, @Nullable String href) {}

    public static void main(String[] url) throws Exception {
        Jdbi jdbi = Jdbi.create(Sql.pool(url[0], 10));
        Javalin server = Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.routes.get(Reads.PATH, ctx -> answer(ctx, jdbi));
                })
                .start("127.0.0.1", 0);
        ProcessProtocol.serveAt(server.port());
    }

    private static void answer(Context ctx, Jdbi jdbi) {
        UUID id = UUID.fromString(ctx.pathParam("asyncJobId"));
        jdbi.withHandle(handle -> handle.createQuery(
                                "select id, status, link_entities, link_hrefs, planned_at, ended_at from asyncjob.job where id = :id")
                        .bind("id", id)
                        .map((rs, context) -> read(rs))
                        .findOne())
                .ifPresentOrElse(status -> ctx.json(new Body(status)), () -> ctx.status(404));
    }

    private static Status read(ResultSet rs) throws SQLException {
        Instant ended = instant(rs, "ended_at");
        Object[] entities = (Object[]) rs.getArray("link_entities").getArray();
        Object[] hrefs = (Object[]) rs.getArray("link_hrefs").getArray();
        return new Status(
                String.valueOf(ended == null ? instant(rs, "planned_at") : ended),
                rs.getString("id"),
                ended == null ? null : ended.toString(),
                IntStream.range(0, entities.length)
                        .mapToObj(i -> new Link((String) entities[i], (String) hrefs[i]))
                        .toList(),
                rs.getString("status"));
    }

    private static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
        OffsetDateTime time = rs.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
