package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code asyncjob.job}, read with the database's clock.
 *
 * @param job what the row says
 * @param fingerprint of the request that made it
 * @param settledToken of the attempt that was settled last; 0 for none
 * @param settledOutcome the fingerprint of that attempt's outcome
 * @param now the database's clock
 */
record JobRow(
        AsyncJob job,
        String fingerprint,
        long settledToken,
        @Nullable String settledOutcome,
        Instant now) {
    /** The columns to select, from a table {@code j}; {@code now} is the dialect's clock. */
    static final String COLUMNS = "j.id, j.owner, j.kind, j.status, j.link_entities, j.link_hrefs, j.created_at, "
            + "j.due_at, j.planned_at, j.ended_at, j.kept_until, j.failure, j.fingerprint, j.settled_token, "
            + "j.settled_outcome";

    static JobRow of(ResultSet row) throws SQLException {
        return new JobRow(
                job(row),
                row.getString("fingerprint"),
                row.getLong("settled_token"),
                row.getString("settled_outcome"),
                instant(row, "now_at"));
    }

    JobSnapshot snapshot() {
        return new JobSnapshot(job, now);
    }

    /** Whether the job's retention is over; it is then as good as gone. */
    boolean forgotten() {
        return job.fold(
                pending -> false,
                done -> !done.keptUntil().isAfter(now),
                failed -> !failed.keptUntil().isAfter(now));
    }

    private static AsyncJob job(ResultSet row) throws SQLException {
        JobId id = new JobId(row.getObject("id", UUID.class));
        Owner owner = new Owner(row.getString("owner"));
        JobKind kind = new JobKind(row.getString("kind"));
        ResourceLinks links = links(row.getArray("link_entities"), row.getArray("link_hrefs"));
        Instant created = instant(row, "created_at");
        return switch (JobStatus.valueOf(row.getString("status"))) {
            case PENDING ->
                new AsyncJob.Pending(
                        id, owner, kind, links, created, new Eta(instant(row, "due_at"), instant(row, "planned_at")));
            case DONE ->
                new AsyncJob.Done(
                        id, owner, kind, links, created, instant(row, "ended_at"), instant(row, "kept_until"));
            case FAILED ->
                new AsyncJob.Failed(
                        id,
                        owner,
                        kind,
                        links,
                        created,
                        new Failure(row.getString("failure")),
                        instant(row, "ended_at"),
                        instant(row, "kept_until"));
        };
    }

    private static ResourceLinks links(Array entities, Array hrefs) throws SQLException {
        Object[] entity = (Object[]) entities.getArray();
        @Nullable Object[] href = (Object[]) hrefs.getArray();
        List<ResourceLink> links = new ArrayList<>();
        for (int i = 0; i < entity.length; i++) {
            links.add(new ResourceLink((String) entity[i], (String) href[i]));
        }
        return new ResourceLinks(links);
    }

    /** Instants go by {@code OffsetDateTime}: both databases keep it to the microsecond, in any zone of the JVM. */
    static Instant instant(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(row.getObject(column, OffsetDateTime.class), column)
                .toInstant();
    }

    static OffsetDateTime bindable(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
