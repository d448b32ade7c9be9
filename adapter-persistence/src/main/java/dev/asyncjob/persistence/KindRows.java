package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Workload;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The rows of {@code asyncjob.kind}: which kinds are asked for, paused and limited. */
final class KindRows {
    private static final String COLUMNS = "kind, last_asked_at, paused_since, paused_by, pause_reason, running_limit";

    private static final String READ = "select " + COLUMNS + " from asyncjob.kind where kind = :kind";

    /** First those for which something is set, which must not be missing. */
    private static final String LIST = """
            select %1$s from (
                select %1$s from asyncjob.kind
                order by case when paused_since is null and running_limit is null then 1 else 0 end, kind
                fetch first %2$s rows only) as chosen order by kind
            """.formatted(COLUMNS, Interventions.MAX_KINDS);

    private static final String PAUSED = """
            select kind from asyncjob.kind where paused_since is not null order by kind fetch first %s rows only
            """.formatted(JobWriter.MAX_KINDS);

    private KindRows() {}

    static List<KindState> list(Handle handle) {
        return handle.createQuery(LIST).map((rs, context) -> state(rs)).list();
    }

    static KindState read(Handle handle, JobKind kind) {
        return handle.createQuery(READ)
                .bind("kind", kind.value())
                .map((rs, context) -> state(rs))
                .findOne()
                .orElseGet(() -> KindState.of(kind));
    }

    private static KindState state(ResultSet rs) throws SQLException {
        JobKind kind = new JobKind(rs.getString("kind"));
        Integer limit = rs.getObject("running_limit", Integer.class);
        KindState.Pause pause = pause(rs);
        return new KindState(kind, SqlTypes.instantOrNull(rs, "last_asked_at"), pause, limit);
    }

    /** Reads the pause of a kind; null if there is none. */
    static KindState.@Nullable Pause pause(ResultSet rs) throws SQLException {
        String by = rs.getString("paused_by");
        return by == null
                ? null
                : new KindState.Pause(
                        SqlTypes.instant(rs, "paused_since"), new Owner(by), rs.getString("pause_reason"));
    }

    /** Returns the workloads with the pauses of their kinds, and one of each paused kind that has no jobs. */
    static List<Workload> markPaused(Handle handle, List<Workload> workloads) {
        Set<JobKind> paused = handle.createQuery(PAUSED)
                .map((rs, context) -> new JobKind(rs.getString("kind")))
                .set();
        List<Workload> all = new ArrayList<>();
        for (Workload one : workloads) {
            all.add(paused.remove(one.kind()) ? one.asPaused() : one);
        }
        paused.forEach(kind -> all.add(new Workload(kind, 0, 0, 0, Duration.ZERO).asPaused()));
        return all;
    }
}
