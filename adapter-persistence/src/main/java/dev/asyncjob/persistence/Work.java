package dev.asyncjob.persistence;

import dev.asyncjob.domain.Attempts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/** A row of {@code asyncjob.work}, without payload: as long as it is the same, no attempt began or ended. */
record Work(UUID id, long token, boolean leased, Instant availableAt, Attempts attempts) {
    /** The columns that {@link #read} reads, of the table {@code w}. */
    static final String COLUMNS = "w.job_id, w.token, w.leased, w.available_at, w.attempts_made, w.attempts_left";

    static Work read(ResultSet rs) throws SQLException {
        int made = rs.getInt("attempts_made");
        return new Work(
                rs.getObject("job_id", UUID.class),
                rs.getLong("token"),
                rs.getBoolean("leased"),
                SqlTypes.instant(rs, "available_at"),
                new Attempts(made, made + rs.getInt("attempts_left")));
    }
}
