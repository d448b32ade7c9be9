package dev.asyncjob.persistence;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;

/**
 * One statement: look, lock, take and read.
 *
 * <p>Each kind is looked up by itself, so that the index gives the longest due of it first; what is locked and then not
 * among the longest due of all is passed over by claims that run at the same instant. The limit is part of the text,
 * since the planner expects a tenth of the table from a limit it does not know, and would read all of it.
 */
final class PostgresClaims implements Claims {
    static final String CLAIM = """
            with due as materialized (
                select candidate.job_id, candidate.available_at as due_at
                from unnest(:kinds) as asked (kind)
                cross join lateral (
                    select w.job_id, w.available_at from asyncjob.work w
                    where w.kind = asked.kind and w.available_at <= <now> and w.attempts_left > 0
                    order by w.available_at limit <max> for update skip locked) as candidate
                order by candidate.available_at limit <max>),
            taken as (
                update asyncjob.work w
                set available_at = <now> + :lease * interval '1 microsecond', %s
                from due where w.job_id = due.job_id
                returning w.job_id, due.due_at, %s)
            select %s, w.* from taken w join asyncjob.job j on j.id = w.job_id order by w.due_at
            """.formatted(TAKE, WORK_COLUMNS, JobRow.COLUMNS);

    /** Of two claims of one id the second waits, and then finds what the first took. */
    private static final String TAKE_TURN = "select cast(pg_advisory_xact_lock(hashtextextended(:claimId, 0)) as text)";

    @Override
    public List<ClaimedJob> claim(Calls calls, Claim claim) {
        return claim.id() == null
                ? calls.call(handle -> claim(handle, claim))
                : calls.transact(handle -> claimOnce(handle, claim));
    }

    private static List<ClaimedJob> claimOnce(Handle handle, Claim claim) {
        handle.createQuery(TAKE_TURN)
                .bind("claimId", Claims.idOf(claim))
                .mapTo(String.class)
                .one();
        List<ClaimedJob> again = Claims.again(handle, claim);
        return again.isEmpty() ? claim(handle, claim) : again;
    }

    private static List<ClaimedJob> claim(Handle handle, Claim claim) {
        return handle.createQuery(CLAIM)
                .define("max", claim.max())
                .bindArray(
                        "kinds",
                        String.class,
                        claim.kinds().stream().map(JobKind::value).toArray())
                .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                .bind("worker", claim.worker().value())
                .bind("claimId", Claims.idOf(claim))
                .map((rs, context) -> Claims.claimed(rs))
                .list();
    }
}
