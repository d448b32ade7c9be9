package dev.asyncjob.persistence;

import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.Owner;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Reads what is known of one job: by its id, and, if it can be claimed, what it waits for. */
final class FactQueries {
    private static final String READ = """
            select %s, w.job_id, w.attempts_left, w.claimed_at, w.renewed_at, left(coalesce(j.trace, w.trace), 55) as trace,
                coalesce(w.history, j.history) as history,
                coalesce(j.promised_at, j.planned_at) as promised_at,
                k.paused_since, k.paused_by, k.pause_reason, f.kept_until as payload_until
            from asyncjob.job j left join asyncjob.work w on w.job_id = j.id left join asyncjob.kind k on k.kind = j.kind
            %s where j.id = :id and (cast(:owner as varchar) is null or j.owner = :owner) and %s
            """.formatted(JobQueries.ENTRY_COLUMNS, FailedWork.USABLE, JobQueries.READABLE);

    /** Each part is read from an index, no further than its limit; an order where only the first rows count. */
    static final String QUEUE = """
            select waiting.jobs as before, ended.jobs as ended, ended.first_end,
                exists (
                    select 1 from (
                        select w.leased from asyncjob.work w
                        where w.kind = :kind and w.attempts_left > 0 and w.available_at > <now>
                        order by w.kind, w.available_at fetch first %4$s rows only) as next where next.leased)
                or exists (
                    select 1 from (
                        select w.kind from asyncjob.work w where w.attempts_left = 0 and w.available_at > <now>
                        order by w.attempts_left, w.available_at fetch first %4$s rows only) as last
                    where last.kind = :kind) as running,
                (select k.last_asked_at from asyncjob.kind k where k.kind = :kind) as last_asked_at,
                (select k.running_limit from asyncjob.kind k where k.kind = :kind) as running_limit
            from (
                select count(*) as jobs from (
                    select 1 as one from asyncjob.work w
                    where w.kind = :kind and w.attempts_left > 0 and w.available_at \\< :availableAt
                    fetch first %1$s rows only) as counted) as waiting
            cross join (
                select count(*) as jobs, min(recent.ended_at) as first_end from (
                    select j.ended_at from asyncjob.job j
                    where j.kind = :kind and j.ended_at > <now> - interval '%2$s' minute and j.ended_at \\<= <now>
                        and (j.failure is null or j.failure \\<> '%3$s')
                    order by j.kind, j.ended_at desc fetch first %5$s rows only) as recent) as ended
            """.formatted(
                    JobFacts.MAX_BEFORE + 1,
                    JobFacts.RECENTLY.toMinutes(),
                    Failure.CANCELLED.message(),
                    JobFacts.MAX_NEXT,
                    JobFacts.MAX_ENDED);

    private final Claims claims;
    private final NodeTimes times;

    FactQueries(Claims claims, NodeTimes times) {
        this.claims = claims;
        this.times = times;
    }

    /** Reads what is known of a job; {@code owner} is null if it may be of any owner. */
    Optional<JobFacts> read(Handle handle, @Nullable Owner owner, JobId id) {
        return handle.createQuery(READ)
                .bind("id", id.value())
                .bind("owner", owner == null ? null : owner.value())
                .map((rs, context) -> facts(rs))
                .findOne()
                .map(facts -> withQueue(handle, facts));
    }

    private JobFacts facts(ResultSet rs) throws SQLException {
        return new JobFacts(
                JobQueries.entry(rs),
                SqlTypes.instant(rs, "promised_at"),
                rs.getObject("job_id") == null ? null : work(rs),
                HistoryColumn.read(rs.getString("history")),
                TraceColumn.read(rs.getString("trace")),
                SqlTypes.instantOrNull(rs, "payload_until"));
    }

    private JobFacts.Work work(ResultSet rs) throws SQLException {
        int made = rs.getInt("attempts_made");
        Instant begun = rs.getBoolean("leased") ? SqlTypes.instantOrNull(rs, "claimed_at") : null;
        Instant renewed = SqlTypes.instantOrNull(rs, "renewed_at"); // a claim leaves that of the lease before
        return new JobFacts.Work(
                new Attempts(made, made + rs.getInt("attempts_left")),
                SqlTypes.instant(rs, "available_at"),
                begun,
                begun == null || renewed == null || renewed.isBefore(begun) ? null : renewed,
                times.housekeptAt(SqlTypes.instant(rs, "as_of")),
                KindRows.pause(rs),
                null);
    }

    private JobFacts withQueue(Handle handle, JobFacts facts) {
        JobPage.Entry entry = facts.entry();
        JobFacts.Work work = facts.work();
        Instant now = entry.snapshot().asOf();
        if (work == null || work.attempts().spent() || work.availableAt().isAfter(now)) {
            return facts;
        }
        JobKind kind = entry.snapshot().job().kind();
        JobFacts.Lock lock = claims.lock(handle, entry.snapshot().job().id()).orElse(null);
        JobFacts.Queue queue = handle.createQuery(QUEUE)
                .bind("kind", kind.value())
                .bindByType("availableAt", work.availableAt(), Instant.class)
                .map((rs, context) -> new JobFacts.Queue(
                        rs.getInt("before"),
                        rs.getInt("ended"),
                        SqlTypes.instantOrNull(rs, "first_end"),
                        rs.getBoolean("running"),
                        times.askedAt(kind, SqlTypes.instantOrNull(rs, "last_asked_at"), now),
                        lock,
                        full(handle, kind, rs.getObject("running_limit", Integer.class))))
                .one();
        return new JobFacts(entry, facts.promised(), work.waitingFor(queue), facts.history(), facts.trace(), null);
    }

    /** Returns the limit of a kind if so many of its jobs run, otherwise null. */
    private static @Nullable Integer full(Handle handle, JobKind kind, @Nullable Integer limit) {
        return limit != null && Claims.running(handle, kind, limit) >= limit ? limit : null;
    }
}
