package dev.asyncjob.testkit;

import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The changes of jobs that several intents of {@link InMemoryJobStore} make. Guarded by its lock. */
final class StoredChanges {
    private final StoredJobs rows;
    private final StoreNews news;
    private final WorkPolicy policy;

    StoredChanges(StoredJobs rows, StoreNews news, WorkPolicy policy) {
        this.rows = rows;
        this.news = news;
        this.policy = policy;
    }

    /** Stores a new job. */
    ScheduleResult insert(NewJob job, Instant now, Duration expected) {
        StoredJob row = new StoredJob(job, new JobSnapshot(job.acceptedAt(now, expected), now), policy);
        rows.put(row);
        if (!row.held) {
            news.workAvailable(row.job.kind());
        }
        boolean leased = row.held;
        news.tell(told -> told.accepted(job.kind(), leased));
        return row.accepted();
    }

    /** The answer about a job that is stored already; empty if none is. */
    Optional<ScheduleResult> repeated(NewJob job, Instant now) {
        return rows.findByKey(job.idempotencyKey(), now)
                .map(row -> row.repeatedByKey(job))
                .or(() -> Optional.ofNullable(rows.readable(job.id(), now)).map(row -> row.repeatedById(job)));
    }

    /** Makes a change that ends an attempt or the job, and the delivery of its end. */
    void make(StoredJob row, Runnable change, Instant now) {
        news.changes(row, change, now);
        row.payloadUntil = policy.payloadUntil(row.job);
        if (rows.kind(row.job.kind()).limit() != null) {
            news.workAvailable(row.job.kind());
        }
        row.delivery()
                .filter(delivery -> rows.get(delivery.id()) == null)
                .ifPresent(delivery -> insert(delivery, row.endedAt(), policy.expectedDuration()));
    }
}
