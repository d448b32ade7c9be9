package dev.asyncjob.persistence;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * One statement: look, lock, take and read.
 *
 * <p>Each kind is looked up by itself, so that the index gives the longest due of it first; what is locked and then not
 * among the longest due of all is passed over by claims that run at the same instant. The outermost limit changes
 * nothing but the planner's mind, which expects a tenth of the table from a limit it does not know, and would read all
 * of it; the limit that counts is a parameter, so that claims of any size are one statement, planned once.
 *
 * <p>What was claimed leaves dead entries at the front of the index, which everybody's next look has to pass as long as
 * any snapshot is older; so a look begins where the one before found its first, and at the very front only from time to
 * time, or when it finds nothing. Who commits a job long after it was due is found by that.
 */
final class PostgresClaims implements Claims {
    static final String CLAIM = """
            with due as materialized (
                select first.job_id, first.available_at as due_at from (
                    select candidate.* from unnest(:kinds) as asked (kind)
                    cross join lateral (
                        select w.job_id, w.available_at from asyncjob.work w
                        where w.kind = asked.kind and w.available_at >= cast(:from as timestamptz)
                            and w.available_at <= <now> and w.attempts_left > 0
                        order by w.available_at limit :max for update skip locked) as candidate
                    order by candidate.available_at limit :max) as first
                limit %s),
            taken as (
                update asyncjob.work w
                set available_at = <now> + :lease * interval '1 microsecond', %s
                from due where w.job_id = due.job_id
                returning w.job_id, due.due_at, %s)
            select %s, w.* from taken w join asyncjob.job j on j.id = w.job_id order by w.due_at
            """.formatted(Claim.MAX_JOBS, TAKE, WORK_COLUMNS, JobRow.COLUMNS);

    /** Of two claims of one id the second waits, and then finds what the first took. */
    private static final String TAKE_TURN = "select cast(pg_advisory_xact_lock(hashtextextended(:claimId, 0)) as text)";

    /** How long a look may begin behind the front. */
    private static final Duration FRESH = Duration.ofMillis(500);

    /** Sets of kinds whose front is remembered. */
    private static final int MAX_FRONTS = 1000;

    private final Map<Set<JobKind>, Front> fronts = new ConcurrentHashMap<>();

    /**
     * Where a look found its first job.
     *
     * @param seenAt when a look last began at the very front, on {@link System#nanoTime()}
     */
    private record Front(@Nullable Instant dueAt, long seenAt) {
        static Front unknown() {
            return new Front(null, System.nanoTime());
        }

        Front movedTo(Instant first) {
            return new Front(first, seenAt);
        }

        boolean isFresh() {
            return dueAt != null && System.nanoTime() - seenAt < FRESH.toNanos();
        }

        String from() {
            return dueAt == null ? "-infinity" : dueAt.toString();
        }
    }

    private record Taken(ClaimedJob job, Instant dueAt) {}

    @Override
    public List<ClaimedJob> claim(Transactions calls, Claim claim) {
        return claim.id() == null
                ? calls.call(handle -> claim(handle, claim))
                : calls.transact(handle -> claimOnce(handle, claim));
    }

    private List<ClaimedJob> claimOnce(Handle handle, Claim claim) {
        handle.createQuery(TAKE_TURN)
                .bind("claimId", Claims.idOf(claim))
                .mapTo(String.class)
                .one();
        List<ClaimedJob> again = Claims.again(handle, claim);
        return again.isEmpty() ? claim(handle, claim) : again;
    }

    private List<ClaimedJob> claim(Handle handle, Claim claim) {
        Front front = fronts.getOrDefault(claim.kinds(), Front.unknown());
        List<Taken> taken = front.isFresh() ? take(handle, claim, front.from()) : List.of();
        if (taken.isEmpty()) {
            front = Front.unknown();
            taken = take(handle, claim, front.from());
        }
        if (!taken.isEmpty()) {
            remember(claim.kinds(), front.movedTo(taken.get(0).dueAt()));
        }
        return taken.stream().map(Taken::job).toList();
    }

    private void remember(Set<JobKind> kinds, Front front) {
        if (fronts.size() >= MAX_FRONTS) {
            fronts.clear();
        }
        fronts.put(kinds, front);
    }

    private static List<Taken> take(Handle handle, Claim claim, String from) {
        return handle.createQuery(CLAIM)
                .bind("max", claim.max())
                .bindArray(
                        "kinds",
                        String.class,
                        claim.kinds().stream().map(JobKind::value).toArray())
                .bind("from", from)
                .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                .bind("worker", claim.worker().value())
                .bind("claimId", Claims.idOf(claim))
                .map((rs, context) -> new Taken(Claims.claimed(rs), SqlTypes.instant(rs, "due_at")))
                .list();
    }
}
