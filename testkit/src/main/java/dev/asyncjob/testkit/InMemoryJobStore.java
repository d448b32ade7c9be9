package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link JobStore} in memory: it keeps the whole contract, except that jobs do not survive the process.
 *
 * <p>One lock makes every intent atomic; signals are sent after it is released. Safe for use from any thread.
 */
public final class InMemoryJobStore implements JobStore {
    private final WorkPolicy policy;
    private final InstantSource clock;
    private final StoreNews news;
    private final StoredJobs rows = new StoredJobs();
    private final StoredChanges changes;
    private final StoredInterventions interventions;
    private final StoredMinutes ended = new StoredMinutes();
    private @Nullable Instant housekeptAt;

    /**
     * An empty store.
     *
     * @param policy defines attempts, backoff and retention
     * @param clock the store's own clock
     * @param signals gets every change
     */
    public InMemoryJobStore(WorkPolicy policy, InstantSource clock, LocalJobSignals signals) {
        this.policy = policy;
        this.clock = clock;
        this.news = new StoreNews(signals);
        this.changes = new StoredChanges(rows, news, policy);
        this.interventions = new StoredInterventions(rows, news, changes, policy, clock);
        news.observers.add(ended);
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        return committed(() -> {
            Instant now = now();
            return changes.repeated(job, now).orElseGet(() -> changes.insert(job, now, expected));
        });
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return committed(() -> changes.repeated(job, now()));
    }

    @Override
    public Backlog backlog(Owner client, int max) {
        return committed(() -> rows.backlog(client, max));
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return committed(() -> {
            Instant now = now();
            return Optional.ofNullable(rows.readable(id, now))
                    .filter(row -> row.job.owner().equals(reader))
                    .map(row -> row.seen(now));
        });
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> keys) {
        return keys.stream()
                .flatMap(job -> find(job.owner(), job.id()).stream())
                .toList();
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return committed(() -> rows.recentDurations(kind, now(), max));
    }

    /** The job of any owner; for tests. */
    Optional<AsyncJob> find(JobId id) {
        return committed(() -> Optional.ofNullable(rows.readable(id, now())).map(row -> row.job));
    }

    @Override
    public Interventions interventions() {
        return interventions;
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        news.asked(observer -> observer.asked(claim.worker(), claim.kinds()));
        return committed(() -> {
            Instant now = now();
            rows.asked(claim.kinds(), now);
            List<ClaimedJob> again = rows.all()
                    .filter(row -> claim.id() != null && claim.id().equals(row.claimId) && row.isLeased(now))
                    .map(StoredJob::claimed)
                    .toList();
            return again.isEmpty() ? newClaim(claim, now) : again;
        });
    }

    private static Claim.Candidate candidate(StoredJob row) {
        int left = row.attempts.max() - row.attempts.made();
        return new Claim.Candidate(
                left, left == 1 && (row.held || row.lost), row.payload.json().length());
    }

    private List<ClaimedJob> newClaim(Claim claim, Instant now) {
        List<StoredJob> due = rows.due(claim, now);
        return claim.choose(due, InMemoryJobStore::candidate).stream()
                .map(row -> {
                    Duration waited = Duration.between(row.dueAt, now);
                    boolean lost = row.held;
                    news.tell(told -> told.claimed(row.job.kind(), waited, lost));
                    return row.claim(claim, due.indexOf(row) >= claim.ready(), now);
                })
                .toList();
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        return committed(() -> {
            Instant now = now();
            StoredJob row = rows.readable(id, now);
            if (row == null) {
                return new RenewResult.Unknown();
            }
            if (row.heldWith(token).isEmpty()) {
                return new RenewResult.Lost(new JobSnapshot(row.job, now));
            }
            if (extension.eta() != null) {
                row.job = row.pending().expectedAt(extension.eta(), now);
            }
            if (extension.changesJob()) {
                news.jobChanged(id);
            }
            return new RenewResult.Renewed(row.renew(extension, now));
        });
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return committed(() -> {
            Optional<StoredJob> held = Optional.ofNullable(rows.get(id)).flatMap(row -> row.heldWith(token));
            held.ifPresent(row -> row.release(now()));
            held.ifPresent(row -> news.workAvailable(row.job.kind()));
            return held.isPresent();
        });
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return committed(() -> {
            Instant now = now();
            StoredJob row = rows.readable(report.id(), now);
            if (row == null) {
                return new SettleResult.Unknown();
            }
            boolean held = row.heldWith(report.token()).isPresent();
            if (held) {
                changes.make(row, () -> row.settle(report.outcome(), now, policy), now);
            }
            return row.result(row.wasSettledWith(report.token(), report.outcome()), held ? row.claimedAt : null, now);
        });
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return interventions.cancel(owner, id, null);
    }

    @Override
    public JobPage list(JobFilter filter) {
        return committed(() -> rows.list(filter, now()));
    }

    @Override
    public Optional<JobFacts> facts(@Nullable Owner owner, JobId id) {
        return committed(() -> {
            Instant now = now();
            return Optional.ofNullable(rows.readable(id, now))
                    .filter(row -> owner == null || row.job.owner().equals(owner))
                    .map(row -> rows.facts(row, housekeptAt, now));
        });
    }

    @Override
    public int failSpent(int max) {
        return committed(() -> {
            Instant now = now();
            housekeptAt = now;
            Predicate<StoredJob> spent = row -> row.isDue(now) && row.attempts.spent();
            List<StoredJob> ended = rows.all().filter(spent).limit(max).toList();
            ended.forEach(row -> changes.make(row, () -> row.spend(now, policy), now));
            return ended.size();
        });
    }

    @Override
    public int forget(int max) {
        return committed(() -> {
            Instant now = now();
            return rows.forget(max, row -> row.isPastRetention(now));
        });
    }

    @Override
    public int pending(Owner owner, int max) {
        return committed(() -> rows.pending(owner, max));
    }

    @Override
    public int forget(Owner owner, Instant endedBy, int max) {
        return committed(() -> rows.forget(owner, endedBy, now(), max));
    }

    @Override
    public List<Workload> workloads(int max) {
        return committed(() -> rows.workloads(max, now()));
    }

    @Override
    public List<WorkerLoad> workers(int max) {
        return committed(() -> rows.workers(max, now()));
    }

    @Override
    public List<EndedMinute> endedMinutes(int minutes) {
        return ended.last(minutes, now());
    }

    @Override
    public void observe(JobObserver observer) {
        news.observers.add(observer);
    }

    @Override
    public Instant now() {
        return clock.instant();
    }

    private <T> T committed(Supplier<T> intent) {
        return news.committed(rows, intent);
    }
}
