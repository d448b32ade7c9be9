package dev.asyncjob.persistence;

import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.domain.WorkerLoad;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** The queries of what workers hold. Each reads an index of work in its order, no further than its limit. */
final class WorkerQueries {
    /** No lease is longer than an hour, so what is planned for later is not read. */
    private static final String HELD = """
            select kind, worker, count(*) as leases, min(claimed_at) as since, min(available_at) as ends from (
                select w.kind, w.worker, w.leased, w.claimed_at, w.available_at from asyncjob.work w
                where %s and w.available_at > <now> and w.available_at \\<= <now> + interval '1' hour
                order by w.kind, w.available_at fetch first :limit rows only) as held
            where leased group by kind, worker order by since nulls first fetch first :max rows only
            """;

    /** Of all kinds, from an index of leased jobs. */
    static final String OF_ALL = HELD.formatted("w.leased");

    /** Of one kind, from the index of due jobs. */
    static final String OF_KIND = HELD.formatted("w.kind = :kind");

    private WorkerQueries() {}

    static List<WorkerLoad> ofAll(Handle handle, int max) {
        return handle.createQuery(OF_ALL)
                .bind("limit", WorkerLoad.MAX_LEASES)
                .bind("max", max)
                .map((rs, context) -> load(rs))
                .list();
    }

    /** Returns those of some kinds, which share a limit of leases and of jobs that are due soon. */
    static List<WorkerLoad> ofKinds(Handle handle, List<String> kinds, int max) {
        Stream<WorkerLoad> all = kinds.stream()
                .flatMap(kind -> handle
                        .createQuery(OF_KIND)
                        .bind("kind", kind)
                        .bind("limit", 10 * WorkerLoad.MAX_LEASES / kinds.size())
                        .bind("max", max)
                        .map((rs, context) -> load(rs))
                        .list()
                        .stream());
        return all.sorted(WorkerLoad.OLDEST_FIRST).limit(max).toList();
    }

    private static WorkerLoad load(ResultSet rs) throws SQLException {
        String worker = rs.getString("worker");
        String kind = rs.getString("kind");
        return new WorkerLoad(
                SqlTypes.stored(() -> new WorkerId(worker)),
                SqlTypes.stored(() -> new JobKind(kind)),
                rs.getLong("leases"),
                SqlTypes.instantOrNull(rs, "since"),
                SqlTypes.instant(rs, "ends"));
    }
}
