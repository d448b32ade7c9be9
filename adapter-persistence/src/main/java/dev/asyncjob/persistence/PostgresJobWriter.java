package dev.asyncjob.persistence;

import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * Writes with one statement for all rows: its parameters are an array for each column, which the server unnests.
 *
 * <p>All values are bound as text, since an array of arrays cannot have rows of different lengths.
 */
final class PostgresJobWriter implements JobWriter {
    private static final String INSERT = """
            with requested as materialized (
                select * from unnest(cast(:id as uuid array), :owner, :kind, :status, :entities, :hrefs,
                    cast(:createdAt as timestamptz array), cast(:plannedFrom as timestamptz array),
                    cast(:plannedAt as timestamptz array), :fingerprint, :key, :keyForms, :request, :scheduledBy,
                    :reference, cast(:callback as boolean array), cast(:attempts as integer array), cast(:made as integer array), :worker,
                    cast(:availableAt as timestamptz array), :payload, cast(:payloadBytes as integer array), :trace)
                as a (id, owner, kind, status, entities, hrefs, created_at, planned_from, planned_at, fingerprint, key,
                    key_forms, request, scheduled_by, reference, callback, attempts, made, worker,
                    available_at, payload, payload_bytes, trace)),
            accepted as (
                insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                    due_at, planned_at, promised_at, fingerprint, idempotency_key, idempotency_request, scheduled_by,
                    reference, callback, payload_bytes, trace)
                select id, owner, kind, status, cast(entities as varchar array), cast(hrefs as varchar array), created_at,
                    planned_from, planned_from, planned_at, planned_at, fingerprint, key, request, scheduled_by,
                    reference, callback, payload_bytes, left(trace, 55) from requested
                where key is null or not exists (
                    select 1 from asyncjob.job where idempotency_key = any(cast(key_forms as varchar array)))
                on conflict do nothing returning id),
            queued as (
                insert into asyncjob.work
                    (job_id, kind, available_at, attempts_made, attempts_left, token, leased, worker, claimed_at, payload, trace)
                select id, kind, available_at, made, attempts - made, made, made = 1, worker,
                    case when made = 1 then created_at end, payload, trace
                from requested join accepted using (id))
            select id, (select count(pg_notify(<channel>, message)) from unnest(:messages) as message) from accepted
            """;

    static final String BACKLOG = """
            select count(*), coalesce(sum(payload_bytes), 0) from (
                select payload_bytes from asyncjob.job
                where substring(coalesce(scheduled_by, owner) from '^.[^/]*') = :client and status = 'PENDING'
                fetch first :max rows only) as counted
            """;

    /**
     * Reads the index of due jobs, kind by kind. The table itself is read only where a job may be leased: not for jobs
     * that are due, nor for those that are due after the longest lease.
     */
    static final String WORKLOADS = """
            with recursive found as (
                (select w.kind, 1 as place from asyncjob.work w where w.attempts_left > 0 order by w.kind limit 1)
                union all
                select (select w.kind from asyncjob.work w where w.attempts_left > 0 and w.kind > f.kind
                        order by w.kind limit 1), f.place + 1
                from found f where f.kind is not null and f.place < %1$s),
            kinds as materialized (select kind from found where kind is not null),
            most as materialized (select cast(:max as bigint) / greatest(count(*), 1) as jobs from kinds),
            counted as (
                select k.kind, due.jobs as waiting, due.oldest, soon.running, soon.resting + later.jobs as scheduled
                from kinds k
                cross join lateral (select count(*) as jobs, min(a.available_at) as oldest from (
                    select w.available_at from asyncjob.work w
                    where w.kind = k.kind and w.attempts_left > 0 and w.available_at <= <now>
                    order by w.available_at limit (select jobs from most)) as a) as due
                cross join lateral (
                    select count(*) filter (where a.leased) as running, count(*) filter (where not a.leased) as resting
                    from (
                        select w.leased from asyncjob.work w
                        where w.kind = k.kind and w.attempts_left > 0 and w.available_at > <now>
                            and w.available_at <= <now> + interval '1 hour'
                        order by w.available_at limit (select jobs from most)) as a) as soon
                cross join lateral (select count(*) as jobs from (
                    select w.available_at from asyncjob.work w
                    where w.kind = k.kind and w.attempts_left > 0 and w.available_at > <now> + interval '1 hour'
                    order by w.available_at limit (select jobs from most)) as a) as later
                union all
                select a.kind, count(*) filter (where a.available_at <= <now>),
                    min(a.available_at) filter (where a.available_at <= <now>), count(*) filter (where a.available_at > <now>), 0
                from (select w.kind, w.available_at from asyncjob.work w where w.attempts_left = 0
                    order by w.available_at limit (select jobs from most)) as a
                group by a.kind)
            select kind, sum(waiting) as waiting, min(oldest) as oldest, sum(running) as running, sum(scheduled) as scheduled,
                <now> as as_of
            from counted group by kind
            """.formatted(MAX_KINDS);

    /**
     * Locks the work rows that are as they were read; a row that is locked at the moment is waited for, and then
     * checked as the other transaction left it.
     */
    private static final String UPDATE = """
            with requested as materialized (
                select * from unnest(cast(:id as uuid array), :status, :entities, :hrefs,
                        cast(:plannedFrom as timestamptz array), cast(:plannedAt as timestamptz array),
                        cast(:endedAt as timestamptz array), cast(:keptUntil as timestamptz array), :failure,
                        cast(:attempts as integer array), cast(:settledToken as bigint array), :settledOutcome,
                        cast(:token as bigint array), cast(:leased as boolean array), cast(:availableAt as timestamptz array),
                        :failureCode, :result, :history)
                    as a (id, status, entities, hrefs, planned_from, planned_at, ended_at, kept_until, failure, attempts,
                        settled_token, settled_outcome, token, leased, available_at, failure_code, result, history)),
            unchanged as materialized (
                select a.* from requested a join asyncjob.work w on w.job_id = a.id
                where w.token = a.token and w.leased = a.leased and w.available_at = a.available_at for update of w <skip>),
            changed as (
                update asyncjob.job j
                set status = a.status, link_entities = cast(a.entities as varchar array),
                    link_hrefs = cast(a.hrefs as varchar array), planned_from = a.planned_from, planned_at = a.planned_at,
                    ended_at = a.ended_at, kept_until = a.kept_until, failure = a.failure, attempts = a.attempts,
                    settled_token = a.settled_token, settled_outcome = a.settled_outcome, failure_code = a.failure_code,
                    result = a.result, history = case when a.ended_at is null then null else a.history end,
                    progress = case when a.ended_at is null then null else j.progress end,
                    message = case when a.ended_at is null then null else j.message end, stated_from = null
                from unchanged a where j.id = a.id),
            ended as (
                delete from asyncjob.work w using unchanged a where w.job_id = a.id and a.ended_at is not null),
            resting as (
                update asyncjob.work w set available_at = a.planned_from, leased = false, lost = false,
                    history = a.history
                from unchanged a where w.job_id = a.id and a.ended_at is null)<deliver><keep>
            select id, (select count(pg_notify(<channel>, message)) from unnest(:messages) as message) from unchanged
            """;

    /** A part of {@link #UPDATE}, only if jobs end whose clients are called. */
    private static final String DELIVER = """
            ,
            due as materialized (
                select * from unnest(cast(:endedId as uuid array), cast(:deliveryId as uuid array), :owner, :kind,
                        :deliveryEntities, :deliveryHrefs, cast(:createdAt as timestamptz array),
                        cast(:deliveryAt as timestamptz array), :fingerprint, :reference,
                        cast(:deliveryAttempts as integer array), :payload, cast(:payloadBytes as integer array))
                    as a (ended_id, id, owner, kind, entities, hrefs, created_at, planned_at, fingerprint, reference, attempts,
                        payload, payload_bytes)),
            delivered as (
                insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                    due_at, planned_at, promised_at, fingerprint, reference, payload_bytes)
                select d.id, d.owner, d.kind, 'PENDING', cast(d.entities as varchar array), cast(d.hrefs as varchar array),
                    d.created_at, d.created_at, d.created_at, d.planned_at, d.planned_at, d.fingerprint, d.reference,
                    d.payload_bytes
                from due d join unchanged u on u.id = d.ended_id on conflict do nothing returning id),
            queued as (
                insert into asyncjob.work
                    (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
                select id, kind, created_at, 0, attempts, 0, false, payload from due join delivered using (id))""";

    /** Binds the columns of a list of rows as arrays. */
    private record Columns<R, S extends SqlStatement<S>>(S statement, List<R> rows) {
        Columns<R, S> bind(String name, Function<R, @Nullable Object> value) {
            statement.bindArray(
                    name,
                    String.class,
                    rows.stream().map(value.andThen(Columns::text)).toArray());
            return this;
        }

        private static @Nullable String text(@Nullable Object value) {
            return value == null ? null : value.toString();
        }

        Columns<R, S> bindJob(Function<R, JobRow> job) {
            return bind("id", job.andThen(JobRow::id))
                    .bind("status", job.andThen(JobRow::status))
                    .bind("entities", job.andThen(row -> literal(row, ResourceLink::entity)))
                    .bind("hrefs", job.andThen(row -> literal(row, ResourceLink::href)))
                    .bind("plannedFrom", job.andThen(JobRow::plannedFrom))
                    .bind("plannedAt", job.andThen(JobRow::plannedAt));
        }
    }

    /** Returns one part of the links in PostgreSQL's notation of arrays. */
    private static String literal(JobRow row, Function<ResourceLink, @Nullable String> part) {
        return literal(row.links().all().stream().map(part));
    }

    private static String literal(Stream<? extends @Nullable String> texts) {
        return texts.map(text ->
                        text == null ? "null" : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public Set<UUID> insert(Handle handle, List<Fresh> all, List<String> messages) {
        return new HashSet<>(new Columns<>(handle.createQuery(INSERT), all)
                .bindJob(Fresh::row)
                .bind("owner", one -> one.row().owner())
                .bind("kind", one -> one.row().kind())
                .bind("createdAt", one -> one.row().createdAt())
                .bind("fingerprint", Fresh::fingerprint)
                .bind("key", Fresh::key)
                .bind("keyForms", one -> literal(one.keyForms().stream()))
                .bind("request", Fresh::request)
                .bind("scheduledBy", Fresh::scheduledBy)
                .bind("reference", Fresh::reference)
                .bind("callback", Fresh::callback)
                .bind("attempts", Fresh::attempts)
                .bind("made", Fresh::made)
                .bind("worker", Fresh::worker)
                .bind("availableAt", Fresh::availableAt)
                .bind("payload", one -> one.job().payload().json())
                .bind("payloadBytes", one -> one.job().payload().bytes())
                .bind("trace", Fresh::trace)
                .statement()
                .bindArray("messages", String.class, messages)
                .mapTo(UUID.class)
                .list());
    }

    @Override
    public Backlog backlog(Handle handle, Owner client, int max) {
        return JobWriter.backlog(handle, BACKLOG, client, max);
    }

    @Override
    public List<Workload> workloads(Handle handle, int max) {
        return handle.createQuery(WORKLOADS)
                .bind("max", max)
                .map((rs, context) -> JobWriter.workload(rs))
                .list();
    }

    @Override
    public List<WorkerLoad> workers(Handle handle, int max) {
        return WorkerQueries.ofAll(handle, max);
    }

    @Override
    public Set<UUID> update(Handle handle, List<Changed> all, List<String> messages, boolean skip) {
        List<Changed> delivering =
                all.stream().filter(one -> one.delivery() != null).toList();
        List<Changed> keeping =
                all.stream().filter(one -> one.payloadUntil() != null).toList();
        Query update = handle.createQuery(UPDATE)
                .define("skip", skip ? "skip locked" : "")
                .define("deliver", delivering.isEmpty() ? "" : DELIVER)
                .define("keep", keeping.isEmpty() ? "" : FailedWork.KEEP);
        if (!delivering.isEmpty()) {
            bindDeliveries(update, delivering);
        }
        if (!keeping.isEmpty()) {
            new Columns<>(update, keeping)
                    .bind("failedId", one -> one.row().id())
                    .bind("payloadUntil", Changed::payloadUntil);
        }
        return new HashSet<>(new Columns<>(update, all)
                .bindJob(Changed::row)
                .bind("endedAt", one -> one.row().endedAt())
                .bind("keptUntil", one -> one.row().keptUntil())
                .bind("failure", one -> one.row().failure())
                .bind("attempts", Changed::attempts)
                .bind("settledToken", one -> one.job().settledToken())
                .bind("settledOutcome", one -> one.job().settledOutcome())
                .bind("token", one -> one.work().token())
                .bind("leased", one -> one.work().leased())
                .bind("availableAt", one -> one.work().availableAt())
                .bind("failureCode", one -> one.row().failureCode())
                .bind("result", Changed::resultJson)
                .bind("history", Changed::history)
                .statement()
                .bindArray("messages", String.class, messages)
                .mapTo(UUID.class)
                .list());
    }

    private static void bindDeliveries(Query update, List<Changed> delivering) {
        List<Fresh> all = delivering.stream()
                .flatMap(one -> Stream.ofNullable(one.delivery()))
                .toList();
        new Columns<>(update, delivering).bind("endedId", one -> one.row().id());
        new Columns<>(update, all)
                .bind("deliveryId", one -> one.row().id())
                .bind("owner", one -> one.row().owner())
                .bind("kind", one -> one.row().kind())
                .bind("deliveryEntities", one -> literal(one.row(), ResourceLink::entity))
                .bind("deliveryHrefs", one -> literal(one.row(), ResourceLink::href))
                .bind("createdAt", one -> one.row().createdAt())
                .bind("deliveryAt", one -> one.row().plannedAt())
                .bind("fingerprint", Fresh::fingerprint)
                .bind("reference", Fresh::reference)
                .bind("deliveryAttempts", Fresh::attempts)
                .bind("payload", one -> one.job().payload().json())
                .bind("payloadBytes", one -> one.job().payload().bytes());
    }
}
