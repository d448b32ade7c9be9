package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.WorkerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** How each database gives out due jobs: PostgreSQL in one statement, H2 by a plain select and a guarded update. */
final class Claiming {
    private final SqlDialect dialect;
    private final String take;
    private final String claimAtOnce;
    private final String candidates;
    private final String takeOne;
    private final String taken;

    /** H2 lives in this process alone, and claims best one at a time. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    Claiming(SqlDialect dialect) {
        this.dialect = dialect;
        String now = dialect.now();
        String until = dialect.nowPlusMicros(":leaseMicros");
        take = """
                leased = true, worker = :worker, token = token + 1, attempts_made = attempts_made + 1,
                available_at = case when attempts_made + 1 < attempts_max then %1$s end,
                final_until = case when attempts_made + 1 = attempts_max then %1$s end
                """.formatted(until);
        String columns = JobRow.COLUMNS + ", " + now + " as now_at, w.worker, w.token, w.attempts_made, "
                + "w.attempts_max, w.payload, coalesce(w.available_at, w.final_until) as leased_until";
        claimAtOnce = """
                with due as materialized (
                  select d.job_id, d.available_at as due_at
                  from unnest(:kinds) as k(kind) cross join lateral (
                    select job_id, available_at from asyncjob.work
                    where kind = k.kind and available_at <= %s
                    order by available_at, job_id limit :max for update skip locked) d
                  order by due_at, d.job_id limit :max),
                w as (
                  update asyncjob.work set %s from due where asyncjob.work.job_id = due.job_id
                  returning asyncjob.work.*, due.due_at as was_due_at)
                select %s from w join asyncjob.job j on j.id = w.job_id order by w.was_due_at, j.id
                """.formatted(now, take, columns);
        candidates = """
                select job_id, token, available_at from asyncjob.work
                where kind = :kind and available_at <= %s
                order by kind, available_at, job_id fetch first :max rows only
                """.formatted(now);
        takeOne = "update asyncjob.work set %s where job_id = :id and token = :token and available_at <= %s"
                .formatted(take, now);
        taken = "select %s from asyncjob.work w join asyncjob.job j on j.id = w.job_id where w.job_id = :id"
                .formatted(columns);
    }

    List<ClaimedJob> claim(Transactions transactions, Claim claim) {
        if (dialect == SqlDialect.POSTGRESQL) {
            return transactions.in(handle -> atOnce(handle, claim));
        }
        oneAtATime.lock();
        try {
            return transactions.in(handle -> oneByOne(handle, claim));
        } finally {
            oneAtATime.unlock();
        }
    }

    private List<ClaimedJob> atOnce(Handle handle, Claim claim) {
        return handle.createQuery(claimAtOnce)
                .bindArray("kinds", String.class, kinds(claim))
                .bind("max", claim.max())
                .bind("worker", claim.worker().value())
                .bind("leaseMicros", micros(claim.lease()))
                .map((row, context) -> claimed(row))
                .list();
    }

    private List<ClaimedJob> oneByOne(Handle handle, Claim claim) {
        List<Candidate> due = new ArrayList<>();
        for (String kind : kinds(claim)) {
            due.addAll(handle.createQuery(candidates)
                    .bind("kind", kind)
                    .bind("max", claim.max())
                    .map((row, context) -> Candidate.of(row))
                    .list());
        }
        due.sort(Comparator.comparing(Candidate::dueAt).thenComparing(Candidate::id));
        List<Candidate> chosen = due.subList(0, Math.min(claim.max(), due.size()));
        return chosen.isEmpty() ? List.of() : take(handle, claim, chosen);
    }

    private List<ClaimedJob> take(Handle handle, Claim claim, List<Candidate> chosen) {
        PreparedBatch updates = handle.prepareBatch(takeOne);
        for (Candidate candidate : chosen) {
            updates.bind("id", candidate.id())
                    .bind("token", candidate.token())
                    .bind("worker", claim.worker().value())
                    .bind("leaseMicros", micros(claim.lease()))
                    .add();
        }
        int[] counts = updates.execute();
        List<ClaimedJob> jobs = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 1) {
                jobs.add(handle.createQuery(taken)
                        .bind("id", chosen.get(i).id())
                        .map((row, context) -> claimed(row))
                        .one());
            }
        }
        return jobs;
    }

    private static ClaimedJob claimed(ResultSet row) throws SQLException {
        String payload = row.getString("payload");
        return new ClaimedJob(
                (AsyncJob.Pending) JobRow.of(row).job(),
                new Attempts(row.getInt("attempts_made"), row.getInt("attempts_max")),
                new Lease(
                        new LeaseToken(row.getLong("token")),
                        new WorkerId(row.getString("worker")),
                        JobRow.instant(row, "leased_until")),
                payload == null ? Payload.NONE : new Payload(payload));
    }

    private static List<String> kinds(Claim claim) {
        return claim.kinds().stream().map(JobKind::value).toList();
    }

    static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }

    private record Candidate(UUID id, long token, Instant dueAt) {
        static Candidate of(ResultSet row) throws SQLException {
            return new Candidate(
                    row.getObject("job_id", UUID.class), row.getLong("token"), JobRow.instant(row, "available_at"));
        }
    }
}
