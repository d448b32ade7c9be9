package dev.asyncjob.persistence;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Claims by one statement that selects, locks, updates and reads.
 *
 * <p><b>One lookup for each kind.</b> The index then returns the longest due jobs of the kind first. Concurrent claims
 * skip also the rows that a claim locks and does not take, because other kinds have longer due ones.
 *
 * <p><b>What is taken.</b> The windows and the condition on them are {@link Claim#choose}. The length of a large
 * payload is read without the payload.
 *
 * <p><b>Two limits.</b> The limit that counts is a parameter, so that claims of any size are one statement, planned
 * once. For it the planner expects a tenth of the table, and would read all of it; the outermost, constant limit only
 * corrects that.
 *
 * <p><b>Where a lookup begins.</b> Claimed rows leave dead entries at the front of the index, which later lookups have
 * to pass as long as any snapshot is older. So a lookup begins where the one before found its first row, and at the
 * very front only from time to time, or when it finds nothing; that finds jobs that were committed long after they were
 * due.
 */
final class PostgresClaims implements Claims {
    static final String CLAIM =
            """
            with due as materialized (
                select ranked.job_id, ranked.available_at as due_at, ranked.place, ranked.leased from (
                    select first.*, row_number() over so_far as place,
                        count(*) filter (where first.suspect) over so_far as suspects,
                        sum(first.payload) over so_far as payloads
                    from (
                        select candidate.* from unnest(:kinds) as claimed (kind)
                        cross join lateral (
                            select w.job_id, w.available_at, w.attempts_left, w.leased,
                                octet_length(w.payload) as payload, %s as suspect
                            from asyncjob.work w
                            where w.kind = claimed.kind and w.available_at >= cast(:from as timestamptz)
                                and w.available_at <= <now> and w.attempts_left > 0
                            order by w.available_at limit :max for update skip locked) as candidate
                        order by candidate.available_at limit :max) as first
                    window so_far as (order by first.available_at, first.job_id)) as ranked
                where (ranked.place = 1 or (ranked.suspects = 0 and ranked.payloads <= %s))
                    and (ranked.place <= :ready or ranked.attempts_left > 1)
                limit %s),
            taken as (
                update asyncjob.work w
                set available_at = <now> + :lease * interval '1 microsecond', ahead = due.place > :ready, %s
                from due where w.job_id = due.job_id
                returning w.job_id, due.due_at, due.leased as was_leased, %s)
            select %s, w.* from taken w join asyncjob.job j on j.id = w.job_id order by w.due_at
            """.formatted(SUSPECT, Claim.MAX_PAYLOAD, Claim.MAX_JOBS, TAKE, WORK_COLUMNS, JOB_COLUMNS);

    /** Of two claims with one id the second waits, and then finds the jobs that the first claimed. */
    private static final String LOCK_CLAIM_ID =
            "select cast(pg_advisory_xact_lock(hashtextextended(:claimId, 0)) as text)";

    /** Kinds are in one order in all nodes, so that their locks make no circle. */
    private static final String STORE_ASKED = """
            insert into asyncjob.kind (kind, last_asked_at) select kind, <now> from unnest(:kinds) as asked (kind)
            on conflict (kind) do update set last_asked_at = excluded.last_asked_at
            """;

    /**
     * A row if the work is locked. The transaction is found by the row's {@code xmax}; where the role does not see
     * sessions of others, or several share the lock, only that there is one.
     */
    private static final String LOCKED = """
            with free as materialized (select 1 from asyncjob.work where job_id = :id for update skip locked)
            select (select min(a.xact_start) from asyncjob.work w join pg_stat_activity a on a.backend_xid = w.xmax
                where w.job_id = :id) as since
            where not exists (select 1 from free)
            """;

    /** How long lookups may begin behind the front of the index. */
    private static final Duration FRESH = Duration.ofMillis(500);

    /** The number of sets of kinds whose front is stored. */
    private static final int MAX_FRONTS = 1000;

    private final Map<Set<JobKind>, Front> fronts = new ConcurrentHashMap<>();

    /**
     * The place in the index where a lookup found its first job.
     *
     * @param seenAt when a lookup last began at the very front, on {@link System#nanoTime()}
     */
    private record Front(@Nullable Instant dueAt, long seenAt) {
        static Front unknown() {
            return new Front(null, System.nanoTime());
        }

        Front movedTo(@Nullable Instant first) {
            return new Front(first, seenAt);
        }

        boolean isFresh() {
            return dueAt != null && System.nanoTime() - seenAt < FRESH.toNanos();
        }

        String from() {
            return dueAt == null ? "-infinity" : dueAt.toString();
        }
    }

    @Override
    public String storeAsked() {
        return STORE_ASKED;
    }

    @Override
    public Optional<JobFacts.Lock> lock(Handle handle, JobId id) {
        return handle.createQuery(LOCKED)
                .bind("id", id.value())
                .map((rs, context) -> new JobFacts.Lock(SqlTypes.instantOrNull(rs, "since")))
                .findOne();
    }

    @Override
    public List<Taken> claim(Transactions transactions, Claim claim) {
        return claim.id() == null
                ? transactions.call(handle -> claim(handle, claim))
                : transactions.transact(handle -> claimOnce(handle, claim));
    }

    private List<Taken> claimOnce(Handle handle, Claim claim) {
        handle.createQuery(LOCK_CLAIM_ID)
                .bind("claimId", Claims.idOf(claim))
                .mapTo(String.class)
                .one();
        List<Taken> again = Claims.again(handle, claim);
        return again.isEmpty() ? claim(handle, claim) : again;
    }

    private List<Taken> claim(Handle handle, Claim claim) {
        Front front = fronts.getOrDefault(claim.kinds(), Front.unknown());
        List<Taken> taken = front.isFresh() ? take(handle, claim, front.from()) : List.of();
        if (taken.isEmpty()) {
            front = Front.unknown();
            taken = take(handle, claim, front.from());
        }
        if (!taken.isEmpty()) {
            remember(claim.kinds(), front.movedTo(taken.get(0).dueAt()));
        }
        return taken;
    }

    private void remember(Set<JobKind> kinds, Front front) {
        if (fronts.size() >= MAX_FRONTS) {
            fronts.clear();
        }
        fronts.put(kinds, front);
    }

    private static List<Taken> take(Handle handle, Claim claim, String from) {
        Object[] kinds = claim.kinds().stream().map(JobKind::value).toArray();
        return handle.createQuery(CLAIM)
                .bind("max", claim.max())
                .bind("ready", claim.ready())
                .bindArray("kinds", String.class, kinds)
                .bind("from", from)
                .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                .bind("worker", claim.worker().value())
                .bind("claimId", Claims.idOf(claim))
                .map((rs, context) ->
                        new Taken(Claims.claimed(rs), SqlTypes.instant(rs, "due_at"), rs.getBoolean("was_leased")))
                .list();
    }
}
