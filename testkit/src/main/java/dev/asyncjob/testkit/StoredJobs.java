package dev.asyncjob.testkit;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The jobs of {@link InMemoryJobStore} in the order of their insertion, and the queries. Guarded by its lock. */
final class StoredJobs {
    private static final Comparator<JobFilter.Place> NEWEST_FIRST = Comparator.comparing(JobFilter.Place::createdAt)
            .thenComparing(place -> place.id().value())
            .reversed();

    private final Map<JobId, StoredJob> rows = new LinkedHashMap<>();
    private final Map<JobKind, KindState> kinds = new HashMap<>();

    void put(StoredJob row) {
        rows.put(row.job.id(), row);
    }

    Stream<StoredJob> all() {
        return rows.values().stream();
    }

    @Nullable
    StoredJob get(JobId id) {
        return rows.get(id);
    }

    @Nullable
    StoredJob readable(JobId id, Instant now) {
        StoredJob row = rows.get(id);
        return row == null || row.isPastRetention(now) ? null : row;
    }

    /** The jobs that a claim may get, the longest due first. */
    List<StoredJob> due(Claim claim, Instant now) {
        return all().filter(row -> row.isDue(now) && !row.attempts.spent())
                .filter(row -> claim.kinds().contains(row.job.kind()))
                .sorted(Comparator.comparing(row -> row.dueAt))
                .filter(hasRoom(claim, now))
                .limit(claim.max())
                .toList();
    }

    /** Accepts as many jobs of each kind as its pause and its limit allow. */
    private Predicate<StoredJob> hasRoom(Claim claim, Instant now) {
        Map<JobKind, Long> rooms = new HashMap<>();
        for (JobKind kind : claim.kinds()) {
            Integer limit = kind(kind).limit();
            long room = limit == null ? Long.MAX_VALUE : limit - running(kind, now);
            rooms.put(kind, kind(kind).pause() == null ? room : 0);
        }
        return row -> rooms.merge(row.job.kind(), -1L, Long::sum) >= 0;
    }

    private long running(JobKind kind, Instant now) {
        return all().filter(row -> row.job.kind().equals(kind) && row.isLeased(now))
                .count();
    }

    void asked(Set<JobKind> some, Instant now) {
        some.forEach(kind -> set(kind(kind).askedAt(now)));
    }

    KindState kind(JobKind kind) {
        return kinds.getOrDefault(kind, KindState.of(kind));
    }

    void set(KindState state) {
        kinds.put(state.kind(), state);
    }

    List<KindState> kinds() {
        return kinds.values().stream()
                .sorted(Comparator.comparing(KindState::kind))
                .toList();
    }

    Optional<StoredJob> findByKey(@Nullable IdempotencyKey key, Instant now) {
        return all().filter(row -> key != null && row.isNamed(key) && !row.isPastRetention(now))
                .findFirst();
    }

    Backlog backlog(Owner client, int max) {
        return all().filter(row -> row.job instanceof AsyncJob.Pending
                        && row.asked.client().equals(client))
                .limit(max)
                .map(row -> new Backlog(1, row.payload.bytes()))
                .reduce(new Backlog(0, 0), Backlog::plus);
    }

    List<Duration> recentDurations(JobKind kind, Instant now, int max) {
        return all().filter(row -> row.job.kind().equals(kind)
                        && row.job instanceof AsyncJob.Ended ended
                        && !ended.endedAt().isAfter(now)
                        && !row.wasCancelled())
                .sorted(Comparator.comparing(StoredJob::endedAt).reversed())
                .limit(max)
                .map(row -> Duration.between(row.firstPending().eta().from(), row.endedAt()))
                .toList();
    }

    JobPage list(JobFilter filter, Instant now) {
        List<JobPage.Entry> found = selected(filter, now)
                .map(row -> row.entry(now))
                .limit(filter.limit() + 1L)
                .toList();
        boolean more = found.size() > filter.limit();
        return new JobPage(more ? found.subList(0, filter.limit()) : found, more);
    }

    /** What a due job waits for; null if it is not due, or waits for its end. */
    private JobFacts.@Nullable Queue queue(StoredJob row, Instant now) {
        if (!row.isDue(now) || row.attempts.spent()) {
            return null;
        }
        JobKind kind = row.job.kind();
        List<StoredJob> others =
                all().filter(other -> other.job.kind().equals(kind)).toList();
        List<Instant> ends = others.stream()
                .filter(other -> other.job instanceof AsyncJob.Ended && !other.wasCancelled())
                .map(StoredJob::endedAt)
                .filter(end -> end.isAfter(now.minus(JobFacts.RECENTLY)))
                .sorted(Comparator.reverseOrder())
                .limit(JobFacts.MAX_ENDED)
                .toList();
        long before = others.stream()
                .filter(other -> other.isDue(now) && !other.attempts.spent() && other.dueAt.isBefore(row.dueAt))
                .limit(JobFacts.MAX_BEFORE + 1L)
                .count();
        Instant firstEnd = ends.isEmpty() ? null : ends.get(ends.size() - 1);
        long running = running(kind, now);
        KindState state = kind(kind);
        Integer full = state.limit() != null && running >= state.limit() ? state.limit() : null;
        return new JobFacts.Queue((int) before, ends.size(), firstEnd, running > 0, state.askedAt(), null, full);
    }

    List<Workload> workloads(int max, Instant now) {
        Map<JobKind, List<StoredJob>> pending = all().filter(row -> row.job instanceof AsyncJob.Pending)
                .collect(Collectors.groupingBy(row -> row.job.kind()));
        kinds().stream()
                .filter(state -> state.pause() != null)
                .forEach(state -> pending.putIfAbsent(state.kind(), List.of()));
        long most = max / Math.max(1, pending.size());
        return pending.entrySet().stream()
                .map(kind -> workload(kind.getKey(), kind.getValue(), now, most))
                .map(one -> kind(one.kind()).pause() == null ? one : one.asPaused())
                .toList();
    }

    private static Workload workload(JobKind kind, List<StoredJob> pending, Instant now, long most) {
        long waiting = pending.stream().filter(row -> row.isDue(now)).count();
        long running = pending.stream().filter(row -> row.isLeased(now)).count();
        return new Workload(
                kind,
                Math.min(waiting, most),
                Math.min(running, most),
                Math.min(pending.size() - waiting - running, most),
                pending.stream()
                        .filter(row -> row.isDue(now))
                        .map(row -> Duration.between(row.dueAt, now))
                        .max(Comparator.naturalOrder())
                        .orElse(Duration.ZERO));
    }

    List<WorkerLoad> workers(int max, Instant now) {
        return all()
                .filter(row -> row.isLeased(now))
                .limit(WorkerLoad.MAX_LEASES)
                .collect(Collectors.groupingBy(row -> List.of(row.newest().worker(), row.job.kind())))
                .values()
                .stream()
                .map(StoredJobs::load)
                .sorted(WorkerLoad.OLDEST_FIRST)
                .limit(max)
                .toList();
    }

    private static WorkerLoad load(List<StoredJob> held) {
        StoredJob any = held.get(0);
        return new WorkerLoad(
                any.newest().worker(),
                any.job.kind(),
                held.size(),
                held.stream()
                        .map(row -> row.claimedAt)
                        .min(Comparator.naturalOrder())
                        .orElseThrow(),
                held.stream()
                        .map(row -> row.dueAt)
                        .min(Comparator.naturalOrder())
                        .orElseThrow());
    }

    /** The jobs that a filter selects, the newest first. */
    Stream<StoredJob> selected(JobFilter filter, Instant now) {
        return all().filter(row -> !row.isPastRetention(now) && passes(filter, row, now))
                .filter(row -> filter.after() == null
                        || NEWEST_FIRST.compare(row.entry(now).place(), filter.after()) > 0)
                .sorted(Comparator.comparing(row -> row.entry(now).place(), NEWEST_FIRST));
    }

    private static boolean passes(JobFilter filter, StoredJob row, Instant now) {
        AsyncJob job = row.job;
        boolean overdue = job instanceof AsyncJob.Pending pending
                && !pending.eta().planned().isAfter(now);
        return (filter.status() == null || filter.status() == job.status())
                && (filter.kind() == null || filter.kind().equals(job.kind()))
                && (filter.owner() == null || filter.owner().equals(job.owner()))
                && (filter.reference() == null || filter.reference().equals(row.reference))
                && (filter.overdue() == null || filter.overdue() == overdue);
    }

    JobFacts facts(StoredJob row, @Nullable Instant housekeptAt, Instant now) {
        return new JobFacts(
                row.entry(now),
                row.firstPending().eta().planned(),
                row.job instanceof AsyncJob.Pending
                        ? new JobFacts.Work(
                                row.attempts,
                                row.dueAt,
                                row.held ? row.claimedAt : null,
                                row.held ? row.renewedAt : null,
                                housekeptAt,
                                kind(row.job.kind()).pause(),
                                queue(row, now))
                        : null,
                row.history,
                row.asked.trace() == null
                        ? null
                        : new TraceContext(row.asked.trace().traceparent(), null),
                row.payloadUntil != null && row.payloadUntil.isAfter(now) ? row.payloadUntil : null);
    }

    int pending(Owner owner, int max) {
        return (int) all().filter(row ->
                        row.job instanceof AsyncJob.Pending && row.job.owner().equals(owner))
                .limit(max)
                .count();
    }

    int forget(Owner owner, Instant endedBy, Instant now, int max) {
        return forget(
                max,
                row -> row.job instanceof AsyncJob.Ended ended
                        && (!ended.endedAt().isAfter(endedBy) || ended.endedAt().isAfter(now))
                        && ended.owner().equals(owner));
    }

    int forget(int max, Predicate<StoredJob> condition) {
        List<JobId> forgotten =
                all().filter(condition).limit(max).map(row -> row.job.id()).toList();
        forgotten.forEach(rows::remove);
        return forgotten.size();
    }
}
