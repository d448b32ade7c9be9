package dev.asyncjob.persistence;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Payload;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** The one intent that the two databases carry out in different ways. Safe for use from any thread. */
@FunctionalInterface
interface Claims {
    /** What {@link #claimed} needs of the table {@code w} that was just updated. */
    String WORK_COLUMNS = "w.payload, w.token, w.attempts_made, w.attempts_left, w.available_at";

    /** The change of a work row that is claimed, but for the end of its lease. */
    String TAKE = "token = w.token + 1, attempts_made = w.attempts_made + 1, attempts_left = w.attempts_left - 1,"
            + " leased = true, worker = :worker";

    /** Leases due jobs, the longest due first. */
    List<ClaimedJob> claim(Calls calls, Claim claim);

    /** A job joined with its work, as it is given to {@code claim}'s worker. */
    static ClaimedJob claimed(ResultSet rs, Claim claim) throws SQLException {
        int made = rs.getInt("attempts_made");
        return new ClaimedJob(
                JobRow.read(rs).pending(),
                new Attempts(made, made + rs.getInt("attempts_left")),
                new Lease(new LeaseToken(rs.getLong("token")), claim.worker(), SqlTypes.instant(rs, "available_at")),
                new Payload(rs.getString("payload")));
    }
}
