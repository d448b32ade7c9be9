package dev.asyncjob.application;

import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ScheduleResult;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The pending jobs of each client, estimated from above: those that the store counted, and all that were scheduled here
 * since.
 *
 * <p>The store counts the jobs of a client when the client schedules its first job here, when it has scheduled a tenth
 * of the quota or half of what was left of it since the last count, and when the estimate exceeds the quota; but no
 * sooner than a second after the last count, or ten times what that took. So several nodes may exceed a quota, each by
 * a tenth of it, and a refusal may come for so long after jobs have ended. Safe for use from any thread.
 */
final class Quotas {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Clients in the cache at most; then all are counted anew. */
    static final int MAX_CLIENTS = 10_000;

    private final JobStore store;
    private final Backlog quota;
    private final Execution execution;
    private final Map<Owner, Usage> clients = new ConcurrentHashMap<>();

    Quotas(JobStore store, Backlog quota, Execution execution) {
        this.store = store;
        this.quota = quota;
        this.execution = execution;
    }

    /**
     * Adds a job to those of its client, unless they would exceed the quota.
     *
     * @return empty if the job was added
     * @throws StoreUnavailable if the jobs of the client had to be counted, and could not be
     */
    Optional<ScheduleResult> refuse(NewJob job) {
        if (quota.equals(Backlog.UNLIMITED)) {
            return Optional.empty();
        }
        if (clients.size() >= MAX_CLIENTS) {
            clients.clear();
        }
        Usage usage = clients.computeIfAbsent(job.client(), client -> new Usage());
        Backlog one = new Backlog(1, job.payload().bytes());
        if (usage.beginCount(one)) {
            usage.count(job.client());
        }
        return usage.add(one);
    }

    /** The number of clients in the cache. */
    int known() {
        return clients.size();
    }

    /** The jobs of one client. Its lock is never held during a call of the store. */
    private final class Usage {
        private Backlog counted = new Backlog(0, 0);
        private Backlog since = new Backlog(0, 0);
        private boolean counting;
        private long nextCount = execution.nanoTime();
        private boolean known;

        /** Whether this thread has to count now. */
        synchronized boolean beginCount(Backlog one) {
            boolean due = !known
                    || counted.plus(since).plus(one).exceeds(quota)
                    || since.jobs() >= share(quota.jobs(), counted.jobs())
                    || since.bytes() >= share(quota.bytes(), counted.bytes());
            boolean begin = due && !counting && execution.nanoTime() - nextCount >= 0;
            counting |= begin;
            return begin;
        }

        private long share(long limit, long used) {
            return Math.max(1, Math.min(limit / 10, (limit - used) / 2));
        }

        void count(Owner client) {
            long start = execution.nanoTime();
            Backlog before;
            synchronized (this) {
                before = since;
            }
            try {
                Backlog result = store.backlog(client, (int) Math.min(quota.jobs(), Backlog.MAX_JOBS) + 1);
                synchronized (this) {
                    counted = result;
                    since = since.minus(before);
                    known = true;
                }
            } finally {
                synchronized (this) {
                    long now = execution.nanoTime();
                    nextCount = now + Math.max(PAUSE.toNanos(), 10 * (now - start));
                    counting = false;
                }
            }
        }

        synchronized Optional<ScheduleResult> add(Backlog one) {
            Backlog all = counted.plus(since).plus(one);
            if (all.exceeds(quota)) {
                Duration pause = Duration.ofNanos(Math.max(1, nextCount - execution.nanoTime()));
                return Optional.of(new ScheduleResult.OverQuota(quota, all.jobs() > quota.jobs(), pause));
            }
            since = since.plus(one);
            return Optional.empty();
        }
    }
}
