package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The interventions of the store in memory, and their audit. Guarded by its lock. */
final class StoredInterventions implements Interventions {
    private static final Comparator<AuditEntry.Place> NEWEST_FIRST = Comparator.comparing(AuditEntry.Place::at)
            .thenComparing(AuditEntry.Place::id)
            .reversed();

    private final StoredJobs rows;
    private final StoreNews news;
    private final WorkPolicy policy;
    private final InstantSource clock;
    private final StoredChanges changes;
    private final Map<UUID, AuditEntry> audit = new LinkedHashMap<>();

    StoredInterventions(
            StoredJobs rows, StoreNews news, StoredChanges changes, WorkPolicy policy, InstantSource clock) {
        this.rows = rows;
        this.news = news;
        this.policy = policy;
        this.clock = clock;
        this.changes = changes;
    }

    private <T> T committed(Supplier<T> intent) {
        return news.committed(rows, intent);
    }

    @Override
    public List<KindState> kinds() {
        return committed(rows::kinds);
    }

    @Override
    public KindState pause(JobKind kind, @Nullable String reason, Intervention by) {
        return committed(() -> {
            KindState old = rows.kind(kind);
            KindState.Pause pause = new KindState.Pause(clock.instant(), by.by(), reason);
            KindState paused = old.pause() == null ? old.withPause(pause) : old;
            return change(paused, AuditEntry.Action.PAUSE, reason, by);
        });
    }

    @Override
    public KindState resume(JobKind kind, Intervention by) {
        return committed(() -> {
            news.workAvailable(kind);
            return change(rows.kind(kind).withPause(null), AuditEntry.Action.RESUME, null, by);
        });
    }

    @Override
    public KindState limit(JobKind kind, @Nullable Integer running, Intervention by) {
        return committed(() -> {
            news.workAvailable(kind);
            KindState limited = rows.kind(kind).withLimit(running);
            return running == null
                    ? change(limited, AuditEntry.Action.UNLIMIT, null, by)
                    : change(limited, AuditEntry.Action.LIMIT, running.toString(), by);
        });
    }

    private KindState change(KindState state, AuditEntry.Action action, @Nullable String detail, Intervention by) {
        boolean changed = !state.equals(rows.kind(state.kind()));
        if (changed) {
            rows.set(state);
        }
        add(by, action, state.kind().value(), detail, changed ? 1 : 0);
        return state;
    }

    private void add(Intervention by, AuditEntry.Action action, String subject, @Nullable String detail, long count) {
        audit.merge(
                by.id(),
                new AuditEntry(clock.instant(), by, action, subject, detail, count),
                (first, more) -> new AuditEntry(first.at(), by, action, subject, detail, first.count() + count));
    }

    @Override
    public SettleResult cancel(JobId id, Intervention by) {
        return cancel(null, id, by);
    }

    /** Cancels a job; {@code by} is null if no operator does. */
    SettleResult cancel(@Nullable Owner owner, JobId id, @Nullable Intervention by) {
        return committed(() -> {
            Instant now = clock.instant();
            StoredJob row = rows.readable(id, now);
            if (row == null || (owner != null && !row.job.owner().equals(owner))) {
                return new SettleResult.Unknown();
            }
            if (row.job instanceof AsyncJob.Pending) {
                cancel(row, now);
                if (by != null && !row.job.owner().equals(by.by())) {
                    add(by, AuditEntry.Action.CANCEL, id.toString(), null, 1);
                }
            }
            return row.result(row.wasCancelled(), null, now);
        });
    }

    private void cancel(StoredJob row, Instant now) {
        Runnable end = () -> {
            row.endAttempt(EndedAttempt.End.CANCELLED, now);
            row.end(row.pending().cancel(now, policy.retention()));
        };
        changes.make(row, end, now);
    }

    @Override
    public RetryResult retry(Retry retry, Duration expected, Intervention by) {
        return committed(() -> {
            Instant now = clock.instant();
            StoredJob row = rows.readable(retry.of(), now);
            if (row == null) {
                return new RetryResult.Unknown();
            }
            Retry.Old old = row.old(now);
            NewJob job = retry.newJob(old, by.by());
            Optional<ScheduleResult> before = changes.repeated(job, now);
            if (before.isPresent()) {
                return RetryResult.of(before.get());
            }
            if (old.work() == null) {
                return old.refusal();
            }
            row.retried = true;
            add(by, AuditEntry.Action.RETRY, retry.of().toString(), retry.id().toString(), 1);
            return RetryResult.of(changes.insert(job, now, expected));
        });
    }

    @Override
    public Bulk.Preview preview(Bulk bulk) {
        return committed(() -> {
            Instant now = clock.instant();
            boolean retries = bulk.action() == Bulk.Action.RETRY;
            int matching = count(selected(bulk, null, now), bulk.max() + 1);
            int retried = count(ofBulk(bulk, null, now).filter(row -> isKept(row, now) && row.retried), bulk.max());
            return new Bulk.Preview(Math.min(matching, bulk.max()), matching > bulk.max(), retries ? retried : 0, null);
        });
    }

    @Override
    public int notKept(Bulk bulk) {
        return committed(() -> {
            Instant now = clock.instant();
            return count(ofBulk(bulk, null, now).filter(row -> !isKept(row, now) && !row.wasCancelled()), bulk.max());
        });
    }

    private static int count(Stream<StoredJob> found, int max) {
        return (int) found.limit(max).count();
    }

    private static boolean isKept(StoredJob row, Instant now) {
        return row.old(now).work() != null;
    }

    private Stream<StoredJob> ofBulk(Bulk bulk, JobFilter.@Nullable Place after, Instant now) {
        JobFilter filter = after == null ? bulk.filter() : bulk.filter().after(after);
        return rows.selected(filter, now)
                .filter(row -> !(bulk.leavesDeliveries() && row.job.kind().equals(Callback.KIND)));
    }

    private Stream<StoredJob> selected(Bulk bulk, JobFilter.@Nullable Place after, Instant now) {
        return ofBulk(bulk, after, now)
                .filter(row -> bulk.action() == Bulk.Action.CANCEL || (isKept(row, now) && !row.retried));
    }

    @Override
    public List<Bulk.Candidate> select(Bulk bulk, JobFilter.@Nullable Place after, int max) {
        return committed(() -> {
            Instant now = clock.instant();
            return selected(bulk, after, now)
                    .limit(max)
                    .map(row -> new Bulk.Candidate(row.entry(now).place(), row.job.kind()))
                    .toList();
        });
    }

    @Override
    public Bulk.Step cancel(List<JobId> jobs, Bulk bulk, Intervention by) {
        return committed(() -> {
            Instant now = clock.instant();
            List<StoredJob> pending = jobs.stream()
                    .flatMap(id -> Stream.ofNullable(rows.readable(id, now)))
                    .filter(row -> row.job instanceof AsyncJob.Pending)
                    .toList();
            pending.forEach(row -> cancel(row, now));
            add(by, bulk.action().audited(), bulk.subject(), null, pending.size());
            return new Bulk.Step(pending.size(), 0);
        });
    }

    @Override
    public Bulk.Step retry(List<Retry> retries, Map<JobKind, Duration> expected, Bulk bulk, Intervention by) {
        return committed(() -> {
            Instant now = clock.instant();
            int changed = 0;
            for (Retry retry : retries) {
                StoredJob row = rows.readable(retry.of(), now);
                if (row != null && !row.retried && isKept(row, now)) {
                    row.retried = true;
                    var unused = changes.insert(
                            retry.newJob(row.old(now), by.by()),
                            now,
                            Objects.requireNonNull(expected.get(row.job.kind())));
                    changed++;
                }
            }
            add(by, bulk.action().audited(), bulk.subject(), null, changed);
            return new Bulk.Step(changed, 0);
        });
    }

    @Override
    public int forgetPayloads(int max) {
        return committed(() -> {
            Instant now = clock.instant();
            List<StoredJob> past = rows.all()
                    .filter(row -> row.payloadUntil != null && !row.payloadUntil.isAfter(now))
                    .limit(max)
                    .toList();
            past.forEach(row -> row.payloadUntil = null);
            return past.size();
        });
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max, Intervention by) {
        return committed(() -> {
            int forgotten = rows.forget(owner, endedBy, clock.instant(), max);
            add(by, AuditEntry.Action.ERASE, owner.value(), null, forgotten);
            return forgotten;
        });
    }

    @Override
    public AuditEntry.Page audit(AuditEntry.@Nullable Place after, int limit) {
        return committed(() -> {
            List<AuditEntry> found = audit.values().stream()
                    .filter(entry -> after == null || NEWEST_FIRST.compare(entry.place(), after) > 0)
                    .sorted(Comparator.comparing(AuditEntry::place, NEWEST_FIRST))
                    .limit(limit + 1L)
                    .toList();
            boolean more = found.size() > limit;
            return new AuditEntry.Page(more ? found.subList(0, limit) : found, more);
        });
    }

    @Override
    public int forgetAudit(int max) {
        return committed(() -> {
            Instant end = clock.instant().minus(policy.auditRetention());
            List<UUID> past = audit.values().stream()
                    .filter(entry -> entry.at().isBefore(end))
                    .limit(max)
                    .map(entry -> entry.by().id())
                    .toList();
            past.forEach(audit::remove);
            return past.size();
        });
    }
}
