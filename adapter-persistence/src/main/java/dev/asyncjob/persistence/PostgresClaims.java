package dev.asyncjob.persistence;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
 * <p><b>Kinds that are paused or limited.</b> The statement itself leaves them out, by a lookup of their rows, so
 * nothing has to be told to other nodes. It takes jobs of a limited kind only if it is given the room that is left; to
 * compute that, a claim locks the kind until its end, with a lock that writes nothing, and counts. Which kinds are
 * limited it learns from the statement.
 *
 * <p><b>Where a lookup begins.</b> Claimed rows leave dead entries at the front of the index, which later lookups have
 * to pass as long as any snapshot is older. So a lookup begins where the one before found its first row, and at the
 * very front only from time to time, or when it finds nothing; that finds jobs that were committed long after they were
 * due.
 */
final class PostgresClaims implements Claims {
    static final String CLAIM =
            """
            with asked as materialized (
                select wanted.kind, wanted.room, k.running_limit
                from unnest(:kinds, cast(:rooms as integer array)) as wanted (kind, room)
                left join asyncjob.kind k on k.kind = wanted.kind
                where k.paused_since is null),
            due as materialized (
                select ranked.job_id, ranked.available_at as due_at, ranked.place, ranked.leased from (
                    select first.*, row_number() over so_far as place,
                        count(*) filter (where first.suspect) over so_far as suspects,
                        sum(first.payload) over so_far as payloads
                    from (
                        select candidate.* from asked
                        cross join lateral (
                            select w.job_id, w.available_at, w.attempts_left, w.leased,
                                octet_length(w.payload) as payload, %s as suspect
                            from asyncjob.work w
                            where w.kind = asked.kind and w.available_at >= cast(:from as timestamptz)
                                and w.available_at <= <now> and w.attempts_left > 0
                            order by w.available_at limit least(:max, asked.room) for update skip locked) as candidate
                        where asked.running_limit is null or asked.room > 0
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
            select (select array_agg(kind) from asked where running_limit is not null) as limited, %s, w.*
            from (select 1 as one) as always
            left join (taken w join asyncjob.job j on j.id = w.job_id) on true order by w.due_at
            """.formatted(SUSPECT, Claim.MAX_PAYLOAD, Claim.MAX_JOBS, TAKE, WORK_COLUMNS, JOB_COLUMNS);

    /** Of two claims with one id the second waits, and then finds the jobs that the first claimed. */
    private static final String LOCK_CLAIM_ID =
            "select cast(pg_advisory_xact_lock(hashtextextended(<store> || :claimId, 0)) as text)";

    /** Of the claims of limited kinds one counts and takes at a time; locks are in one order, also of equal hashes. */
    private static final String LOCK_KINDS = """
            select cast(count(pg_advisory_xact_lock(%s, hash)) as integer)
            from (
                select distinct hashtext(<store> || kind) as hash from unnest(:kinds) as limited (kind) order by hash) as sorted
            """.formatted(0x61736a62);

    /** How many jobs more of each limited kind may run; after the lock, and so after all claims before. */
    private static final String ROOMS = """
            select k.kind, k.running_limit - (
                select count(*) from (
                    select 1 from asyncjob.work w where w.kind = k.kind and w.leased and w.available_at > <now>
                    limit k.running_limit) as running) as room
            from asyncjob.kind k where k.kind = any(:kinds) and k.running_limit is not null
            """;

    /** Kinds are in one order in all nodes, so that their locks make no circle. */
    private static final String STORE_ASKED = """
            insert into asyncjob.kind (kind, last_asked_at) select kind, <now> from unnest(:kinds) as asked (kind)
            where (select count(*) from asyncjob.kind) \\< %s
                or exists (select 1 from asyncjob.kind known where known.kind = asked.kind)
            on conflict (kind) do update set last_asked_at = excluded.last_asked_at
            """.formatted(NodeTimes.MAX_STORED);

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

    /** Kinds that had a limit when a claim last saw them: a claim of one of these counts before it takes. */
    private final Set<JobKind> limited = ConcurrentHashMap.newKeySet();

    /** Claims that count take turns here first: those that wait hold no connection, and no turn of the lock queue. */
    private final ReentrantLock counting = new ReentrantLock(true);

    /**
     * What a claim has found.
     *
     * @param limited those of its kinds that have a limit
     */
    private record Found(List<Taken> taken, Set<JobKind> limited) {
        /** Adds what a row says: one at least comes, without a job if none is taken. */
        boolean add(ResultSet rs) throws SQLException {
            Array kinds = rs.getArray("limited");
            if (kinds != null && limited.isEmpty()) {
                for (Object kind : (Object[]) kinds.getArray()) {
                    limited.add(new JobKind((String) kind));
                }
            }
            return rs.getObject("job_id") != null
                    && taken.add(
                            new Taken(Claims.claimed(rs), SqlTypes.instant(rs, "due_at"), rs.getBoolean("was_leased")));
        }
    }

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
    public boolean isLimited(JobKind kind) {
        return limited.contains(kind);
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
        if (Collections.disjoint(limited, claim.kinds())) {
            Found found = claim.id() == null
                    ? transactions.call(handle -> claim(handle, claim, Map.of()))
                    : transactions.transact(handle -> claimOnce(handle, claim));
            if (found.limited().isEmpty() || !found.taken().isEmpty()) {
                return found.taken();
            }
        }
        Claims.acquire(counting);
        try {
            return transactions.transact(handle -> claimOnce(handle, claim)).taken();
        } finally {
            counting.unlock();
        }
    }

    private Found claimOnce(Handle handle, Claim claim) {
        if (claim.id() != null) {
            handle.createQuery(LOCK_CLAIM_ID)
                    .bind("claimId", Claims.idOf(claim))
                    .mapTo(String.class)
                    .one();
        }
        List<Taken> again = Claims.again(handle, claim);
        return again.isEmpty() ? claim(handle, claim, rooms(handle, claim)) : new Found(again, Set.of());
    }

    /** Locks the kinds of a claim that are limited, and returns how many jobs of each it may take. */
    private Map<JobKind, Integer> rooms(Handle handle, Claim claim) {
        Object[] kinds = claim.kinds().stream()
                .filter(limited::contains)
                .map(JobKind::value)
                .toArray();
        if (kinds.length == 0) {
            return Map.of();
        }
        handle.createQuery(LOCK_KINDS)
                .bindArray("kinds", String.class, kinds)
                .mapTo(Integer.class)
                .one();
        Map<JobKind, Integer> rooms = new HashMap<>();
        handle.createQuery(ROOMS)
                .bindArray("kinds", String.class, kinds)
                .map((rs, context) -> rooms.put(new JobKind(rs.getString("kind")), rs.getInt("room")))
                .list();
        claim.kinds().stream().filter(kind -> !rooms.containsKey(kind)).forEach(limited::remove);
        return rooms;
    }

    private Found claim(Handle handle, Claim claim, Map<JobKind, Integer> rooms) {
        Front front = fronts.getOrDefault(claim.kinds(), Front.unknown());
        Found found = front.isFresh() ? take(handle, claim, rooms, front.from()) : new Found(List.of(), Set.of());
        if (found.taken().isEmpty()) {
            front = Front.unknown();
            found = take(handle, claim, rooms, front.from());
        }
        limited.addAll(found.limited());
        if (!found.taken().isEmpty()) {
            remember(claim.kinds(), front.movedTo(found.taken().get(0).dueAt()));
        }
        return found;
    }

    private void remember(Set<JobKind> kinds, Front front) {
        if (fronts.size() >= MAX_FRONTS) {
            fronts.clear();
        }
        fronts.put(kinds, front);
    }

    private static Found take(Handle handle, Claim claim, Map<JobKind, Integer> rooms, String from) {
        List<JobKind> all = List.copyOf(claim.kinds());
        Object[] kinds = all.stream().map(JobKind::value).toArray();
        Found found = new Found(new ArrayList<>(), new HashSet<>());
        handle.createQuery(CLAIM)
                .bind("max", claim.max())
                .bind("ready", claim.ready())
                .bindArray("kinds", String.class, kinds)
                .bindArray("rooms", Integer.class, all.stream().map(rooms::get).toArray())
                .bind("from", from)
                .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                .bind("worker", claim.worker().value())
                .bind("claimId", Claims.idOf(claim))
                .map((rs, context) -> found.add(rs))
                .list();
        return found;
    }
}
