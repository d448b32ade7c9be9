package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * A job as a row of {@code asyncjob.job}, in the column's precision: a value returned from a write equals the value of
 * a later read.
 *
 * @param plannedFrom with {@code plannedAt} the forecast; unchanged when the job ends
 * @param endedAt null while pending, as is {@code keptUntil}
 * @param failure null unless failed
 * @param failureCode null unless failed with a code
 */
record JobRow(
        UUID id,
        String owner,
        String kind,
        JobStatus status,
        ResourceLinks links,
        Instant createdAt,
        Instant plannedFrom,
        Instant plannedAt,
        @Nullable Instant endedAt,
        @Nullable Instant keptUntil,
        @Nullable String failure,
        @Nullable String failureCode) {

    /** The columns that {@link #read} reads, of the table {@code j}. */
    static final String COLUMNS = "j.id, j.owner, j.kind, j.status, j.link_entities, j.link_hrefs, j.created_at,"
            + " j.planned_from, j.planned_at, j.ended_at, j.kept_until, j.failure, j.failure_code";

    static JobRow read(ResultSet rs) throws SQLException {
        return new JobRow(
                rs.getObject("id", UUID.class),
                rs.getString("owner"),
                rs.getString("kind"),
                JobStatus.valueOf(rs.getString("status")),
                links((Object[]) rs.getArray("link_entities").getArray(), (@Nullable Object[])
                        rs.getArray("link_hrefs").getArray()),
                SqlTypes.instant(rs, "created_at"),
                SqlTypes.instant(rs, "planned_from"),
                SqlTypes.instant(rs, "planned_at"),
                SqlTypes.instantOrNull(rs, "ended_at"),
                SqlTypes.instantOrNull(rs, "kept_until"),
                rs.getString("failure"),
                rs.getString("failure_code"));
    }

    private static ResourceLinks links(Object[] entities, @Nullable Object[] hrefs) {
        return SqlTypes.stored(() -> new ResourceLinks(IntStream.range(0, entities.length)
                .mapToObj(i -> link((String) entities[i], (String) hrefs[i]))
                .toList()));
    }

    /** Reads a link; one whose href was stored under an earlier, wider rule has none. */
    private static ResourceLink link(String entity, @Nullable String href) {
        try {
            return new ResourceLink(entity, href);
        } catch (InvalidValueException e) {
            return ResourceLink.to(entity);
        }
    }

    static JobRow of(AsyncJob.Pending job) {
        Eta eta = job.eta();
        return new JobRow(
                job.id().value(),
                job.owner().value(),
                job.kind().value(),
                job.status(),
                job.links(),
                micros(job.createdAt()),
                micros(eta.from()),
                micros(eta.planned()),
                null,
                null,
                null,
                null);
    }

    /** Returns the row of this job after its transition to {@code next}. */
    JobRow become(AsyncJob next) {
        return next.fold(JobRow::of, done -> ended(done, null), failed -> ended(failed, failed.failure()));
    }

    private JobRow ended(AsyncJob.Ended job, @Nullable Failure reason) {
        return new JobRow(
                id,
                owner,
                kind,
                job.status(),
                job.links(),
                createdAt,
                plannedFrom,
                plannedAt,
                micros(job.endedAt()),
                micros(job.keptUntil()),
                reason == null ? null : reason.message(),
                reason == null ? null : reason.code());
    }

    /** Truncates to the stored precision; the databases themselves would round up. */
    static Instant micros(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS);
    }

    AsyncJob toJob() {
        return SqlTypes.stored(this::job);
    }

    private AsyncJob job() {
        return status == JobStatus.PENDING ? pending() : ended(Objects.requireNonNull(endedAt));
    }

    private AsyncJob ended(Instant end) {
        JobId jobId = new JobId(id);
        Owner of = new Owner(owner);
        JobKind jobKind = new JobKind(kind);
        Instant kept = Objects.requireNonNull(keptUntil);
        return status == JobStatus.DONE
                ? new AsyncJob.Done(jobId, of, jobKind, links, createdAt, end, kept)
                : new AsyncJob.Failed(jobId, of, jobKind, links, createdAt, storedFailure(), end, kept);
    }

    private Failure storedFailure() {
        return new Failure(Objects.requireNonNull(failure), failureCode);
    }

    AsyncJob.Pending pending() {
        return SqlTypes.stored(() -> new AsyncJob.Pending(
                new JobId(id),
                new Owner(owner),
                new JobKind(kind),
                links,
                createdAt,
                Eta.stored(plannedFrom, plannedAt)));
    }

    <T extends SqlStatement<T>> T bindTo(T statement) {
        Object[] entities = links.all().stream().map(ResourceLink::entity).toArray();
        Object[] hrefs = links.all().stream().map(ResourceLink::href).toArray();
        return statement
                .bind("id", id)
                .bind("owner", owner)
                .bind("kind", kind)
                .bind("status", status.name())
                .bindArray("entities", String.class, entities)
                .bindArray("hrefs", String.class, hrefs)
                .bindByType("createdAt", createdAt, Instant.class)
                .bindByType("plannedFrom", plannedFrom, Instant.class)
                .bindByType("plannedAt", plannedAt, Instant.class)
                .bindByType("endedAt", endedAt, Instant.class)
                .bindByType("keptUntil", keptUntil, Instant.class)
                .bind("failure", failure)
                .bind("failureCode", failureCode);
    }
}
