package dev.asyncjob.persistence;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code asyncjob.work}, without payload: as long as it is the same, no attempt began or ended.
 *
 * @param worker the worker of the newest attempt, or null before the first
 * @param claimedAt when the newest attempt began, or null
 * @param history the attempts that have ended, as {@link HistoryColumn} writes them
 */
record Work(
        UUID id,
        long token,
        boolean leased,
        Instant availableAt,
        Attempts attempts,
        @Nullable String worker,
        @Nullable Instant claimedAt,
        @Nullable String history) {
    /** The columns that {@link #read} reads, of the table {@code w}. */
    static final String COLUMNS = "w.job_id, w.token, w.leased, w.available_at, w.attempts_made, w.attempts_left,"
            + " w.worker, w.claimed_at, w.history";

    static Work read(ResultSet rs) throws SQLException {
        int made = rs.getInt("attempts_made");
        return new Work(
                rs.getObject("job_id", UUID.class),
                rs.getLong("token"),
                rs.getBoolean("leased"),
                SqlTypes.instant(rs, "available_at"),
                new Attempts(made, made + rs.getInt("attempts_left")),
                rs.getString("worker"),
                SqlTypes.instantOrNull(rs, "claimed_at"),
                rs.getString("history"));
    }

    /** Returns the history after the newest attempt ended with an outcome. */
    @Nullable
    String historyWith(Outcome outcome, Instant now) {
        return worker == null
                ? history
                : HistoryColumn.with(
                        EndedAttempt.with(outcome, attempts.made(), new WorkerId(worker), claimedAt, now), history);
    }

    /** Returns the history after the newest attempt, if it has not ended before, ended without an outcome. */
    @Nullable
    String historyWith(EndedAttempt.End end, Instant endedAt) {
        return worker == null || !leased
                ? history
                : HistoryColumn.with(
                        new EndedAttempt(attempts.made(), new WorkerId(worker), claimedAt, endedAt, end, null),
                        history);
    }
}
