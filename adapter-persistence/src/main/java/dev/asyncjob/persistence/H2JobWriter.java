package dev.asyncjob.persistence;

import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Writes with a statement for each row: no network round trip is saved by fewer, and each text is parsed once. */
final class H2JobWriter implements JobWriter {
    private static final String TAKEN_IDS = "select id from asyncjob.job where id = any(:ids)";

    private static final String TAKEN_KEYS =
            "select idempotency_key from asyncjob.job where idempotency_key = any(:keys)";

    private static final String INSERT_JOB = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                due_at, planned_at, promised_at, fingerprint, idempotency_key, idempotency_request, scheduled_by,
                reference, callback, trace)
            values (:id, :owner, :kind, :status, :entities, :hrefs, :createdAt, :plannedFrom, :plannedFrom, :plannedAt, :plannedAt,
                :fingerprint, :key, :request, :scheduledBy, :reference, :callback, left(cast(:trace as varchar), 55))
            """;

    private static final String INSERT_WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, worker, claimed_at,
                payload, client, payload_bytes, trace)
            values (:id, :kind, :availableAt, :made, :left, :made, :leased, :worker, :claimedAt, :payload, :client, :payloadBytes, :trace)
            """;

    static final String BACKLOG = """
            select count(*), coalesce(sum(payload_bytes), 0) from (
                select payload_bytes from asyncjob.work where client = :client fetch first :max rows only)
            """;

    private static final String NEXT_KIND = """
            select kind from asyncjob.work where kind > :kind order by kind fetch first 1 rows only
            """;

    /** Reads the index of due jobs; the rows themselves only where a job may be leased, as on PostgreSQL. */
    static final String WORKLOAD = """
            select :kind as kind, due.jobs as waiting, due.oldest as oldest, soon.running as running,
                soon.jobs - soon.running + later.jobs as scheduled, <now> as as_of
            from (
                select count(*) as jobs, min(available_at) as oldest from (
                    select available_at from asyncjob.work where kind = :kind and available_at \\<= <now>
                    order by kind, available_at fetch first :max rows only)) as due
            cross join (
                select count(*) as jobs, count(*) filter (where leased) as running from (
                    select leased from asyncjob.work where kind = :kind and available_at > <now>
                        and available_at \\<= dateadd(hour, 1, <now>)
                    order by kind, available_at fetch first :max rows only)) as soon
            cross join (
                select count(*) as jobs from (
                    select available_at from asyncjob.work where kind = :kind and available_at > dateadd(hour, 1, <now>)
                    order by kind, available_at fetch first :max rows only)) as later
            """;

    private static final String UPDATE = """
            update asyncjob.job
            set status = :status, link_entities = :entities, link_hrefs = :hrefs, planned_from = :plannedFrom,
                planned_at = :plannedAt, ended_at = :endedAt, kept_until = :keptUntil, failure = :failure, attempts = :attempts,
                settled_token = :settledToken, settled_outcome = :settledOutcome, failure_code = :failureCode,
                result = :result, history = case when :endedAt is null then null else :history end,
                progress = case when :endedAt is null then null else progress end,
                message = case when :endedAt is null then null else message end, stated_from = null
            where id = :id
            """;

    private static final String LOCK =
            "select %s from asyncjob.work w where w.job_id = any(:ids) for update <skip>".formatted(Work.COLUMNS);

    private static final String RESCHEDULE = """
            update asyncjob.work set available_at = :plannedFrom, leased = false, lost = false, history = :history
            where job_id = :id
            """;

    private static final String END = "delete from asyncjob.work where job_id = any(:ended)";

    /** If another transaction takes an id or a key between select and insert, this fails and the call is repeated. */
    @Override
    public Set<UUID> insert(Handle handle, List<Fresh> all, List<String> messages) {
        List<Fresh> free = free(handle, all);
        if (!free.isEmpty()) {
            handle.useTransaction(transaction -> {
                PreparedBatch jobs = transaction.prepareBatch(INSERT_JOB);
                free.forEach(one -> one.row()
                        .bindTo(jobs)
                        .bind("fingerprint", one.fingerprint())
                        .bind("key", one.key())
                        .bind("request", one.request())
                        .bind("scheduledBy", one.scheduledBy())
                        .bind("reference", one.reference())
                        .bindByType("callback", one.callback(), Boolean.class)
                        .bind("trace", one.trace())
                        .add());
                jobs.execute();
                PreparedBatch work = transaction.prepareBatch(INSERT_WORK);
                free.forEach(one -> work.bind("id", one.row().id())
                        .bind("kind", one.row().kind())
                        .bind("availableAt", one.availableAt())
                        .bind("made", one.made())
                        .bind("left", one.attempts() - one.made())
                        .bind("leased", one.made() == 1)
                        .bind("worker", one.worker())
                        .bindByType("claimedAt", one.claimedAt(), Instant.class)
                        .bind("payload", one.job().payload().json())
                        .bind("client", one.job().client().value())
                        .bind("payloadBytes", one.job().payload().bytes())
                        .bind("trace", one.trace())
                        .add());
                work.execute();
            });
        }
        return free.stream().map(one -> one.row().id()).collect(Collectors.toSet());
    }

    private static List<Fresh> free(Handle handle, List<Fresh> all) {
        Object[] wanted = all.stream().map(one -> one.row().id()).toArray();
        Set<UUID> ids = new HashSet<>(handle.createQuery(TAKEN_IDS)
                .bindArray("ids", UUID.class, wanted)
                .mapTo(UUID.class)
                .list());
        List<String> keys = all.stream().flatMap(one -> one.keyForms().stream()).toList();
        Set<String> taken = keys.isEmpty()
                ? new HashSet<>()
                : new HashSet<>(handle.createQuery(TAKEN_KEYS)
                        .bindArray("keys", String.class, keys)
                        .mapTo(String.class)
                        .list());
        return all.stream()
                .filter(one -> !ids.contains(one.row().id()) && Collections.disjoint(taken, one.keyForms()))
                .filter(one -> one.key() == null || taken.add(one.key()))
                .toList();
    }

    @Override
    public Backlog backlog(Handle handle, Owner client, int max) {
        return JobWriter.backlog(handle, BACKLOG, client, max);
    }

    @Override
    public List<Workload> workloads(Handle handle, int max) {
        List<String> kinds = kinds(handle);
        return kinds.stream()
                .map(kind -> handle.createQuery(WORKLOAD)
                        .bind("kind", kind)
                        .bind("max", max / kinds.size())
                        .map((rs, context) -> JobWriter.workload(rs))
                        .one())
                .toList();
    }

    @Override
    public List<WorkerLoad> workers(Handle handle, int max) {
        return WorkerQueries.ofKinds(handle, kinds(handle), max);
    }

    private static List<String> kinds(Handle handle) {
        List<String> kinds = new ArrayList<>();
        Optional<String> next = nextKind(handle, "");
        while (next.isPresent() && kinds.size() < MAX_KINDS) {
            kinds.add(next.get());
            next = nextKind(handle, next.get());
        }
        return kinds;
    }

    private static Optional<String> nextKind(Handle handle, String after) {
        return handle.createQuery(NEXT_KIND)
                .bind("kind", after)
                .mapTo(String.class)
                .findOne();
    }

    @Override
    public Set<UUID> update(Handle handle, List<Changed> all, List<String> messages, boolean skip) {
        return handle.inTransaction(transaction -> {
            List<Changed> unchanged = unchanged(transaction, all, skip);
            if (!unchanged.isEmpty()) {
                write(transaction, unchanged);
                List<Fresh> deliveries = unchanged.stream()
                        .flatMap(one -> Stream.ofNullable(one.delivery()))
                        .toList();
                if (!deliveries.isEmpty()) {
                    insert(transaction, deliveries, List.of());
                }
            }
            return unchanged.stream().map(one -> one.work().id()).collect(Collectors.toSet());
        });
    }

    private static List<Changed> unchanged(Handle handle, List<Changed> all, boolean skip) {
        Object[] ids = all.stream().map(one -> one.work().id()).toArray();
        Set<Work> locked = handle.createQuery(LOCK)
                .define("skip", skip ? "skip locked" : "")
                .bindArray("ids", UUID.class, ids)
                .map((rs, context) -> Work.read(rs))
                .collect(Collectors.toSet());
        return all.stream().filter(one -> locked.contains(one.work())).toList();
    }

    private static void write(Handle handle, List<Changed> all) {
        PreparedBatch jobs = handle.prepareBatch(UPDATE);
        for (Changed one : all) {
            one.row()
                    .bindTo(jobs)
                    .bindByType("attempts", one.attempts(), Integer.class)
                    .bindByType("settledToken", one.job().settledToken(), Long.class)
                    .bind("settledOutcome", one.job().settledOutcome())
                    .bind("result", one.resultJson())
                    .bind("history", one.history())
                    .add();
        }
        jobs.execute();
        FailedWork.keep(handle, all);
        List<JobRow> rows = all.stream().map(Changed::row).toList();
        handle.createUpdate(END)
                .bindArray(
                        "ended",
                        UUID.class,
                        rows.stream()
                                .filter(row -> row.endedAt() != null)
                                .map(JobRow::id)
                                .toArray())
                .execute();
        PreparedBatch resting = handle.prepareBatch(RESCHEDULE);
        all.stream()
                .filter(one -> one.row().endedAt() == null)
                .forEach(one -> resting.bind("id", one.row().id())
                        .bind("plannedFrom", one.row().plannedFrom())
                        .bind("history", one.history())
                        .add());
        if (resting.size() > 0) {
            resting.execute();
        }
    }
}
