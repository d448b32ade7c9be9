package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Claims by a plain select and a guarded update, one claim after the other.
 *
 * <p>Of kinds that are limited it counts the jobs that workers have, once it has locked their rows of
 * {@code asyncjob.kind}: a claim through another store of the same process waits for that.
 *
 * <p>H2 has {@code for update skip locked}, but with an order it locks every matching row and no longer reads in the
 * index's order. So claims of this store wait for each other on a lock of this object, not of the database; the lock of
 * the rows by their ids and the guard of the update separate them from other transactions.
 */
final class H2Claims implements Claims {
    /** Ordered as the index is, leading column included: H2 then reads no more rows than it returns. */
    static final String SELECT_DUE = """
            select w.job_id, w.available_at, w.token, w.attempts_left, w.leased, %s as suspect,
                char_length(w.payload) as payload
            from asyncjob.work w where kind = :kind and available_at <= <now> and attempts_left > 0
            order by kind, available_at, job_id fetch first :max rows only
            """.formatted(SUSPECT);

    /** Without an order it locks no other rows than these. */
    private static final String LOCK_FREE =
            "select job_id from asyncjob.work where job_id = any(:ids) for update skip locked";

    private static final String CLAIM_ONE = """
            update asyncjob.work w set available_at = dateadd(microsecond, :lease, <now>), ahead = :ahead, %s
            where w.job_id = :id and w.token = :token and w.available_at <= <now> and w.attempts_left > 0
            """.formatted(TAKE);

    private static final String READ = """
            select %s, %s from asyncjob.work w join asyncjob.job j on j.id = w.job_id where w.job_id = any(:ids)
            """.formatted(JOB_COLUMNS, WORK_COLUMNS);

    private static final String STORE_ASKED = """
            merge into asyncjob.kind (kind, last_asked_at) key (kind)
            select asked.kind, <now> from unnest(:kinds) as asked (kind)
            where (select count(*) from asyncjob.kind) \\< %s
                or exists (select 1 from asyncjob.kind known where known.kind = asked.kind)
            """.formatted(NodeTimes.MAX_STORED);

    private static final String SET = """
            select kind, paused_since, running_limit from asyncjob.kind
            where kind = any(:kinds) and (paused_since is not null or running_limit is not null) order by kind
            """;

    private static final String LOCK_KIND = "select running_limit from asyncjob.kind where kind = :kind for update";

    private static final String FREE = "select job_id from asyncjob.work where job_id = :id for update skip locked";

    /** How long a claim may keep its turn: a little longer than one that keeps its deadline. */
    static final Duration LONGEST_TURN = Deadline.LIMIT.plusMillis(300);

    private static final Logger LOG = System.getLogger(H2Claims.class.getName());

    private volatile Turn turn = new Turn();

    /** The turn of one claim at a time; a claim that does not come back loses it, and rows are locked all the same. */
    private static final class Turn {
        private final ReentrantLock lock = new ReentrantLock();
        private volatile long since = System.nanoTime();

        boolean isLost() {
            return System.nanoTime() - since > LONGEST_TURN.toNanos();
        }
    }

    private final Set<JobKind> limited = ConcurrentHashMap.newKeySet();

    private record Due(UUID id, Instant at, long token, boolean leased, Claim.Candidate candidate) {
        static Due read(ResultSet rs) throws SQLException {
            return new Due(
                    rs.getObject("job_id", UUID.class),
                    SqlTypes.instant(rs, "available_at"),
                    rs.getLong("token"),
                    rs.getBoolean("leased"),
                    new Claim.Candidate(rs.getInt("attempts_left"), rs.getBoolean("suspect"), rs.getLong("payload")));
        }
    }

    @Override
    public List<Taken> claim(Transactions transactions, Claim claim) {
        Turn mine = take(turn); // before a connection is taken, so that waiting claims hold none
        try {
            return transactions.transact(handle -> claim(handle, claim));
        } finally {
            mine.lock.unlock();
        }
    }

    private Turn take(Turn next) {
        try {
            Claims.acquire(next.lock);
        } catch (StoreUnavailable e) {
            replace(next);
            throw e;
        }
        next.since = System.nanoTime();
        return next;
    }

    private synchronized void replace(Turn waitedFor) {
        if (turn == waitedFor && waitedFor.isLost()) {
            turn = new Turn();
            LOG.log(Level.WARNING, "a claim does not come back; its thread and connection are lost");
        }
    }

    private List<Taken> claim(Handle handle, Claim claim) {
        List<Taken> again = Claims.again(handle, claim);
        return again.isEmpty() ? read(handle, take(handle, claim)) : again;
    }

    @Override
    public boolean isLimited(JobKind kind) {
        return limited.contains(kind);
    }

    @Override
    public String storeAsked() {
        return STORE_ASKED;
    }

    /** H2 tells of locks only to administrators, and not of which row. */
    @Override
    public Optional<JobFacts.Lock> lock(Handle handle, JobId id) {
        return handle.createQuery(FREE)
                        .bind("id", id.value())
                        .mapTo(UUID.class)
                        .findOne()
                        .isPresent()
                ? Optional.empty()
                : Optional.of(new JobFacts.Lock(null));
    }

    private List<Due> take(Handle handle, Claim claim) {
        List<Due> due = unlocked(handle, due(handle, claim));
        List<Due> chosen = claim.choose(due, Due::candidate);
        if (chosen.isEmpty()) {
            return List.of();
        }
        PreparedBatch batch = handle.prepareBatch(CLAIM_ONE);
        Iterator<Due> places = due.iterator();
        int place = 0;
        for (Due one : chosen) {
            while (!places.next().equals(one)) {
                place++;
            }
            batch.bind("id", one.id())
                    .bind("token", one.token())
                    .bind("ahead", place++ >= claim.ready())
                    .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                    .bind("worker", claim.worker().value())
                    .bind("claimId", Claims.idOf(claim))
                    .add();
        }
        int[] counts = batch.execute();
        List<Due> taken = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 1) {
                taken.add(chosen.get(i));
            }
        }
        return taken;
    }

    private List<Due> due(Handle handle, Claim claim) {
        List<Due> all = new ArrayList<>();
        Map<JobKind, Integer> rooms = rooms(handle, claim);
        for (JobKind kind : claim.kinds()) {
            int max = Math.min(claim.max(), rooms.getOrDefault(kind, Integer.MAX_VALUE));
            if (max > 0) {
                all.addAll(handle.createQuery(SELECT_DUE)
                        .bind("kind", kind.value())
                        .bind("max", max)
                        .map((rs, context) -> Due.read(rs))
                        .list());
            }
        }
        return all.stream()
                .sorted(Comparator.comparing(Due::at))
                .limit(claim.max())
                .toList();
    }

    /** Returns how many jobs may be taken of each kind that is paused or limited. */
    private Map<JobKind, Integer> rooms(Handle handle, Claim claim) {
        Map<JobKind, Integer> rooms = new LinkedHashMap<>();
        handle.createQuery(SET)
                .bindArray(
                        "kinds",
                        String.class,
                        claim.kinds().stream().map(JobKind::value).toArray())
                .map((rs, context) -> rooms.put(
                        new JobKind(rs.getString("kind")),
                        rs.getObject("paused_since") == null ? rs.getInt("running_limit") : 0))
                .list();
        for (JobKind kind : claim.kinds()) {
            boolean unused = rooms.getOrDefault(kind, 0) > 0 ? limited.add(kind) : limited.remove(kind);
        }
        rooms.replaceAll((kind, limit) -> limit == 0 ? 0 : room(handle, kind, limit));
        return rooms;
    }

    private static int room(Handle handle, JobKind kind, int limit) {
        var unused = handle.createQuery(LOCK_KIND)
                .bind("kind", kind.value())
                .mapTo(Integer.class)
                .findOne();
        return limit - Claims.running(handle, kind, limit);
    }

    /** Leaves out what another transaction has locked: a claim must not wait for it. */
    private static List<Due> unlocked(Handle handle, List<Due> due) {
        if (due.isEmpty()) {
            return due;
        }
        Set<UUID> free = handle.createQuery(LOCK_FREE)
                .bindArray("ids", UUID.class, due.stream().map(Due::id).toArray())
                .mapTo(UUID.class)
                .collectIntoSet();
        return due.stream().filter(one -> free.contains(one.id())).toList();
    }

    private static List<Taken> read(Handle handle, List<Due> taken) {
        if (taken.isEmpty()) {
            return List.of();
        }
        Map<UUID, ClaimedJob> jobs = new LinkedHashMap<>();
        handle.createQuery(READ)
                .bindArray("ids", UUID.class, taken.stream().map(Due::id).toArray())
                .map((rs, context) -> Claims.claimed(rs))
                .forEach(job -> jobs.put(job.job().id().value(), job));
        return taken.stream()
                .map(due -> new Taken(Objects.requireNonNull(jobs.get(due.id())), due.at(), due.leased()))
                .toList();
    }
}
