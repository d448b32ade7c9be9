package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A job's row and what the store remembers beside it.
 *
 * @param fingerprint of the {@code NewJob} it came from
 * @param promisedAt the planned end that the first answer told
 * @param request fingerprint of what was asked under an idempotency key, or null
 * @param settledToken of the last settled attempt, or null
 * @param settledOutcome that attempt's outcome, as a fingerprint, or null
 * @param asOf when this was read
 */
record StoredJob(
        JobRow row,
        String fingerprint,
        Instant promisedAt,
        @Nullable String request,
        @Nullable Long settledToken,
        @Nullable String settledOutcome,
        Instant asOf) {
    /** The columns that {@link #read} needs, of the table {@code j}. */
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

    /** The jobs of these ids, also those past their retention. */
    static List<StoredJob> read(Handle handle, List<UUID> ids) {
        return handle.createQuery(READ)
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> read(rs))
                .list();
    }

    /** The job of this id, unless it is past its retention. */
    static Optional<StoredJob> find(Handle handle, JobId id) {
        return read(handle, List.of(id.value())).stream()
                .filter(job -> !job.isPastRetention())
                .findFirst();
    }

    boolean isPastRetention() {
        return row.isPastRetention(asOf);
    }

    /** The same, with another attempt settled. */
    StoredJob settledWith(LeaseToken token, Outcome outcome) {
        return new StoredJob(row, fingerprint, promisedAt, request, token.value(), outcome.fingerprint(), asOf);
    }

    /** The same, without what is known of an attempt before the one with this token: that is answered no more. */
    StoredJob settledNoEarlierThan(long token) {
        boolean current = settledToken != null && settledToken == token;
        return current ? this : new StoredJob(row, fingerprint, promisedAt, request, null, null, asOf);
    }

    boolean wasSettledWith(LeaseToken token, Outcome outcome) {
        return settledToken != null
                && settledToken == token.value()
                && outcome.fingerprint().equals(settledOutcome);
    }

    JobSnapshot snapshot() {
        return new JobSnapshot(row.toJob(), asOf);
    }
}
