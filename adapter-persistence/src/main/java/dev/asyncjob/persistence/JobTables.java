package dev.asyncjob.persistence;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.persistence.JdbiJobStore.WorkRow;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** The statements on the two tables that both databases share. */
final class JobTables {
    private final String now;
    private final String find;
    private final String findFor;
    private final String spent;
    private final String lockSpent;
    private final String deleteForgotten;

    JobTables(SqlDialect dialect) {
        now = dialect.now();
        find = "select %s, %s as now_at from asyncjob.job j where j.id = :id".formatted(JobRow.COLUMNS, now);
        findFor = find + " and j.owner = :owner and (j.kept_until is null or j.kept_until > " + now + ")";
        spent =
                "select job_id from asyncjob.work where final_until <= %s order by final_until fetch first :max rows only %s"
                        .formatted(now, dialect.skipLocked());
        lockSpent = "select 1 from asyncjob.work where job_id = :id and final_until <= %s for update".formatted(now);
        deleteForgotten = """
                delete from asyncjob.job where id in (
                  select id from asyncjob.job where kept_until <= %s
                  order by kept_until fetch first :max rows only %s)
                """.formatted(now, dialect.skipLocked());
    }

    Instant now(Handle handle) {
        return handle.createQuery("select " + now + " as now_at")
                .map((row, context) -> JobRow.instant(row, "now_at"))
                .one();
    }

    Optional<JobRow> find(Handle handle, JobId id) {
        return handle.createQuery(find)
                .bind("id", id.value())
                .map((row, context) -> JobRow.of(row))
                .findOne();
    }

    /** Owner and retention are part of the question: what is somebody else's, or over, is not there. */
    Optional<JobRow> findFor(Handle handle, Owner reader, JobId id) {
        return handle.createQuery(findFor)
                .bind("id", id.value())
                .bind("owner", reader.value())
                .map((row, context) -> JobRow.of(row))
                .findOne();
    }

    void insert(Handle handle, NewJob job, AsyncJob.Pending pending, int maxAttempts) {
        Update insert = handle.createUpdate("""
                        insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, due_at,
                          planned_at, fingerprint)
                        values (:id, :owner, :kind, 'PENDING', :entities, :hrefs, :created, :due, :planned, :fingerprint)
                        """)
                .bind("id", job.id().value())
                .bind("owner", job.owner().value())
                .bind("kind", job.kind().value())
                .bind("created", JobRow.bindable(pending.createdAt()))
                .bind("due", JobRow.bindable(pending.eta().from()))
                .bind("planned", JobRow.bindable(pending.eta().planned()))
                .bind("fingerprint", job.fingerprint());
        bindLinks(insert, job.links()).execute();
        handle.createUpdate("""
                        insert into asyncjob.work (job_id, kind, available_at, leased, token, attempts_made, attempts_max,
                          payload)
                        values (:id, :kind, :due, false, 0, 0, :max, :payload)
                        """)
                .bind("id", job.id().value())
                .bind("kind", job.kind().value())
                .bind("due", JobRow.bindable(pending.eta().from()))
                .bind("max", maxAttempts)
                .bind(
                        "payload",
                        job.payload().equals(Payload.NONE)
                                ? null
                                : job.payload().json())
                .execute();
    }

    Optional<WorkRow> lockWork(Handle handle, JobId id) {
        return handle.createQuery(
                        "select token, leased, attempts_made, attempts_max from asyncjob.work where job_id = :id for update")
                .bind("id", id.value())
                .map((row, context) -> new WorkRow(
                        id.value(),
                        row.getLong("token"),
                        row.getBoolean("leased"),
                        new Attempts(row.getInt("attempts_made"), row.getInt("attempts_max"))))
                .findOne();
    }

    /** Writes what became of a pending job whose work row is locked, and which report made it so. */
    void write(Handle handle, AsyncJob after, long token, @Nullable String outcome) {
        handle.createUpdate("update asyncjob.job set settled_token = :token, settled_outcome = :outcome where id = :id")
                .bind("token", token)
                .bind("outcome", outcome)
                .bind("id", after.id().value())
                .execute();
        after.fold(
                pending -> writePending(handle, pending),
                done -> writeEnded(handle, done, null),
                failed -> writeEnded(handle, failed, failed.failure().message()));
    }

    private static int writePending(Handle handle, AsyncJob.Pending pending) {
        handle.createUpdate("update asyncjob.job set due_at = :due, planned_at = :planned where id = :id")
                .bind("due", JobRow.bindable(pending.eta().from()))
                .bind("planned", JobRow.bindable(pending.eta().planned()))
                .bind("id", pending.id().value())
                .execute();
        return handle.createUpdate("""
                        update asyncjob.work set leased = false, worker = null, available_at = :due, final_until = null
                        where job_id = :id
                        """)
                .bind("due", JobRow.bindable(pending.eta().from()))
                .bind("id", pending.id().value())
                .execute();
    }

    private static int writeEnded(Handle handle, AsyncJob.Ended ended, @Nullable String failure) {
        Update update = handle.createUpdate("""
                        update asyncjob.job set status = :status, link_entities = :entities, link_hrefs = :hrefs,
                          ended_at = :ended, kept_until = :kept, failure = :failure
                        where id = :id
                        """)
                .bind("status", ended.status().name())
                .bind("ended", JobRow.bindable(ended.endedAt()))
                .bind("kept", JobRow.bindable(ended.keptUntil()))
                .bind("failure", failure)
                .bind("id", ended.id().value());
        bindLinks(update, ended.links()).execute();
        return handle.execute(
                "delete from asyncjob.work where job_id = ?", ended.id().value());
    }

    /** Gives a lease back; the attempt is taken off again. */
    boolean release(Handle handle, JobId id, LeaseToken token) {
        return handle.createUpdate("""
                                update asyncjob.work set leased = false, worker = null, attempts_made = attempts_made - 1,
                                  available_at = %s, final_until = null
                                where job_id = :id and token = :token and leased
                                """.formatted(now))
                        .bind("id", id.value())
                        .bind("token", token.value())
                        .execute()
                == 1;
    }

    List<JobId> spent(Handle handle, int max) {
        return handle.createQuery(spent)
                .bind("max", max)
                .map((row, context) -> new JobId(row.getObject("job_id", UUID.class)))
                .list();
    }

    /** Locks a row of {@link #spent}, unless it was renewed or settled in the meantime. */
    boolean lockSpent(Handle handle, JobId id) {
        return handle.createQuery(lockSpent)
                .bind("id", id.value())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    void delete(Handle handle, JobId id) {
        handle.execute("delete from asyncjob.job where id = ?", id.value());
    }

    int deleteForgotten(Handle handle, int max) {
        return handle.createUpdate(deleteForgotten).bind("max", max).execute();
    }

    private static <T extends SqlStatement<T>> T bindLinks(T statement, ResourceLinks links) {
        List<String> entities = links.all().stream().map(ResourceLink::entity).toList();
        @Nullable String[] hrefs = links.all().stream().map(ResourceLink::href).toArray(String[]::new);
        return statement.bindArray("entities", String.class, entities).bindArray("hrefs", String.class, (Object[])
                hrefs);
    }
}
