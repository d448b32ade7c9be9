package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * A plain look and a guarded update, one claim after the other.
 *
 * <p>H2 knows {@code for update skip locked}, but with an order it locks every row that matches, and gives up the
 * index's order, too. So claims of this store queue up before the database instead of within it; the guard keeps them
 * apart from everybody else's.
 */
final class H2Claims implements Claims {
    /** Ordered as the index is, leading column included: H2 then reads no more rows than it returns. */
    static final String LOOK = """
            select job_id, available_at, token from asyncjob.work
            where kind = :kind and available_at <= <now> and attempts_left > 0
            order by kind, available_at, job_id fetch first :max rows only
            """;

    private static final String TAKE_ONE = """
            update asyncjob.work w set available_at = dateadd(microsecond, :lease, <now>), %s
            where w.job_id = :id and w.token = :token and w.available_at <= <now> and w.attempts_left > 0
            """.formatted(TAKE);

    private static final String READ = """
            select %s, %s from asyncjob.work w join asyncjob.job j on j.id = w.job_id where w.job_id = any(:ids)
            """.formatted(JobRow.COLUMNS, WORK_COLUMNS);

    private static final Duration TURN = Duration.ofSeconds(1);

    private final ReentrantLock oneAtATime = new ReentrantLock();

    private record Candidate(UUID id, Instant dueAt, long token) {
        static Candidate read(ResultSet rs) throws SQLException {
            return new Candidate(
                    rs.getObject("job_id", UUID.class), SqlTypes.instant(rs, "available_at"), rs.getLong("token"));
        }
    }

    @Override
    public List<ClaimedJob> claim(Transactions calls, Claim claim) {
        takeTurn(); // before a connection is taken, so that claims in the queue hold none
        try {
            return calls.transact(handle -> claim(handle, claim));
        } finally {
            oneAtATime.unlock();
        }
    }

    private static List<ClaimedJob> claim(Handle handle, Claim claim) {
        List<ClaimedJob> again = Claims.again(handle, claim);
        return again.isEmpty() ? read(handle, take(handle, claim)) : again;
    }

    private void takeTurn() {
        try {
            if (!oneAtATime.tryLock(TURN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailable(new TimeoutException("claims before this one take too long"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailable(e);
        }
    }

    private static List<UUID> take(Handle handle, Claim claim) {
        List<Candidate> candidates = look(handle, claim);
        if (candidates.isEmpty()) {
            return List.of();
        }
        PreparedBatch batch = handle.prepareBatch(TAKE_ONE);
        for (Candidate candidate : candidates) {
            batch.bind("id", candidate.id())
                    .bind("token", candidate.token())
                    .bind("lease", TimeUnit.MICROSECONDS.convert(claim.lease()))
                    .bind("worker", claim.worker().value())
                    .bind("claimId", Claims.idOf(claim))
                    .add();
        }
        int[] counts = batch.execute();
        List<UUID> taken = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 1) {
                taken.add(candidates.get(i).id());
            }
        }
        return taken;
    }

    private static List<Candidate> look(Handle handle, Claim claim) {
        List<Candidate> all = new ArrayList<>();
        for (JobKind kind : claim.kinds()) {
            all.addAll(handle.createQuery(LOOK)
                    .bind("kind", kind.value())
                    .bind("max", claim.max())
                    .map((rs, context) -> Candidate.read(rs))
                    .list());
        }
        return all.stream()
                .sorted(Comparator.comparing(Candidate::dueAt))
                .limit(claim.max())
                .toList();
    }

    private static List<ClaimedJob> read(Handle handle, List<UUID> taken) {
        if (taken.isEmpty()) {
            return List.of();
        }
        Map<UUID, ClaimedJob> jobs = new LinkedHashMap<>();
        handle.createQuery(READ)
                .bindArray("ids", UUID.class, taken)
                .map((rs, context) -> Claims.claimed(rs))
                .forEach(job -> jobs.put(job.job().id().value(), job));
        return taken.stream().map(id -> Objects.requireNonNull(jobs.get(id))).toList();
    }
}
