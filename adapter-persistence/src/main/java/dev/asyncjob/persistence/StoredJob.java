package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.OutcomeReport;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A job's row and the columns that only the store reads.
 *
 * @param fingerprint of the {@code NewJob} that was scheduled; {@link FingerprintKeys} says in which form, as for
 *     {@code request} and {@code settledOutcome}
 * @param promisedAt the planned end in the first answer
 * @param request fingerprint of the request with an idempotency key, or null
 * @param settledToken lease token of the last settled attempt, or null
 * @param settledOutcome fingerprint of that attempt's outcome, or null
 * @param asOf the database's instant of the read
 */
record StoredJob(
        JobRow row,
        String fingerprint,
        Instant promisedAt,
        @Nullable String request,
        @Nullable Long settledToken,
        @Nullable String settledOutcome,
        Instant asOf) {
    /** The columns that {@link #read} reads, of the table {@code j}. */
    static final String COLUMNS =
            JobRow.COLUMNS + ", j.fingerprint, coalesce(j.promised_at, j.planned_at) as promised_at,"
                    + " j.idempotency_request, j.settled_token, j.settled_outcome, <now> as as_of";

    private static final String READ = "select %s from asyncjob.job j where j.id = any(:ids)".formatted(COLUMNS);

    static StoredJob read(ResultSet rs) throws SQLException {
        return new StoredJob(
                JobRow.read(rs),
                rs.getString("fingerprint"),
                SqlTypes.instant(rs, "promised_at"),
                rs.getString("idempotency_request"),
                rs.getObject("settled_token", Long.class),
                rs.getString("settled_outcome"),
                SqlTypes.instant(rs, "as_of"));
    }

    /** Returns the jobs with these ids, including those past their retention. */
    static List<StoredJob> read(Handle handle, List<UUID> ids) {
        return handle.createQuery(READ)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> read(rs))
                .list();
    }

    /** Returns the job with this id, unless it is past its retention. */
    static Optional<StoredJob> find(Handle handle, JobId id) {
        return read(handle, List.of(id.value())).stream()
                .filter(job -> !job.isPastRetention())
                .findFirst();
    }

    boolean isPastRetention() {
        return row.keptUntil() != null && !row.keptUntil().isAfter(asOf);
    }

    /** Returns this job with the reported attempt as the last settled one. */
    StoredJob settledBy(OutcomeReport report, FingerprintKeys keys) {
        return settled(report.token().value(), keys.keyed(report.outcome().fingerprint()));
    }

    /** Returns this job without a settled attempt before the one with this token: its repeated report is refused. */
    StoredJob settledNoEarlierThan(long token) {
        return settledToken != null && settledToken == token ? this : settled(null, null);
    }

    private StoredJob settled(@Nullable Long token, @Nullable String outcome) {
        return new StoredJob(row, fingerprint, promisedAt, request, token, outcome, asOf);
    }

    /** Returns whether this very report settled the last settled attempt. */
    boolean wasSettledBy(OutcomeReport report, FingerprintKeys keys) {
        return settledToken != null
                && settledToken == report.token().value()
                && keys.match(settledOutcome, report.outcome().fingerprint());
    }

    JobSnapshot snapshot() {
        return new JobSnapshot(row.toJob(), asOf);
    }
}
