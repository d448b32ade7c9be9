package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job's row and what the store remembers beside it.
 *
 * @param fingerprint of the {@code NewJob} it came from
 * @param settledToken of the last settled attempt, or null
 * @param settledOutcome that attempt's outcome, as a fingerprint, or null
 * @param asOf when this was read
 */
record StoredJob(
        JobRow row,
        String fingerprint,
        @Nullable Long settledToken,
        @Nullable String settledOutcome,
        Instant asOf) {
    /** The columns that {@link #read} needs, of the table {@code j}. */
    static final String COLUMNS =
            JobRow.COLUMNS + ", j.fingerprint, j.settled_token, j.settled_outcome, <now> as as_of";

    static StoredJob read(ResultSet rs) throws SQLException {
        return new StoredJob(
                JobRow.read(rs),
                rs.getString("fingerprint"),
                rs.getObject("settled_token", Long.class),
                rs.getString("settled_outcome"),
                SqlTypes.instant(rs, "as_of"));
    }

    boolean isPastRetention() {
        return row.isPastRetention(asOf);
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
